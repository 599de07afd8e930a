// A list of things to do, for everybody who has its page open. Each thing has a key of its own in the
// storage, so an event costs the same however many there are.

const all = () => storage.list("todo/").map(([key, { text, done }]) => ({ id: key.slice(5), text, done }));

export function connect(client) {
  client.send({ all: all() });
}

// A message is { add: "text" }, { toggle: id } or { remove: id }.
export function message(client, data) {
  const { add, toggle, remove } = JSON.parse(data);
  if (typeof add === "string" && add.trim()) {
    const id = `${Date.now()}-${crypto.randomUUID().slice(0, 8)}`;
    storage.put(`todo/${id}`, { text: add.trim().slice(0, 200), done: false });
  } else if (toggle) {
    const todo = storage.get(`todo/${toggle}`);
    if (todo) storage.put(`todo/${toggle}`, { ...todo, done: !todo.done });
  } else if (remove) storage.delete(`todo/${remove}`);
  broadcast({ all: all() });
}

export function http(request) {
  if (request.path === "/todo.json") return { body: all() };
  if (request.path !== "/") return { status: 404, body: "There is nothing here." };
  return { headers: { "Content-Type": "text/html; charset=utf-8" }, body: PAGE };
}

const PAGE = `<!doctype html>
<meta name="viewport" content="width=device-width">
<title>To do</title>
<h1>To do</h1>
<form><input name="text" autocomplete="off" autofocus> <button>Add</button></form>
<ul></ul>
<p id="status"></p>
<script src="footlight.js"></script>
<script>
  const actor = footlight(), list = document.querySelector("ul"), form = document.querySelector("form");
  const ask = (request) => actor.send(JSON.stringify(request));
  actor.onstatus = (text) => { document.getElementById("status").textContent = text; };
  actor.onmessage = (data) => {
    list.replaceChildren(...JSON.parse(data).all.map(({ id, text, done }) => {
      const item = document.createElement("li"), box = document.createElement("input"), gone = document.createElement("button");
      box.type = "checkbox";
      box.checked = done;
      box.onchange = () => ask({ toggle: id });
      gone.textContent = "×";
      gone.onclick = () => ask({ remove: id });
      item.append(box, " ", text, " ", gone);
      return item;
    }));
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    ask({ add: form.text.value });
    form.reset();
  };
</script>
`;
