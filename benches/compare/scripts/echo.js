// Sends back what comes.
export function message(client, data) {
  client.send(data);
}
