// What an exception is called in the log, and what the host shows.

// What isn't there, and what there is instead.
const ABSENT = {
    __proto__: null,
    setTimeout: "set one alarm with alarm.set(milliseconds), and export function alarm()",
    setInterval: "set `tick` in the manifest, or alarm.set(milliseconds) again in each alarm()",
    setImmediate: "use queueMicrotask",
    clearTimeout: "use alarm.cancel()",
    clearInterval: "use alarm.cancel()",
    require: 'use import, such as import { x } from "./x.js"',
    module: "use export",
    exports: "use export",
    process: "a script has no process and no environment",
    Buffer: "use Uint8Array, TextEncoder and TextDecoder",
    window: "an actor runs on the host, not in a page; the global object is globalThis",
    document: "an actor runs on the host, not in a page",
    self: "the global object is globalThis",
    global: "the global object is globalThis",
    localStorage: "use storage.put and storage.get",
    sessionStorage: "use client.data",
    WebSocket: "clients connect to the actor: export function connect(client)",
    XMLHttpRequest: "use fetch",
    Headers: "headers are plain objects here",
    Request: "give fetch an address and options",
    Response: "return { status, headers, body }",
    Worker: "an actor handles one event at a time",
    Intl: "there are no locales here",
};
const NOT_DEFINED = " is not defined";

const hint = (message) => {
    const end = message.length - NOT_DEFINED.length;
    if (end < 1 || slice(message, end) !== NOT_DEFINED) return message;
    const advice = ABSENT[slice(message, 0, end)];
    return advice === undefined ? message : `${message}: it is not there; ${advice}`;
};

// An exception as its class with its message, and its stack. Whatever its getters do, this returns.
const describe = (error) => {
    try {
        if (!isError(error)) return [`${show(error)} was thrown, which is no Error`, ""];
        const name = text(error.name ?? "Error"), message = text(error.message ?? "");
        const stack = error.stack;
        return [
            message === "" ? name : `${name}: ${hint(message)}`,
            typeof stack === "string" ? wellFormed(stack) : "",
        ];
    } catch {
        return ["an exception was thrown that can't be shown", ""];
    }
};

// A value for the log: texts as they are, errors with their stack, and the rest as JSON.
const show = (value) => {
    if (typeof value === "string") return wellFormed(value);
    try {
        if (isError(value)) {
            const described = describe(value);
            return described[1] === "" ? described[0] : `${described[0]}\n${described[1]}`;
        }
        if (isObject(value)) return stringify(value) ?? String(value);
        return text(typeof value === "bigint" ? `${value}n` : value);
    } catch {
        return `[${typeof value}]`;
    }
};

const logs = (before) => (...values) => {
    let line = before;
    for (let i = 0; i < values.length; i++) line += (i === 0 ? "" : " ") + show(values[i]);
    host.log(line);
};
define("console", {
    log: logs(""),
    info: logs(""),
    debug: logs(""),
    warn: logs("warning: "),
    error: logs("error: "),
});

// Promises that were rejected and that nobody has handled yet.
let rejections = new Map();
const rejected = (promise, reason, handled) => {
    if (handled) mapDelete(rejections, promise);
    else mapSet(rejections, promise, reason);
};
// Throws what an event has left unhandled.
const throwRejections = () => {
    const left = rejections;
    if (mapSize(left) === 0) return;
    rejections = new Map();
    mapEach(left, (reason) => {
        throw reason;
    });
};
