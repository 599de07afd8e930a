// URL and URLSearchParams, for http, https, ws and wss. Unlike in a browser, other schemes are refused, names
// are not converted from Unicode, and an IPv4 address has its four numbers.

const SPECIAL = { __proto__: null, "http:": "80", "https:": "443", "ws:": "80", "wss:": "443" };
const LITERAL = {
    __proto__: null,
    // Beside letters, digits and `%`: what stays as it is.
    path: "-._~!$&'()*+,;=:@/[]|^\\",
    query: "-._~!$&()*+,;=:@/?[]|^`{}\\",
    hash: "-._~!$&'()*+,;=:@/?[]|^{}\\#",
    user: "-._~!$&'()*+,",
    form: "-._*",
};

const isPlain = (code) =>
    (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

// Escapes what is not literal, as UTF-8.
const escaped = (value, literal) => {
    let result = "";
    const bytes = host.encode(value);
    for (let i = 0; i < bytes.length; i++) {
        const code = bytes[i], char = fromCode(code);
        if (isPlain(code) || (code === 37 && literal !== LITERAL.form) || indexOf(literal, char) >= 0) result += char;
        else if (code === 32 && literal === LITERAL.form) result += "+";
        else result += `%${upperCase(slice(hex(code + 256), 1))}`;
    }
    return result;
};
const sort = uncurried(Array.prototype.sort);
const fromCode = String.fromCharCode;
const numberText = uncurried(Number.prototype.toString);
const hex = (code) => numberText(code, 16);
const wholeNumber = (digits) => (digits !== "" && test(/^[0-9]+$/, digits) !== null ? +digits : -1);

// Undoes the escapes of a form.
const unescaped = (value) => {
    const bytes = host.encode(value);
    let to = 0;
    for (let i = 0; i < bytes.length; i++) {
        let code = bytes[i];
        if (code === 43) code = 32;
        else if (code === 37 && i + 2 < bytes.length) {
            const digits = fromCode(bytes[i + 1], bytes[i + 2]);
            if (test(/^[0-9a-f]{2}$/i, digits) !== null) {
                code = parseInteger(digits, 16);
                i += 2;
            }
        }
        bytes[to++] = code;
    }
    return host.decode(new Uint8Array(bytes.buffer, 0, to), false, true);
};
const parseInteger = Number.parseInt;

class URLSearchParams {
    // Pairs of texts in a list without holes.
    #pairs = [];
    #changed = () => {};
    constructor(init, own) {
        if (typeof own === "function" && init === undefined) this.#changed = own;
        if (init === undefined || init === null) return;
        if (typeof init === "string") this.#parse(init);
        else if (isObject(init) && typeof init[Symbol.iterator] === "function") {
            for (const pair of init) push(this.#pairs, [text(pair[0]), text(pair[1])]);
        } else if (isObject(init)) {
            const names = keys(init);
            for (let i = 0; i < names.length; i++) push(this.#pairs, [wellFormed(names[i]), text(init[names[i]])]);
        } else this.#parse(text(init));
    }
    #parse(query) {
        let rest = startsWith(query, "?") ? slice(query, 1) : query;
        const pairs = [];
        while (rest !== "") {
            const end = indexOf(rest, "&");
            const part = end < 0 ? rest : slice(rest, 0, end);
            rest = end < 0 ? "" : slice(rest, end + 1);
            if (part === "") continue;
            const equals = indexOf(part, "=");
            const name = equals < 0 ? part : slice(part, 0, equals);
            push(pairs, [unescaped(wellFormed(name)), equals < 0 ? "" : unescaped(wellFormed(slice(part, equals + 1)))]);
        }
        this.#pairs = pairs;
    }
    // Takes the query of its URL, without telling the URL.
    static reset(params, query) {
        params.#parse(query);
    }
    get size() {
        return this.#pairs.length;
    }
    append(name, value) {
        push(this.#pairs, [text(name), text(value)]);
        this.#changed(this.toString());
    }
    delete(name, value) {
        const left = [];
        for (let i = 0; i < this.#pairs.length; i++) {
            const pair = this.#pairs[i];
            if (pair[0] !== text(name) || (value !== undefined && pair[1] !== text(value))) push(left, pair);
        }
        this.#pairs = left;
        this.#changed(this.toString());
    }
    get(name) {
        for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === text(name)) return this.#pairs[i][1];
        return null;
    }
    getAll(name) {
        const all = [];
        for (let i = 0; i < this.#pairs.length; i++) if (this.#pairs[i][0] === text(name)) push(all, this.#pairs[i][1]);
        return all;
    }
    has(name, value) {
        for (let i = 0; i < this.#pairs.length; i++) {
            const pair = this.#pairs[i];
            if (pair[0] === text(name) && (value === undefined || pair[1] === text(value))) return true;
        }
        return false;
    }
    set(name, value) {
        const left = [];
        let done = false;
        for (let i = 0; i < this.#pairs.length; i++) {
            const pair = this.#pairs[i];
            if (pair[0] !== text(name)) push(left, pair);
            else if (!done) {
                done = true;
                push(left, [pair[0], text(value)]);
            }
        }
        if (!done) push(left, [text(name), text(value)]);
        this.#pairs = left;
        this.#changed(this.toString());
    }
    sort() {
        sort(this.#pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
        this.#changed(this.toString());
    }
    forEach(callback) {
        for (let i = 0; i < this.#pairs.length; i++) callback(this.#pairs[i][1], this.#pairs[i][0], this);
    }
    *entries() {
        for (let i = 0; i < this.#pairs.length; i++) yield [this.#pairs[i][0], this.#pairs[i][1]];
    }
    *keys() {
        for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][0];
    }
    *values() {
        for (let i = 0; i < this.#pairs.length; i++) yield this.#pairs[i][1];
    }
    [Symbol.iterator]() {
        return this.entries();
    }
    toString() {
        let query = "";
        for (let i = 0; i < this.#pairs.length; i++) {
            const pair = this.#pairs[i];
            query += `${i === 0 ? "" : "&"}${escaped(pair[0], LITERAL.form)}=${escaped(pair[1], LITERAL.form)}`;
        }
        return query;
    }
}
const { reset: resetParams } = URLSearchParams;
delete URLSearchParams.reset;

// Whether a text is one of these, in small letters.
const isDot = (part) => part === "." || lowerCase(part) === "%2e";
const isDots = (part) => {
    const small = lowerCase(part);
    return small === ".." || small === ".%2e" || small === "%2e." || small === "%2e%2e";
};

// A path without `.` and `..`.
const normalPath = (path) => {
    let result = "", rest = path;
    while (rest !== "") {
        // Each part begins with a slash.
        const end = indexOf(rest, "/", 1);
        const part = slice(rest, 1, end < 0 ? rest.length : end), last = end < 0;
        rest = last ? "" : slice(rest, end);
        if (isDots(part)) result = slice(result, 0, lastIndexOf(result, "/") < 0 ? 0 : lastIndexOf(result, "/"));
        else if (!isDot(part)) {
            result += `/${part}`;
            continue;
        }
        if (last) result += "/";
    }
    return result === "" ? "/" : result;
};

const wrong = (address) => new TypeError(`Invalid URL: ${slice(text(address), 0, 100)}`);

const parts = test.bind(undefined, /^([a-z][a-z0-9+.-]*:)?(?:[/\\]{2}([^/\\?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/is);
const authority = test.bind(undefined, /^(?:([^:@]*)(?::([^@]*))?@)?(\[[0-9a-f:.]+\]|[^:[\]@%\s<>^|"`{}]+)(?::([0-9]*))?$/i);
const replaced = uncurried(String.prototype.replaceAll);

class URL {
    #protocol;
    #username = "";
    #password = "";
    #hostname;
    #port = "";
    #pathname;
    #search = "";
    #hash = "";
    #params;

    constructor(address, base) {
        let given = trim(text(address));
        given = replaced(replaced(replaced(given, "\t", ""), "\n", ""), "\r", "");
        const found = parts(given);
        if (found === null) throw wrong(address);
        let scheme = found[1];
        const path = replaced(found[3], "\\", "/");
        const from = scheme === undefined || found[2] === undefined ? (base === undefined ? undefined : new URL(base)) : undefined;
        if (scheme !== undefined) scheme = lowerCase(scheme);
        else if (from === undefined) throw wrong(address);
        else scheme = from.#protocol;
        if (SPECIAL[scheme] === undefined) throw new TypeError(`URL knows http, https, ws and wss only: ${slice(given, 0, 100)}`);
        this.#protocol = scheme;

        if (found[2] !== undefined) this.#setAuthority(found[2], address);
        else if (from === undefined || from.#protocol !== scheme) throw wrong(address);
        else {
            this.#username = from.#username;
            this.#password = from.#password;
            this.#hostname = from.#hostname;
            this.#port = from.#port;
        }
        if (found[2] !== undefined || startsWith(path, "/")) this.pathname = path;
        else if (path === "") this.#pathname = from.#pathname;
        else this.pathname = slice(from.#pathname, 0, lastIndexOf(from.#pathname, "/") + 1) + path;

        if (found[4] !== undefined) this.#setSearch(found[4]);
        else if (found[2] === undefined && path === "") this.#search = from.#search;
        if (found[5] !== undefined) this.hash = found[5];
    }
    #setAuthority(given, address) {
        const found = authority(given);
        if (found === null) throw wrong(address);
        this.#username = escaped(found[1] ?? "", LITERAL.user);
        this.#password = escaped(found[2] ?? "", LITERAL.user);
        const name = lowerCase(found[3]);
        for (let i = 0; i < name.length; i++) {
            if (charCode(name, i) > 126) throw new TypeError(`URL takes names in ASCII only: ${slice(name, 0, 100)}`);
        }
        this.#hostname = name;
        if (found[4] !== undefined) this.port = found[4];
    }
    #setSearch(value) {
        const query = startsWith(value, "?") ? slice(value, 1) : value;
        this.#search = query === "" ? "" : `?${escaped(query, LITERAL.query)}`;
    }
    static canParse(address, base) {
        return URL.parse(address, base) !== null;
    }
    static parse(address, base) {
        try {
            return new URL(address, base);
        } catch {
            return null;
        }
    }
    get href() {
        const login = this.#password !== "" ? `${this.#username}:${this.#password}@` : this.#username !== "" ? `${this.#username}@` : "";
        return `${this.#protocol}//${login}${this.host}${this.#pathname}${this.#search}${this.#hash}`;
    }
    get origin() {
        return `${this.#protocol}//${this.host}`;
    }
    get protocol() {
        return this.#protocol;
    }
    get username() {
        return this.#username;
    }
    get password() {
        return this.#password;
    }
    get host() {
        return this.#port === "" ? this.#hostname : `${this.#hostname}:${this.#port}`;
    }
    get hostname() {
        return this.#hostname;
    }
    get port() {
        return this.#port;
    }
    set port(value) {
        const digits = text(value), number = digits === "" ? 0 : wholeNumber(digits);
        if (number < 0 || number > 65535) throw new TypeError(`Invalid port: ${slice(digits, 0, 20)}`);
        this.#port = digits === "" || text(number) === SPECIAL[this.#protocol] ? "" : text(number);
    }
    get pathname() {
        return this.#pathname;
    }
    set pathname(value) {
        const path = text(value);
        this.#pathname = normalPath(escaped(startsWith(path, "/") ? path : `/${path}`, LITERAL.path));
    }
    get search() {
        return this.#search;
    }
    set search(value) {
        this.#setSearch(text(value));
        if (this.#params !== undefined) resetParams(this.#params, this.#search);
    }
    get searchParams() {
        if (this.#params === undefined) {
            this.#params = new URLSearchParams(undefined, (query) => {
                this.#search = query === "" ? "" : `?${query}`;
            });
            resetParams(this.#params, this.#search);
        }
        return this.#params;
    }
    get hash() {
        return this.#hash;
    }
    set hash(value) {
        const given = text(value), after = startsWith(given, "#") ? slice(given, 1) : given;
        this.#hash = after === "" ? "" : `#${escaped(after, LITERAL.hash)}`;
    }
    toString() {
        return this.href;
    }
    toJSON() {
        return this.href;
    }
}
define("URL", URL);
define("URLSearchParams", URLSearchParams);
