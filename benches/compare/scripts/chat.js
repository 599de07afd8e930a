// The guide's chat room: answers with the whole history, which is the state.
export function connect(client) {
  client.send(state ?? []);
}

export function message(client, text) {
  if (typeof text !== "string") return;
  state ??= [];
  state.push({ user: "anonymous", content: text, timestamp: String(state.length + 1) });
  client.send(state);
}
