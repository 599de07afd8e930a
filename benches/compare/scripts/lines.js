// A chat room that keeps its last thousand lines, each under a key of its own, and answers with the new line
// only.
const KEPT = 1000;

export function message(client, content) {
  if (typeof content !== "string") return;
  const timestamp = (state ?? 0) + 1;
  state = timestamp;
  const line = JSON.stringify({ user: "anonymous", content, timestamp });
  storage.put(key(timestamp), line);
  if (timestamp > KEPT) storage.delete(key(timestamp - KEPT));
  client.send(line);
}

function key(number) {
  return String(number).padStart(16, "0");
}
