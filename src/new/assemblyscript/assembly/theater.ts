// The interface between the host and an actor: footlight's docs/actors.md explains it.

// An event: its type is "connect", "text", "binary", "close" or another one. Also a message of an
// answer.
export class Message {
  constructor(
    public type: string,
    public text: string | null = null, // of a "text"
    public data: Uint8Array | null = null, // of a "binary"
  ) {}

  static ofText(text: string): Message {
    return new Message("text", text);
  }
}

// The new state, and the messages to the client whose event this is.
export class Answer {
  state: Uint8Array = new Uint8Array(0);
  messages: Message[] = [];
}

// What the host does. A text is a pointer and a length, and an option or a variant is a number and
// its value. The result goes to the last pointer.
@external("ntwk:theater/runtime", "log")
declare function hostLog(text: usize, length: usize): void;

@external("footlight:host/connections@0.1.0", "broadcast")
declare function hostBroadcast(
  hasTag: i32, tag: usize, tagLength: usize, isBinary: i32, data: usize, length: usize,
  hasExcept: i32, except: u64, result: usize,
): void;

// Writes a line to the host's log.
export function log(line: string): void {
  const bytes = String.UTF8.encode(line);
  hostLog(changetype<usize>(bytes), bytes.byteLength);
}

// Sends a text to all clients. False if the host refused that.
export function broadcast(text: string): bool {
  const bytes = String.UTF8.encode(text);
  const result = memory.data(12, 4);
  hostBroadcast(0, 0, 0, 0, changetype<usize>(bytes), bytes.byteLength, 0, 0, result);
  return load<u8>(result) == 0;
}

// Says in the log what went wrong, such as a failed assertion.
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  log(`${message ? message : "abort"} at ${file ? file : ""}:${line}:${column}`);
  unreachable();
}
