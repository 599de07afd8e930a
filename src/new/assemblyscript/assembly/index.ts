// What the host calls. AssemblyScript can't export a name with `#`, so each has its plain name:
// footlight's docs/actors.md explains it.
import { handle } from "./actor";
import { Message } from "./theater";

// What the host passes, and what it has to read, is outside of the garbage collector's memory.
// It is freed after the call.

let blocks: usize[] = [];

function take(size: usize): usize {
  const block = heap.alloc(size);
  blocks.push(block);
  return block;
}

// The host takes memory for all that it passes. It never passes an old block.
export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  return take(size);
}

// The host calls this after it has copied the answer.
export function cabi_post_handle_message(answer: usize): void {
  for (let i = 0; i < blocks.length; i++) heap.free(blocks[i]);
  blocks = [];
}

function bytesAt(data: usize, length: usize): Uint8Array {
  const bytes = new Uint8Array(<i32>length);
  memory.copy(bytes.dataStart, data, length);
  return bytes;
}

// Writes where bytes are, and their number.
function writeBytes(at: usize, bytes: Uint8Array): void {
  const block = take(bytes.length);
  memory.copy(block, bytes.dataStart, bytes.length);
  store<usize>(at, block);
  store<i32>(at, bytes.length, 4);
}

function writeText(at: usize, text: string): void {
  writeBytes(at, Uint8Array.wrap(String.UTF8.encode(text)));
}

// An option has a number before it, which says whether there is a value.
export function handle_message(
  type: usize, typeLength: usize, hasData: i32, data: usize, dataLength: usize,
  hasText: i32, text: usize, textLength: usize, state: usize, stateLength: usize,
): usize {
  const event = new Message(
    String.UTF8.decodeUnsafe(type, typeLength),
    hasText ? String.UTF8.decodeUnsafe(text, textLength) : null,
    hasData ? bytesAt(data, dataLength) : null,
  );
  const answer = handle(event, bytesAt(state, stateLength));
  const messages = answer.messages;

  // The state, then the list of messages: each is a pointer and a number.
  const result = take(16);
  writeBytes(result, answer.state);
  const list = take(32 * messages.length);
  store<usize>(result, list, 8);
  store<i32>(result, messages.length, 12);

  // A message has 32 bytes: its type, and two options of 12 bytes.
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    const at = list + 32 * i;
    memory.fill(at, 0, 32);
    writeText(at, message.type);
    const data = message.data;
    if (data) {
      store<u8>(at, 1, 8);
      writeBytes(at + 12, data);
    }
    const text = message.text;
    if (text) {
      store<u8>(at, 1, 20);
      writeText(at + 24, text);
    }
  }
  return result;
}
