"""The four programs of `benches/compare` in Python, with websockets.

Usage: server.py echo|chat|lines|readings|records ROOMS [STATE]

Serves so many rooms, each on a port of its own and with a state of its own, and prints where.
"""

import asyncio
import collections
import json
import struct
import sys
from pathlib import Path

from websockets.asyncio.server import serve


def to_json(value):
    """As compact as the others have it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def echo(_first):
    """Sends back what comes."""

    async def handler(ws):
        async for message in ws:
            await ws.send(message)

    return handler


def chat(_first):
    """The guide's chat room: answers with the whole history, which it keeps as objects."""
    messages = []

    async def handler(ws):
        await ws.send(to_json(messages))
        async for text in ws:
            if isinstance(text, str):
                timestamp = str(len(messages) + 1)
                messages.append({"user": "anonymous", "content": text, "timestamp": timestamp})
                await ws.send(to_json(messages))

    return handler


def lines(_first):
    """A chat room that keeps its last thousand lines, and answers with the new line only."""
    kept = collections.deque(maxlen=1000)
    count = 0

    async def handler(ws):
        nonlocal count
        async for text in ws:
            if isinstance(text, str):
                count += 1
                kept.append({"user": "anonymous", "content": text, "timestamp": count})
                await ws.send(to_json(kept[-1]))

    return handler


def readings(first):
    """Like the actor `readings`: the state is text, read and written for every message."""
    state = first

    async def handler(ws):
        nonlocal state
        async for text in ws:
            try:
                value = int(text)
            except ValueError:
                continue
            board = json.loads(state)
            turn = board["count"] % max(len(board["readings"]), 1)
            board["count"] += 1
            if board["readings"]:
                board["readings"][turn]["value"] = value
                board["readings"][turn]["updated"] = board["count"]
            total = sum(reading["value"] for reading in board["readings"])
            state = to_json(board)
            await ws.send(f"{board['count']} {total}")

    return handler


def records(first):
    """Like the actor `records`: the state is bytes, of which a message changes a few."""
    state = bytearray(first.encode())
    head, reading = struct.Struct("<Qq"), struct.Struct("<i")
    sensors = (len(state) - head.size) // reading.size

    async def handler(ws):
        async for text in ws:
            try:
                value = int(text)
            except ValueError:
                continue
            count, total = head.unpack_from(state)
            at = head.size + count % sensors * reading.size
            total += value - reading.unpack_from(state, at)[0]
            count += 1
            reading.pack_into(state, at, value)
            head.pack_into(state, 0, count, total)
            await ws.send(f"{count} {total}")

    return handler


async def main(program, count, file=None):
    first = file and Path(file).read_text(encoding="utf-8")
    servers = []
    for number in range(int(count)):
        programs = {"echo": echo, "chat": chat, "lines": lines, "readings": readings, "records": records}
        handler = programs[program](first)
        # Compression is on by default; it costs time and memory, and the others have none.
        server = await serve(handler, "127.0.0.1", 0, compression=None)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        print(f"ws://127.0.0.1:{port}/ws  room{number}", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main(*sys.argv[1:]))
