// What scripts know from browsers: encoders, random numbers, copies of values.

class TextEncoder {
    get encoding() {
        return "utf-8";
    }
    encode(value = "") {
        return host.encode(text(value));
    }
    encodeInto(value, target) {
        return host.encodeInto(text(value), needBytes(target, "encodeInto"));
    }
}

class TextDecoder {
    #fatal;
    #ignoreBOM;
    constructor(label = "utf-8", options) {
        const name = lowerCase(trim(text(label)));
        if (name !== "utf-8" && name !== "utf8") throw new RangeError(`TextDecoder knows utf-8 only, not ${name}`);
        this.#fatal = !!options?.fatal;
        this.#ignoreBOM = !!options?.ignoreBOM;
    }
    get encoding() {
        return "utf-8";
    }
    get fatal() {
        return this.#fatal;
    }
    get ignoreBOM() {
        return this.#ignoreBOM;
    }
    decode(value, options) {
        if (options?.stream) throw new TypeError("TextDecoder has no `stream` here; decode all bytes at once");
        return value === undefined ? "" : host.decode(needBytes(value, "decode"), this.#fatal, this.#ignoreBOM);
    }
}
define("TextEncoder", TextEncoder);
define("TextDecoder", TextDecoder);

defineProperty(Math, "random", {
    __proto__: null,
    value: function random() {
        return host.random();
    },
    writable: true,
    configurable: true,
});

define("crypto", {
    getRandomValues(array) {
        const kind = isView(array) ? kindOf(array) : undefined;
        if (kind === undefined || startsWith(kind, "Float")) {
            throw new TypeError("getRandomValues takes a typed array of integers");
        }
        host.randomBytes(bytesOf(array));
        return array;
    },
    randomUUID: () => host.uuid(),
});

const dateValue = uncurried(Date.prototype.getTime);
const bufferSlice = uncurried(ArrayBuffer.prototype.slice);
const source = getter(RegExp.prototype, "source"), flags = getter(RegExp.prototype, "flags");
const errorClasses = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const arrayClasses = {
    __proto__: null, Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float32Array, Float64Array, BigInt64Array, BigUint64Array,
};
const { RegExp: Expression, Boolean: Bool, Number: Num, Object: Obj } = globalThis;

const copyObject = (value, seen) => {
    const keep = (copy) => {
        mapSet(seen, value, copy);
        return copy;
    };
    if (isArray(value)) {
        const copy = keep([]);
        copy.length = value.length;
        copyProperties(value, copy, seen);
        return copy;
    }
    if (isView(value)) {
        const kind = kindOf(value);
        const read = kind === undefined ? viewedData : viewed;
        const at = read[0], offset = read[1], length = read[2];
        const buffer = copyValue(at(value), seen);
        const Class = kind === undefined ? DataView : arrayClasses[kind];
        if (Class === undefined) throw new TypeError(`structuredClone can't copy a ${kind}`);
        const size = kind === undefined ? length(value) : length(value) / Class.BYTES_PER_ELEMENT;
        return keep(new Class(buffer, offset(value), size));
    }
    if (value instanceof ArrayBuffer) return keep(bufferSlice(value, 0));
    if (value instanceof Date) return keep(new Date(dateValue(value)));
    if (value instanceof Expression) return keep(new Expression(source(value), flags(value)));
    if (value instanceof Map) {
        const copy = keep(new Map());
        mapEach(value, (item, key) => mapSet(copy, copyValue(key, seen), copyValue(item, seen)));
        return copy;
    }
    if (value instanceof Set) {
        const copy = keep(new Set());
        setEach(value, (item) => setAdd(copy, copyValue(item, seen)));
        return copy;
    }
    if (isError(value)) {
        const Class = errorClasses[text(value.name)] ?? Error;
        const copy = keep(new Class(text(value.message)));
        if (hasOwn(value, "cause")) copy.cause = copyValue(value.cause, seen);
        return copy;
    }
    if (value instanceof String || value instanceof Num || value instanceof Bool) return keep(Obj(value.valueOf()));
    if (value instanceof Promise || Client.prototype === getPrototypeOf(value)) {
        throw new TypeError("structuredClone can't copy a promise or a client");
    }
    const copy = keep({});
    copyProperties(value, copy, seen);
    return copy;
};

const copyProperties = (from, to, seen) => {
    const names = keys(from);
    for (let i = 0; i < names.length; i++) {
        const value = copyValue(from[names[i]], seen);
        defineProperty(to, names[i], { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    }
};

const copyValue = (value, seen) => {
    if (typeof value === "function" || typeof value === "symbol") {
        throw new TypeError(`structuredClone can't copy a ${typeof value}`);
    }
    if (!isObject(value)) return value;
    return mapHas(seen, value) ? mapGet(seen, value) : copyObject(value, seen);
};
define("structuredClone", (value) => copyValue(value, new Map()));
