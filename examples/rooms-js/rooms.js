// Chat rooms, any number of them. The others in a room get what a client says there.
//
// A client connects with /ws?room=kitchen&name=Ann. It says its texts in its room, unless a text begins with
// `/`: `/room NAME` goes to another room, `/name NAME` takes another name, and `/who` asks who is there. The
// client gets JSON objects. Their only or first key tells what they are: here, said, joined, left, renamed, error.
//
// There is no state. A client's tag is its room, and its data has its name. The host keeps both as long as the
// connection.

// A name that is fit to be shown: one line, without spaces around it, and at most 40 bytes long.
function printable(text) {
  const name = text?.replace(/\p{Cc}/gu, "").trim() ?? "";
  return name.slice(0, new TextEncoder().encodeInto(name, new Uint8Array(40)).read);
}

const names = (room, except) =>
  clients(room).filter((client) => client !== except).map((client) => client.data.name);

// A name that nobody else in the room has: this one, with a number if needed.
function free(name, room, client) {
  const taken = names(room, client);
  let free = name;
  for (let number = 2; taken.includes(free); number++) free = `${name} ${number}`;
  return free;
}

const tellOthers = (client, message, room = client.data.room) => broadcast(message, { tag: room, except: client });

const here = ({ data }) => ({ here: names(data.room), room: data.room, you: data.name });

function enter(client, name, room) {
  client.tags.add(room);
  client.data = { name: free(name, room, client), room };
  tellOthers(client, { joined: client.data.name });
  client.send(here(client));
}

export function connect(client) {
  const query = new URLSearchParams(client.info.query);
  enter(client, printable(query.get("name")) || "Guest", printable(query.get("room")) || "lobby");
}

export function message(client, text) {
  if (typeof text !== "string" || !client.data) return;
  const [command, ...rest] = text.split(" ");
  const value = printable(rest.join(" "));
  const { name, room } = client.data;
  if (command === "/who" || (command === "/room" && value === room)) client.send(here(client));
  else if (command === "/room" && value) move(client, name, room, value);
  else if (command === "/name" && value) {
    client.data.name = free(value, room, client);
    tellOthers(client, { renamed: name, to: client.data.name });
    client.send(here(client));
  } else if (text.startsWith("/")) client.send({ error: "There are /room NAME, /name NAME and /who." });
  else tellOthers(client, { said: text, name, at: Date.now() });
}

function move(client, name, from, to) {
  try {
    client.tags.add(to);
  } catch ({ code }) {
    client.send({ error: `This can't be done: ${code}` });
    return;
  }
  enter(client, name, to);
  client.tags.delete(from);
  tellOthers(client, { left: name }, from);
}

export function close(client) {
  if (client.data) tellOthers(client, { left: client.data.name });
}
