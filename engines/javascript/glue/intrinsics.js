// The built-ins that the glue uses, taken before any script runs. A script may replace the globals and the
// methods of prototypes: that changes nothing here. So the glue calls no method by its name, and neither
// spreads, destructures nor iterates arrays.
const { ArrayBuffer, DataView, Date, Error, Map, Promise, RangeError, ReferenceError, Set, String, TypeError } = globalThis;
const { Uint8Array } = globalThis;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys, prototype: objectPrototype } = Object;
const { defineProperty: tryToDefine } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const { isError } = Error;
const { isSafeInteger } = Number;
const { parse, stringify } = JSON;
const uncurried = Function.prototype.bind.bind(Function.prototype.call);
const getter = (prototype, name) => uncurried(getOwnPropertyDescriptor(prototype, name).get);

const hasOwn = uncurried(objectPrototype.hasOwnProperty);
const slice = uncurried(String.prototype.slice);
const indexOf = uncurried(String.prototype.indexOf);
const lastIndexOf = uncurried(String.prototype.lastIndexOf);
const startsWith = uncurried(String.prototype.startsWith);
const lowerCase = uncurried(String.prototype.toLowerCase);
const upperCase = uncurried(String.prototype.toUpperCase);
const wellFormed = uncurried(String.prototype.toWellFormed);
const charCode = uncurried(String.prototype.charCodeAt);
const trim = uncurried(String.prototype.trim);
const mapGet = uncurried(Map.prototype.get);
const mapSet = uncurried(Map.prototype.set);
const mapHas = uncurried(Map.prototype.has);
const mapDelete = uncurried(Map.prototype.delete);
const mapEach = uncurried(Map.prototype.forEach);
const mapSize = getter(Map.prototype, "size");
const setAdd = uncurried(Set.prototype.add);
const setEach = uncurried(Set.prototype.forEach);
const test = uncurried(RegExp.prototype.exec);

const typedArray = getPrototypeOf(Uint8Array.prototype);
const kindOf = getter(typedArray, Symbol.toStringTag);
const viewed = [getter(typedArray, "buffer"), getter(typedArray, "byteOffset"), getter(typedArray, "byteLength")];
const viewedData = [
    getter(DataView.prototype, "buffer"),
    getter(DataView.prototype, "byteOffset"),
    getter(DataView.prototype, "byteLength"),
];

// Adds a global as the engine's own are: scripts may replace it, and loops over the global don't find it.
const define = (name, value) =>
    defineProperty(globalThis, name, { __proto__: null, value, writable: true, configurable: true });

// Appends to a list, whatever setters a script has put into Array.prototype.
const push = (list, value) =>
    defineProperty(list, list.length, { __proto__: null, value, writable: true, enumerable: true, configurable: true });

// A text that can be UTF-8: half of a surrogate pair becomes U+FFFD, as in a browser.
const text = (value) => wellFormed(typeof value === "string" ? value : String(value));

// The bytes of an ArrayBuffer or of a view, or undefined for everything else.
const bytesOf = (value) => {
    if (typeof value !== "object" || value === null) return undefined;
    if (isView(value)) {
        const kind = kindOf(value);
        if (kind === "Uint8Array") return value;
        const read = kind === undefined ? viewedData : viewed;
        const buffer = read[0], offset = read[1], length = read[2];
        return new Uint8Array(buffer(value), offset(value), length(value));
    }
    return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
};

const needBytes = (value, what) => {
    const bytes = bytesOf(value);
    if (bytes === undefined) throw new TypeError(`${what} takes an ArrayBuffer or a typed array`);
    return bytes;
};

// What to throw if writing `what` as JSON has thrown this: the engine's own words do not name it.
const unwritten = (thrown, what) =>
    isError(thrown) && thrown.message === "circular reference" ? new TypeError(`${what}: a circular reference can't be JSON`) : thrown;

// A value as JSON. What JSON can't say is refused, not left out.
const json = (value, what) => {
    let text;
    try {
        text = stringify(value);
    } catch (thrown) {
        throw unwritten(thrown, what);
    }
    if (text === undefined) throw new TypeError(`${what}: ${value === undefined ? "undefined" : `a ${typeof value}`} can't be JSON`);
    return text;
};

// What goes out as a message or a body: a text, bytes, or anything else as JSON.
const payload = (value, what) => {
    if (typeof value === "string") return wellFormed(value);
    return bytesOf(value) ?? json(value, what);
};

const isObject = (value) => typeof value === "object" && value !== null;
