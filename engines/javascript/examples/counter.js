// Counts for all clients together, and shows everybody the count.

export function connect(client) {
  client.send({ count: state ?? 0 });
}

export function message(client, data) {
  if (data !== "add") return client.send({ error: "The only message is: add" });
  state = (state ?? 0) + 1;
  broadcast({ count: state });
}
