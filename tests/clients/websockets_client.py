"""Talks to the test guest `events` with Python's websockets, and checks every answer.

Usage: websockets_client.py URL
"""

import asyncio
import sys

import websockets


async def main(url):
    async with asyncio.timeout(30), websockets.connect(url) as ws:
        assert await ws.recv() == "state:0"

        for text in ["", "hello", "žluťoučký 🐎", "x" * 60_000]:
            await ws.send(text)
            assert await ws.recv() == text

        await ws.send(b"\x00\xff")
        assert await ws.recv() == b"\x00\xff"

        # Fragments are one message.
        await ws.send(["in ", "three ", "parts"])
        assert await ws.recv() == "in three parts"

        # The host answers the ping, and the actor is told of it.
        pong = await ws.ping(b"\x01")
        await pong
        assert await ws.recv() == "ping:01"

        # The limit of 64 KiB.
        await ws.send("x" * 65536)
        assert await ws.recv() == "x" * 65536

        # A ping of the actor's: this library answers it by itself.
        await ws.send("ping")
        assert await ws.recv() == "pong:6869"

        await ws.close(3333, "that is all")
        assert ws.close_code == 3333, ws.close_code

    for text, code, reason in [
        ("close", 4001, "bye"),
        ("trap", 1011, None),
        ("x" * 65537, 1009, "message too large"),
    ]:
        async with asyncio.timeout(30), websockets.connect(url) as ws:
            await ws.recv()
            await ws.send(text)
            try:
                await ws.recv()
                raise AssertionError("the connection is still open")
            except websockets.ConnectionClosed as closed:
                assert closed.rcvd.code == code, closed
                assert reason in (None, closed.rcvd.reason), closed


asyncio.run(main(sys.argv[1]))
