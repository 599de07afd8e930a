// A list of things to do, for everybody who has its page open. Each thing has a key of its own in the storage,
// so an event changes as much however many there are.
//
// A client sends { add: "text" }, { toggle: id } or { remove: id }, and all get { all: [{ id, text, done }, …] }.

const PREFIX = "todo/";
const all = () => storage.list(PREFIX).map(([key, todo]) => ({ id: key.slice(PREFIX.length), ...todo }));

export function connect(client) {
  client.send({ all: all() });
}

export function message(client, data) {
  const { add, toggle, remove } = JSON.parse(data);
  if (typeof add === "string" && add.trim()) {
    // The keys are in the order of their bytes, so the oldest thing comes first.
    const id = `${Date.now()}-${crypto.randomUUID().slice(0, 8)}`;
    storage.put(PREFIX + id, { text: add.trim().slice(0, 200), done: false });
  } else if (toggle) {
    const todo = storage.get(PREFIX + toggle);
    if (todo) storage.put(PREFIX + toggle, { ...todo, done: !todo.done });
  } else if (remove) storage.delete(PREFIX + remove);
  broadcast({ all: all() });
}

// curl http://localhost:8095/todo.json
export function http({ path }) {
  return path === "/todo.json" ? { body: all() } : { status: 404, body: "There is /todo.json." };
}
