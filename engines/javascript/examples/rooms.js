// Chat rooms, any number of them. The others in a room get what a client says there.
//
// A client connects with /ws?room=kitchen&name=Ann. It says its texts in its room, unless a text begins with
// `/`: `/room NAME` goes to another room, `/name NAME` takes another name, and `/who` asks who is there.
// A client's tag is its room, and its data has its name. There is no state.

const printable = (text) => text?.replace(/\p{Cc}/gu, "").trim().slice(0, 40);

const names = (room, except) =>
  clients(room).filter((client) => client !== except).map((client) => client.data.name);

function free(name, room, client) {
  const taken = names(room, client);
  let free = name;
  for (let number = 2; taken.includes(free); number++) free = `${name} ${number}`;
  return free;
}

const tellOthers = (client, message) => broadcast(message, { tag: client.data.room, except: client });

const here = ({ data }) => ({ here: names(data.room), room: data.room, you: data.name });

function enter(client, name, room) {
  client.data = { name: free(name, room, client), room };
  client.tags.add(room);
  tellOthers(client, { joined: client.data.name });
  client.send(here(client));
}

export function connect(client) {
  const query = new URLSearchParams(client.info.query);
  enter(client, printable(query.get("name")) || "Guest", printable(query.get("room")) || "lobby");
}

export function message(client, text) {
  if (typeof text !== "string") return;
  const [command, ...rest] = text.split(" ");
  const { name, room } = client.data;
  const value = printable(rest.join(" "));
  if (command === "/who" || (command === "/room" && value === room)) client.send(here(client));
  else if (command === "/room" && value) {
    tellOthers(client, { left: name });
    client.tags.delete(room);
    enter(client, name, value);
  } else if (command === "/name" && value) {
    client.data.name = free(value, room, client);
    tellOthers(client, { renamed: name, to: client.data.name });
    client.send(here(client));
  } else if (text.startsWith("/")) client.send({ error: "There are /room NAME, /name NAME and /who." });
  else tellOthers(client, { said: text, name, at: Date.now() });
}

export function close(client) {
  tellOthers(client, { left: client.data.name });
}
