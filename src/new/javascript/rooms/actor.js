// Chat rooms. What a client says is for those in its room.
//
// A client's first text names its room and then, in a second line, itself. There is no state. The host
// keeps a client's room and name as long as the connection: the room is its tag, and its data has both.
// footlight.d.ts has all that a script may use.

// Tells everybody in a client's room.
const tell = ({ data }, said) => broadcast(data.name + said, { tag: data.room });

function enter(client, lines) {
  const [room, name] = lines.split("\n").map((line) => line.trim());
  if (!room || !name) return client.send("The first text has a room and a name, each in a line.");
  client.tags.add(room);
  client.data = { room, name };
  console.log(`${name} is in ${room}`);
  tell(client, " has come in");
}

export function message(client, text) {
  if (typeof text !== "string") return;
  if (client.data) tell(client, `: ${text}`);
  else enter(client, text);
}

export function close(client) {
  if (client.data) tell(client, " has left");
}
