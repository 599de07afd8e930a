// Values by names, for programs over HTTP and for people on a page, which shows each change at once.
//
//   GET /values          all values, as JSON
//   GET /values/NAME     the value, as text
//   PUT /values/NAME     201 for a new name, otherwise 204. The content is the value
//   DELETE /values/NAME  204
//
// The state has the values by their names. footlight.d.ts has all that a script may use.

const refuse = (status, why, allow) => ({ status, body: `${why}\n`, headers: allow ? { allow } : {} });

// Keeps the values, and shows them to everybody.
function keep(values) {
  state = Object.fromEntries(values);
  broadcast(state);
}

// A client of the WebSocket, such as the page.
export function connect(client) {
  client.send(state ?? {});
}

export function http(request) {
  const { method, path } = request;
  const [, root, name, ...more] = path.split("/");
  if (root !== "values" || more.length > 0) return refuse(404, "There is only /values.");
  const values = new Map(Object.entries(state ?? {}));
  const reads = method === "GET" || method === "HEAD";
  if (name === undefined) {
    return reads ? { body: Object.fromEntries(values) } : refuse(405, "Only GET is answered here.", "GET, HEAD");
  }
  if (method === "PUT") return put(values, name, request.text().trimEnd());
  if (!reads && method !== "DELETE") {
    return refuse(405, "Only GET, PUT and DELETE are answered here.", "GET, HEAD, PUT, DELETE");
  }
  if (!values.has(name)) return refuse(404, "There is no value of this name.");
  if (reads) return values.get(name);
  values.delete(name);
  keep(values);
  return { status: 204 };
}

function put(values, name, value) {
  const isNew = !values.has(name);
  if (!/^[a-z0-9_-]{1,100}$/.test(name)) {
    return refuse(400, "A name has 1 to 100 lower-case letters, digits, `-` and `_`.");
  }
  if (value.length > 100 || /\p{Cc}/u.test(value)) return refuse(400, "A value is a line of at most 100 letters.");
  if (isNew && values.size >= 100) return refuse(507, "There are 100 values. Delete one first.");
  values.set(name, value);
  keep(values);
  return { status: isNew ? 201 : 204 };
}
