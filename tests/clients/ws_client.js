// Talks to the test guest `events` with npm's ws, and checks every answer.
//
// Usage: ws_client.js URL

"use strict";

const assert = require("node:assert");
const WebSocket = require("ws");

/** A client, and what comes to it: [event, arguments...] one after the other. */
class Client {
  constructor(url) {
    this.ws = new WebSocket(url);
    this.waiting = [];
    this.events = [];
    for (const event of ["open", "message", "ping", "pong", "close", "error"]) {
      this.ws.on(event, (...rest) => {
        this.events.push([event, ...rest]);
        this.waiting.shift()?.();
      });
    }
  }

  async next(expected) {
    if (this.events.length === 0) await new Promise((done) => this.waiting.push(done));
    const [event, ...rest] = this.events.shift();
    assert.strictEqual(event, expected, `${event}: ${rest}`);
    return rest;
  }

  async text() {
    const [data, binary] = await this.next("message");
    assert(!binary);
    return data.toString();
  }

  async closed(code, reason) {
    const [foundCode, foundReason] = await this.next("close");
    assert.deepStrictEqual([foundCode, foundReason.toString()], [code, reason]);
  }
}

async function connect(url) {
  const client = new Client(url);
  await client.next("open");
  assert.match(await client.text(), /^state:/);
  return client;
}

async function main(url) {
  // It offers compression by default, and goes on without it.
  let client = await connect(url);
  assert.strictEqual(client.ws.extensions, "");
  for (const text of ["", "hello", "žluťoučký 🐎", "x".repeat(65536)]) {
    client.ws.send(text);
    assert.strictEqual(await client.text(), text);
  }
  client.ws.send(Buffer.from([0, 255]));
  assert.deepStrictEqual(await client.next("message"), [Buffer.from([0, 255]), true]);

  // A ping between fragments.
  client.ws.send("in ", { fin: false });
  client.ws.ping(Buffer.from([1]));
  assert.deepStrictEqual(await client.next("pong"), [Buffer.from([1])]);
  assert.strictEqual(await client.text(), "ping:01");
  client.ws.send("three ", { fin: false });
  client.ws.send("parts");
  assert.strictEqual(await client.text(), "in three parts");

  // It answers the actor's ping by itself.
  client.ws.send("ping");
  assert.deepStrictEqual(await client.next("ping"), [Buffer.from("hi")]);
  assert.strictEqual(await client.text(), "pong:6869");

  client.ws.close(3333, "that is all");
  await client.closed(3333, "that is all");

  client = await connect(url);
  client.ws.send("x".repeat(65537));
  await client.closed(1009, "message too large");

  client = await connect(url);
  client.ws.send("close");
  await client.closed(4001, "bye");
}

// Without an answer it would wait forever.
setTimeout(() => assert.fail("no answer for 30 s"), 30_000).unref();
main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exit(1);
});
