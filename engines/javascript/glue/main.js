// From an event to a script's handler, and from its result to the host's.

const HANDLERS = [
    "actorMessage", "actorRequest", "alarm", "close", "connect", "handleMessage", "http", "init", "message", "migrate",
    "mqtt", "mqttDown", "mqttUp", "response",
];
const handlers = { __proto__: null };
// Those that handleMessage does not stand in for.
const ALONE = { __proto__: null, actorMessage: true, actorRequest: true, http: true, init: true, migrate: true };

// A handler of the name of a global object hides it in its module. So it gets what that object has.
const lend = (handler, name) => {
    const own = { __proto__: null, alarm, mqtt }[name];
    if (own === undefined) return;
    const names = keys(own);
    for (let i = 0; i < names.length; i++) {
        tryToDefine(handler, names[i], { __proto__: null, value: own[names[i]], writable: true, configurable: true });
    }
};

// What makes generators. A handler may be none.
const GENERATOR = getPrototypeOf(function* () {});
const ASYNC_GENERATOR = getPrototypeOf(async function* () {});

// Takes the handlers out of the script's exports, and returns their names.
const take = (exports) => {
    const found = [];
    let able = false;
    for (let i = 0; i < HANDLERS.length; i++) {
        const name = HANDLERS[i];
        if (!hasOwn(exports, name)) continue;
        const handler = exports[name];
        if (typeof handler !== "function") throw new TypeError(`the export ${name} is no function, but a handler's name`);
        const kind = getPrototypeOf(handler);
        if (kind === GENERATOR || kind === ASYNC_GENERATOR) throw new TypeError(`the handler ${name} is a generator, which nothing would run: write function instead of function*`);
        handlers[name] = handler;
        lend(handler, name);
        push(found, name);
        able ||= name !== "init" && name !== "migrate";
    }
    if (able) return found;
    let names = "";
    const others = keys(exports);
    for (let i = 0; i < others.length && i < 10; i++) names += `${i === 0 ? "" : ", "}${others[i]}`;
    throw new TypeError(
        "the script exports no handler: export at least one of connect, message, close, alarm, http, response, mqtt, " +
            `mqttUp, mqttDown, actorMessage, actorRequest, handleMessage, such as \`export function message(client, data) { … }\`; it exports ${names === "" ? "nothing" : names}`,
    );
};

// The state: parsed when the script first looks at it, and kept when it did.
let stateRead = false;
let state;
const readState = () => {
    if (!stateRead) {
        state = host.state();
        stateRead = true;
    }
    return state;
};
const setState = (value) => {
    host.ready("state");
    if (typeof value === "function" || typeof value === "symbol") throw new TypeError(`state: a ${typeof value} can't be JSON`);
    state = value;
    stateRead = true;
};
defineProperty(globalThis, "state", { __proto__: null, get: readState, set: setState, enumerable: true, configurable: true });

// Calls the handler of an event. What it returns may be a promise.
const start = (kind, a, b, c) => {
    event += 1;
    known = new Map();
    withData = new Map();
    rejections = new Map();
    stateRead = false;
    state = undefined;
    const handler = handlers[kind];
    if (handler !== undefined) {
        switch (kind) {
            case "connect":
                return handler(clientOf(a));
            case "message":
                return handler(clientOf(a), b);
            case "close":
                return handler(clientOf(a), b, c);
            case "alarm":
                return handler();
            case "response":
                return isError(b) ? handler(a, undefined, b) : handler(a, responseOf(b), undefined);
            case "mqtt":
                return handler(publishedOf(a));
            case "mqttUp":
            case "mqttDown":
                return handler(a);
            case "actorMessage":
            case "actorRequest":
                return handler(new Content(a));
            case "http":
                return handler(requestOf(a));
            case "init":
                return handler(readState(), a);
            case "migrate":
                return handler(readState());
        }
    }
    const every = handlers.handleMessage;
    if (every === undefined || ALONE[kind]) return undefined;
    return every(messageOf(kind, a, b, c), readState());
};

const requestOf = (raw) => {
    const request = new Content(raw.body);
    const question = indexOf(raw.uri, "?");
    request.method = raw.method;
    request.uri = raw.uri;
    request.path = question < 0 ? raw.uri : slice(raw.uri, 0, question);
    request.query = question < 0 ? "" : slice(raw.uri, question + 1);
    request.headers = headersOf(raw.headers);
    return request;
};

