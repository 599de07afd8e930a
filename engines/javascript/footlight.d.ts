// What a script on Footlight has beside JavaScript itself. For editors: put
// `/// <reference path="footlight.d.ts" />` into the script, or the file beside a jsconfig.json.
//
// A script is a module that exports at least one handler:
//
//   connect(client: Client)                             a client has connected
//   message(client: Client, data: string | Uint8Array)  a client has sent a text or bytes
//   close(client: Client, code: number, reason: string) a client is gone
//   alarm()                                             the alarm, or the manifest's `tick`
//   http(request: HttpRequest)                          a request; it returns an HttpResult
//   response(tag: string, response?: HttpResponse, error?: HostError)   the answer to fetchLater
//   mqtt(message: MqttMessage)                          an MQTT broker has sent a message
//   mqttUp(broker: string), mqttDown(broker: string)    a connection with a broker has begun or ended
//   actorMessage(message: Content)                      another actor has sent a message
//   actorRequest(message: Content)                      the same, and the actor waits for the reply: what this
//                                                       returns, as Data
//   handleMessage(message: Message, state)              every event that has no handler of its own, but http,
//                                                       actorMessage and actorRequest; it returns [state, messages],
//                                                       or nothing
//
// and may export `init(state, name)`, which returns the first state, and `migrate(state)`, which makes the new
// state of that of an older version. Handlers may be async. An event ends when its promises are settled. If it
// throws, all that it has asked for is undone. What the other handlers return is ignored.
//
// In its module, an exported function `alarm` or `mqtt` hides the object of this name. So the function gets the
// methods of the object: alarm.set works beside export function alarm(). TypeScript does not know this. There,
// write globalThis.alarm.set, or export the function as `export { ring as alarm }`.
//
// All of this can be used in handlers only, not at the top level.

export {};

