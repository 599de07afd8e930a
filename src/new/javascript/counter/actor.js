// A counter that all clients share: each press of the button adds one, and everybody sees it.
//
// The state is the count. It is all that remains until the next event. footlight.d.ts has all that
// a script may use.

export function connect(client) {
  client.send(String(state ?? 0));
}

export function message(client, text) {
  if (text !== "add") return;
  state = (state ?? 0) + 1;
  broadcast(String(state));
}
