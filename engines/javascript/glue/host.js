// What the host keeps for the actor, and what it does for it: storage, alarm, files, servers, brokers, other actors.

const integer = (value, what) => {
    if (!isSafeInteger(value) || value < 0) throw new RangeError(`${what} must be an integer from 0`);
    return value;
};

define("storage", {
    get(key) {
        const stored = host.storageGet(text(key));
        return stored === undefined ? undefined : host.parse(stored);
    },
    put(key, value) {
        if (bytesOf(value) !== undefined) throw new TypeError("storage.put stores JSON; use storage.putBytes for bytes");
        host.storagePut(text(key), json(value, "storage.put"));
    },
    getBytes: (key) => host.storageGet(text(key)),
    putBytes: (key, value) => host.storagePut(text(key), needBytes(value, "storage.putBytes")),
    delete: (key) => host.storageDelete(text(key)),
    list(prefix = "", options) {
        const limit = options?.limit;
        const after = options?.after;
        const raw = options?.bytes === true;
        const entries = host.storageList(
            text(prefix),
            after === undefined ? undefined : text(after),
            limit === undefined ? 0xffff_ffff : integer(limit, "limit"),
        );
        for (let i = 0; i < entries.length; i++) if (!raw) entries[i][1] = host.parse(entries[i][1]);
        return entries;
    },
    deleteAll: () => host.storageDeleteAll(),
});

const alarm = {
    set(milliseconds) {
        const after = integer(milliseconds, "the milliseconds of alarm.set");
        if (handlers.alarm === undefined && handlers.handleMessage === undefined) {
            host.ready("alarm.set");
            throw new TypeError("alarm.set: the script has no handler for the alarm; add export function alarm() { … }");
        }
        host.alarmSet(after);
    },
    cancel: () => host.alarmCancel(),
};
define("alarm", alarm);

define("files", {
    read: (path) => host.fileRead(text(path)),
    readText: (path) => host.decode(host.fileRead(text(path)), false, false),
    list: (path = "") => host.fileList(text(path)),
    info: (path) => host.fileInfo(text(path)),
    write: (path, content) => host.fileWrite(text(path), payload(content, "files.write")),
    delete: (path) => host.fileDelete(text(path)),
    createFolder: (path) => host.folderCreate(text(path)),
    deleteFolder: (path) => host.folderDelete(text(path)),
});

// Names and values in turn, of an object or of a list of pairs: header fields, and the user properties of MQTT.
const flatHeaders = (headers) => {
    const flat = [];
    if (headers === undefined) return flat;
    if (isArray(headers)) {
        const count = headers.length;
        for (let i = 0; i < count; i++) {
            push(flat, text(headers[i][0]));
            push(flat, text(headers[i][1]));
        }
        return flat;
    }
    const names = keys(headers);
    for (let i = 0; i < names.length; i++) {
        push(flat, wellFormed(names[i]));
        push(flat, text(headers[names[i]]));
    }
    return flat;
};

// The opposite: an object with names in lower case. Fields of one name are joined as in RFC 9110.
const headersOf = (flat) => {
    const headers = { __proto__: null };
    for (let i = 0; i + 1 < flat.length; i += 2) {
        const name = flat[i], before = headers[name];
        headers[name] = before === undefined ? flat[i + 1] : `${before}, ${flat[i + 1]}`;
    }
    return headers;
};

// The content of a request or of a response.
class Content {
    #bytes;
    constructor(bytes) {
        this.#bytes = bytes ?? new Uint8Array(0);
    }
    get body() {
        return this.#bytes;
    }
    bytes() {
        return this.#bytes;
    }
    text() {
        return host.decode(this.#bytes, false, false);
    }
    json() {
        return host.parse(this.#bytes);
    }
}

const responseOf = (answer) => {
    const response = new Content(answer.body);
    response.status = answer.status;
    response.ok = answer.status >= 200 && answer.status < 300;
    response.headers = headersOf(answer.headers);
    return response;
};

const requestTo = (address, options) => {
    const redirect = options?.redirect ?? "follow";
    if (redirect !== "follow" && redirect !== "manual") throw new TypeError('redirect is "follow" or "manual"');
    const body = options?.body;
    const flat = flatHeaders(options?.headers);
    if (isObject(body) && bytesOf(body) === undefined) {
        let typed = false;
        for (let i = 0; i < flat.length; i += 2) typed ||= lowerCase(flat[i]) === "content-type";
        if (!typed) {
            push(flat, "content-type");
            push(flat, "application/json");
        }
    }
    return {
        __proto__: null,
        method: upperCase(text(options?.method ?? (body === undefined ? "GET" : "POST"))),
        uri: text(address),
        headers: flat,
        body: body === undefined ? undefined : payload(body, "the body"),
        timeout: options?.timeout === undefined ? undefined : integer(options.timeout, "timeout"),
        maxBody: options?.maxBody === undefined ? undefined : integer(options.maxBody, "maxBody"),
        follow: redirect === "follow",
    };
};

define("fetch", async (address, options) => responseOf(host.fetch(requestTo(address, options))));
define("fetchLater", (tag, address, options) => host.fetchLater(text(tag), requestTo(address, options)));

const mqtt = {
    publish(topic, data, options) {
        const qos = options?.qos ?? 0;
        if (qos !== 0 && qos !== 1) throw new RangeError("qos is 0 (at most once) or 1 (at least once); there is no 2");
        const about = options?.properties;
        const word = (value) => (value === undefined ? "" : text(value));
        const correlation = about?.correlationData;
        host.mqttPublish({
            __proto__: null,
            broker: text(options?.broker ?? "mqtt"),
            topic: text(topic),
            payload: payload(data, "mqtt.publish"),
            once: qos === 1,
            retain: options?.retain === true,
            contentType: word(about?.contentType),
            responseTopic: word(about?.responseTopic),
            correlationData: correlation === undefined ? undefined : payload(correlation, "correlationData"),
            user: flatHeaders(about?.user),
        });
    },
    status: (broker = "mqtt") => host.mqttStatus(text(broker)),
};
define("mqtt", mqtt);

const publishedOf = (raw) => {
    const message = new Content(raw.payload);
    message.broker = raw.broker;
    message.topic = raw.topic;
    message.qos = raw.qos;
    message.retained = raw.retained;
    message.duplicate = raw.duplicate;
    message.properties = raw.properties;
    return message;
};

define("actors", {
    send: (name, data) => host.actorSend(text(name), payload(data, "actors.send")),
    request: async (name, data) => new Content(host.actorRequest(text(name), payload(data, "actors.request"))),
});
