// The clients, and what the actor keeps with them.

// The clients of this event by their numbers, so that each is one object. `event` is the event's number.
let event = 0;
let known = new Map();
let withData = new Map();
const OWN = {};

class Tags {
    #id;
    constructor(own, id) {
        if (own !== OWN) throw new TypeError("Tags can't be made");
        this.#id = id;
    }
    add(tag) {
        host.tag(this.#id, text(tag));
        return this;
    }
    delete(tag) {
        host.untag(this.#id, text(tag));
    }
    has(tag) {
        return host.hasTag(this.#id, text(tag));
    }
}

class Client {
    #id;
    #tags;
    // The event in which #data was read, and the JSON that it was then.
    #event = 0;
    #data;
    #before;
    constructor(own, id) {
        if (own !== OWN) throw new TypeError("clients connect, they can't be made");
        this.#id = id;
        this.#tags = new Tags(OWN, id);
    }
    static numberOf(value, what) {
        if (!isObject(value) || !(#id in value)) throw new TypeError(`${what} takes a client`);
        return value.#id;
    }
    get id() {
        return this.#id;
    }
    get info() {
        return host.info(this.#id);
    }
    get tags() {
        return this.#tags;
    }
    #read() {
        if (this.#event === event) return;
        const before = host.attachment(this.#id);
        this.#data = before === undefined ? undefined : host.parse(before);
        this.#before = before;
        this.#event = event;
        mapSet(withData, this.#id, this);
    }
    get data() {
        this.#read();
        return this.#data;
    }
    set data(value) {
        this.#read();
        this.#data = value;
    }
    send(data) {
        return host.send(this.#id, payload(data, "client.send"));
    }
    close(code = 1000, reason = "") {
        host.close(this.#id, code, text(reason));
    }
    toJSON() {
        return { id: this.#id };
    }
    // Hands changed data to the host.
    static settle(client) {
        const after = client.#data === undefined ? undefined : json(client.#data, "client.data");
        if (after === client.#before) return;
        host.setAttachment(client.#id, after);
        client.#before = after;
    }
}
// A script has no way to these two.
const { numberOf, settle: settleData } = Client;
delete Client.numberOf;
delete Client.settle;

const clientOf = (id) => {
    if (id === undefined) return undefined;
    let client = mapGet(known, id);
    if (client === undefined) {
        client = new Client(OWN, id);
        mapSet(known, id, client);
    }
    return client;
};

const listClients = (tag) => {
    const ids = host.clients(tag === undefined ? undefined : text(tag));
    for (let i = 0; i < ids.length; i++) ids[i] = clientOf(ids[i]);
    return ids;
};
define("clients", listClients);

define("broadcast", (data, options) => {
    const tag = options?.tag, except = options?.except;
    return host.broadcast(
        tag === undefined ? undefined : text(tag),
        payload(data, "broadcast"),
        except === undefined ? undefined : numberOf(except, "except"),
    );
});