// An event as handleMessage gets it.
const messageOf = (kind, a, b, c) => {
    switch (kind) {
        case "message":
            return typeof b === "string"
                ? { type: "text", text: b, client: clientOf(a) }
                : { type: "binary", data: b, client: clientOf(a) };
        case "close":
            return { type: "close", code: b, reason: c, client: clientOf(a) };
        case "response":
            return isError(b)
                ? { type: "http-response", tag: a, error: b }
                : { type: "http-response", tag: a, response: responseOf(b) };
        case "alarm":
            return { type: "alarm" };
        case "mqtt":
            return { type: "mqtt", message: publishedOf(a) };
        case "mqttUp":
            return { type: "mqtt-up", broker: a };
        case "mqttDown":
            return { type: "mqtt-down", broker: a };
        default:
            return { type: kind, client: clientOf(a) };
    }
};

// Takes what a handler has returned, or what its promise has become.
const finish = (kind, result) => {
    if (kind === "http") return respond(result);
    if (kind === "actorRequest" && handlers[kind] !== undefined) return reply(result);
    if (handlers[kind] !== undefined) {
        if (kind === "init" || kind === "migrate") setState(result);
        return;
    }
    if (ALONE[kind] || result === undefined) return;
    if (!isArray(result)) throw new TypeError("handleMessage returns [state, messages], or nothing");
    setState(result[0]);
    const given = result[1];
    const messages = isObject(given) && hasOwn(given, "messages") ? given.messages : given;
    if (messages === undefined || messages === null) return;
    if (!isArray(messages)) return answer(messages);
    const count = messages.length;
    for (let i = 0; i < count; i++) answer(messages[i]);
};

const answer = (message) => {
    if (typeof message === "string") return host.answer("text", wellFormed(message), undefined);
    const bytes = bytesOf(message);
    if (bytes !== undefined) return host.answer("binary", undefined, bytes);
    const type = isObject(message) ? message.type : undefined;
    switch (type) {
        case "text":
            return host.answer(type, text(message.text ?? ""), undefined);
        case "binary":
        case "ping":
        case "pong":
            return host.answer(type, undefined, message.data === undefined ? new Uint8Array(0) : needBytes(message.data, type));
        case "close": {
            const code = message.code ?? 1000;
            return host.answerClose(code, text(message.reason ?? ""));
        }
        default:
            throw new TypeError(`a message is a string, bytes, or an object whose type is text, binary, close, ping or pong, not ${slice(show(message), 0, 100)}`);
    }
};

const respond = (result) => {
    if (result === undefined) throw new TypeError("http returned nothing; return a text, bytes, or { status, headers, body }");
    let status = 200, headers, body = result;
    if (isObject(result) && bytesOf(result) === undefined) {
        status = result.status ?? 200;
        headers = result.headers ?? undefined;
        body = result.body ?? undefined;
        if (result.status === undefined && body === undefined) {
            throw new TypeError("http returned an object without status and body; JSON is { body: value }");
        }
    }
    const flat = flatHeaders(headers);
    let typed = body === undefined;
    for (let i = 0; i < flat.length; i += 2) typed ||= lowerCase(flat[i]) === "content-type";
    if (!typed) {
        const kind = typeof body === "string" ? "text/plain; charset=utf-8" : bytesOf(body) === undefined ? "application/json" : "application/octet-stream";
        push(flat, "content-type");
        push(flat, kind);
    }
    host.respond(status, flat, body === undefined ? undefined : payload(body, "the body"));
};

const reply = (result) => {
    if (result === undefined) throw new TypeError("actorRequest returned nothing; return a text, bytes, or what JSON can say");
    host.reply(payload(result, "the reply"));
};

// The end of an event: what nobody has handled makes it fail, and what has changed is kept.
const settle = () => {
    throwRejections();
    mapEach(withData, settleData);
    if (!stateRead) return;
    try {
        host.keep(state);
    } catch (thrown) {
        throw unwritten(thrown, "state");
    }
};

return { take, start, finish, settle, rejected, describe, throwRejections };
