// The five programs of `benches/compare` in JavaScript: for Node with npm's ws, and for Bun with its own server.
//
// Usage: server.js echo|chat|lines|readings|records ROOMS [STATE]
//
// Serves so many rooms, each on a port of its own and with a state of its own, and prints where.

"use strict";

const fs = require("node:fs");

const rooms = {
  /** Sends back what comes. */
  echo() {
    return {
      message(ws, data, isBinary) {
        echo(ws, data, isBinary);
      },
    };
  },

  /** The guide's chat room: answers with the whole history, which it keeps as objects. */
  chat() {
    const messages = [];
    return {
      connect(ws) {
        ws.send(JSON.stringify(messages));
      },
      message(ws, data, isBinary) {
        if (isBinary) return;
        const timestamp = String(messages.length + 1);
        messages.push({ user: "anonymous", content: data.toString(), timestamp });
        ws.send(JSON.stringify(messages));
      },
    };
  },

  /** A chat room that keeps its last thousand lines, and answers with the new line only. */
  lines() {
    const lines = [];
    let count = 0;
    return {
      message(ws, data, isBinary) {
        if (isBinary) return;
        count += 1;
        const line = { user: "anonymous", content: data.toString(), timestamp: count };
        if (lines.push(line) > 1000) lines.shift();
        ws.send(JSON.stringify(line));
      },
    };
  },

  /** Like the actor `readings`: the state is text, read and written for every message. */
  readings(first) {
    let state = first;
    return {
      message(ws, data, isBinary) {
        const text = data.toString();
        if (isBinary || !/^[+-]?\d+$/.test(text)) return;
        const board = JSON.parse(state);
        const reading = board.readings[board.count % board.readings.length];
        board.count += 1;
        if (reading) {
          reading.value = Number(text);
          reading.updated = board.count;
        }
        const sum = board.readings.reduce((sum, { value }) => sum + value, 0);
        state = JSON.stringify(board);
        ws.send(`${board.count} ${sum}`);
      },
    };
  },

  /** Like the actor `records`: the state is bytes, of which a message changes a few. */
  records(first) {
    const state = Buffer.from(first);
    const [head, reading] = [16, 4];
    return {
      message(ws, data, isBinary) {
        const text = data.toString();
        if (isBinary || !/^[+-]?\d+$/.test(text)) return;
        const [value, count, sum] = [Number(text), state.readBigUInt64LE(0), state.readBigInt64LE(8)];
        const sensors = BigInt(Math.floor((state.length - head) / reading));
        const at = head + Number(count % sensors) * reading;
        const total = sum + BigInt(value - state.readInt32LE(at));
        state.writeInt32LE(value, at);
        state.writeBigUInt64LE(count + 1n, 0);
        state.writeBigInt64LE(total, 8);
        ws.send(`${count + 1n} ${total}`);
      },
    };
  },
};

const [program, count, file] = process.argv.slice(2);
const first = file && fs.readFileSync(file, "utf8");
const isBun = typeof Bun !== "undefined";
// ws gives texts as bytes, and Bun gives them as strings.
const echo = isBun
  ? (ws, data) => ws.send(data)
  : (ws, data, isBinary) => ws.send(data, { binary: isBinary });

for (let number = 0; number < Number(count); number += 1) {
  const room = rooms[program](first);
  const told = (port) => console.log(`ws://127.0.0.1:${port}/ws  room${number}`);
  // Compression is off, which is also the default.
  if (isBun) {
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: (request, server) => (server.upgrade(request) ? undefined : new Response("no", { status: 400 })),
      websocket: {
        perMessageDeflate: false,
        open: (ws) => room.connect?.(ws),
        message: (ws, data) => room.message(ws, data, typeof data !== "string"),
      },
    });
    told(server.port);
    continue;
  }
  const { WebSocketServer } = require("ws");
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (ws) => {
    ws.on("error", () => {});
    ws.on("message", (data, isBinary) => room.message(ws, data, isBinary));
    room.connect?.(ws);
  });
  server.on("listening", () => told(server.address().port));
}