declare global {
  /** A value that JSON can say. */
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
  /** Bytes. */
  type Bytes = ArrayBuffer | ArrayBufferView;
  /** What can be sent: a text, bytes, or any other value as JSON. */
  type Data = string | Bytes | Json | object;

  /** An error of the host. `code` is for programs, `message` for people. */
  interface HostError extends Error {
    code: string;
  }

  /**
   * What the actor keeps from one event to the next: any value that JSON can say. It is parsed when the script first
   * looks at it, and stored if it has changed, also inside. Without a state it is undefined.
   */
  var state: any;

  /** A connection. It is the same object wherever it occurs in one event. */
  interface Client {
    readonly id: number;
    /** What is known from the handshake; undefined once the client is gone. */
    readonly info: ClientInfo | undefined;
    readonly tags: Tags;
    /** What the host keeps with the connection: any value that JSON can say, up to limits.attachment as JSON. */
    data: any;
    /** Returns how many bytes then wait for the client. Throws `gone`, `full`, `limit`. */
    send(data: Data): number;
    /** 1000 to 1003, 1007 to 1014, 3000 to 4999. Throws `gone`, `invalid`. */
    close(code?: number, reason?: string): void;
  }
  interface ClientInfo {
    peer: string;
    path: string;
    query: string;
    subprotocol: string | undefined;
    /** In milliseconds since 1970. */
    connectedSince: number;
  }
  interface Tags {
    /** Throws `gone`, `limit`, `invalid`. */
    add(tag: string): this;
    delete(tag: string): void;
    has(tag: string): boolean;
  }

  /** The open connections, or those that have a tag, in the order in which they connected. */
  function clients(tag?: string): Client[];
  /** Sends to all clients, or to those with a tag, but not to `except`. Returns how many these are. */
  function broadcast(data: Data, options?: { tag?: string; except?: Client }): number;

  /** Values under keys. An event sees its own changes. Throws `invalid-key`, `too-large`, `full`, `limit`. */
  const storage: {
    /** Undefined if there is none. Throws SyntaxError if it is no JSON. */
    get(key: string): any;
    put(key: string, value: Json | object): void;
    getBytes(key: string): Uint8Array | undefined;
    putBytes(key: string, value: Bytes): void;
    /** Whether there was one. */
    delete(key: string): boolean;
    /** Keys with values, in the order of the keys' bytes. */
    list(prefix?: string, options?: { after?: string; limit?: number }): [string, any][];
    list(prefix: string, options: { after?: string; limit?: number; bytes: true }): [string, Uint8Array][];
    deleteAll(): void;
  };

  /** One alarm, which calls `alarm()`. */
  const alarm: {
    /** In milliseconds from the end of this event. It replaces an earlier one. The script needs a handler for it. */
    set(milliseconds: number): void;
    cancel(): void;
  };

  /**
   * The files of the folder that the manifest names. Throws `not-found`, `denied`, `wrong-kind`, `too-large`, `limit`,
   * `timed-out`, `exists`, `not-empty`, `other`. Without a handler `filesystem` in the manifest, the event fails.
   */
  const files: {
    read(path: string): Uint8Array;
    /** As UTF-8; other bytes become U+FFFD. */
    readText(path: string): string;
    list(path?: string): { name: string; kind: FileKind }[];
    info(path: string): { kind: FileKind; size: number };
    write(path: string, content: Data): void;
    delete(path: string): void;
    createFolder(path: string): void;
    deleteFolder(path: string): void;
  };
  type FileKind = "file" | "folder" | "other";

  interface FetchOptions {
    /** GET, or POST if there is a body. */
    method?: string;
    headers?: { [name: string]: string } | [string, string][];
    /** An object is sent as JSON. */
    body?: Data;
    redirect?: "follow" | "manual";
    /** In milliseconds. */
    timeout?: number;
    /** The largest content of the answer, in bytes. */
    maxBody?: number;
  }
  /**
   * Asks a server and waits for the answer inside of the event: all clients of the actor wait meanwhile. What was sent
   * can't be undone if the event fails later. Rejects with `denied`, `invalid`, `unresolved`, `timed-out`, `too-large`,
   * `limit`, `interrupted`, `failed`. Without a handler `http-client` in the manifest, the event fails.
   */
  function fetch(address: string | URL, options?: FetchOptions): Promise<HttpResponse>;
  /** Asks a server after the event. The answer comes as an event: `response(tag, response, error)`. */
  function fetchLater(tag: string, address: string | URL, options?: FetchOptions): void;

  interface PublishOptions {
    /** The `name` of a handler in the manifest. "mqtt" if it is left out, as in the manifest. */
    broker?: string;
    /** 0, at most once, or 1, at least once. 0 if it is left out. */
    qos?: 0 | 1;
    /** Whether the broker keeps it for those who subscribe later. An empty payload removes what it has kept. */
    retain?: boolean;
    /** What MQTT 3.1.1 does not transfer. */
    properties?: {
      contentType?: string;
      responseTopic?: string;
      correlationData?: Data;
      /** At most 64 with 8 KiB. */
      user?: { [name: string]: string } | [string, string][];
    };
  }
  /** MQTT brokers. Without a handler `mqtt` in the manifest, the event fails. */
  const mqtt: {
    /**
     * Publishes once the event has succeeded. While there is no connection, it waits. Throws `no-broker`, `denied`,
     * `invalid`, `full`, `limit`.
     */
    publish(topic: string, data: Data, options?: PublishOptions): void;
    /** Whether there is a connection, and if not, why; undefined if the manifest has no such broker. */
    status(broker?: string): { up: true } | { up: false; reason: string } | undefined;
  };
  /** What a broker has sent. Its content is the payload. */
  interface MqttMessage extends Content {
    broker: string;
    topic: string;
    qos: 0 | 1;
    /** Whether the broker had kept it, and it is not new. */
    retained: boolean;
    /** Whether the broker has sent it before, perhaps in vain. */
    duplicate: boolean;
    properties: {
      contentType: string | undefined;
      responseTopic: string | undefined;
      correlationData: Uint8Array | undefined;
      user: [string, string][];
    };
  }

  /**
   * Other actors of the process, by the names in their manifests. Throws `failed`, with the host's reason. Without a
   * handler `message-server` in the manifest, the event fails.
   */
  const actors: {
    /** Sends once the event has succeeded, at least once and in order. The actor gets bytes. */
    send(name: string, data: Data): void;
    /** Waits for the reply inside of the event: all clients of the actor wait meanwhile. */
    request(name: string, data: Data): Promise<Content>;
  };

  /** Content that is there already: nothing here waits, but `await` does no harm. */
  interface Content {
    readonly body: Uint8Array;
    bytes(): Uint8Array;
    text(): string;
    json(): any;
  }
  interface HttpResponse extends Content {
    status: number;
    /** Whether the status is from 200 to 299. */
    ok: boolean;
    /** Names in lower case. */
    headers: { [name: string]: string };
  }
  interface HttpRequest extends Content {
    method: string;
    /** Path and query, as the client sent them. */
    uri: string;
    path: string;
    query: string;
    /** Names in lower case. */
    headers: { [name: string]: string };
  }
  /** A text, bytes, or an object with at least a status or a body. A body that is an object is sent as JSON. */
  type HttpResult =
    | string
    | Bytes
    | { status?: number; headers?: { [name: string]: string } | [string, string][]; body?: Data };

  /** What handleMessage gets. */
  type Message =
    | { type: "connect"; client: Client }
    | { type: "text"; text: string; client: Client }
    | { type: "binary"; data: Uint8Array; client: Client }
    | { type: "close"; code: number; reason: string; client: Client }
    | { type: "alarm" }
    | { type: "http-response"; tag: string; response: HttpResponse }
    | { type: "http-response"; tag: string; error: HostError }
    | { type: "mqtt"; message: MqttMessage }
    | { type: "mqtt-up" | "mqtt-down"; broker: string };
  /** What handleMessage may answer to its client. */
  type Answer =
    | string
    | Bytes
    | { type: "text"; text: string }
    | { type: "binary" | "ping" | "pong"; data?: Bytes }
    | { type: "close"; code?: number; reason?: string };

  /** Lines in the actor's log. */
  const console: Record<"log" | "info" | "debug" | "warn" | "error", (...values: unknown[]) => void>;

  const crypto: {
    /** At most 65,536 bytes at a time. */
    getRandomValues<T extends ArrayBufferView>(array: T): T;
    randomUUID(): string;
  };
  function structuredClone<T>(value: T): T;
  function queueMicrotask(callback: () => void): void;
  function atob(text: string): string;
  function btoa(text: string): string;

  class TextEncoder {
    readonly encoding: "utf-8";
    encode(text?: string): Uint8Array;
    encodeInto(text: string, target: Uint8Array): { read: number; written: number };
  }
  /** UTF-8 only, and without `stream`. */
  class TextDecoder {
    constructor(label?: "utf-8" | "utf8", options?: { fatal?: boolean; ignoreBOM?: boolean });
    readonly encoding: "utf-8";
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    decode(bytes?: Bytes): string;
  }

  /** http, https, ws and wss, with names in ASCII. */
  class URL {
    constructor(address: string | URL, base?: string | URL);
    static canParse(address: string | URL, base?: string | URL): boolean;
    static parse(address: string | URL, base?: string | URL): URL | null;
    readonly href: string;
    readonly origin: string;
    readonly protocol: string;
    readonly username: string;
    readonly password: string;
    readonly host: string;
    readonly hostname: string;
    port: string;
    pathname: string;
    search: string;
    hash: string;
    readonly searchParams: URLSearchParams;
    toString(): string;
    toJSON(): string;
  }
  class URLSearchParams implements Iterable<[string, string]> {
    constructor(init?: string | Iterable<[string, string]> | { [name: string]: string });
    readonly size: number;
    append(name: string, value: string): void;
    delete(name: string, value?: string): void;
    get(name: string): string | null;
    getAll(name: string): string[];
    has(name: string, value?: string): boolean;
    set(name: string, value: string): void;
    sort(): void;
    forEach(callback: (value: string, name: string, params: URLSearchParams) => void): void;
    entries(): IterableIterator<[string, string]>;
    keys(): IterableIterator<string>;
    values(): IterableIterator<string>;
    [Symbol.iterator](): IterableIterator<[string, string]>;
    toString(): string;
  }
}
