#!/usr/bin/env python3
"""Clients of the installed echo, with the library that Debian has.

    client.py [--token TOKEN] one client, which has a text and bytes echoed
    client.py --count N       one client of the counter, which must count to N with its text
    client.py --until FILE    one after another until there is such a file; prints how many were
                              answered, and how many were sent away by a host that stops
"""

import asyncio
import pathlib
import sys

import websockets

URL = "ws://127.0.0.1:8080/ws"


async def client(token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # No deadline for the connection alone: it may have to wait for a start.
    async with websockets.connect(URL, open_timeout=None, extra_headers=headers) as socket:
        for message in ["Grüße", b"\x00\xff"]:
            await socket.send(message)
            answer = await socket.recv()
            assert answer == message, answer


async def count(number):
    async with websockets.connect(URL, open_timeout=None) as socket:
        await socket.recv()
        await socket.send("count")
        answer = await socket.recv()
        assert answer == f'{{"count":{number}}}', answer


async def main(arguments):
    if arguments[:1] == ["--count"]:
        return await count(arguments[1])
    if arguments[:1] != ["--until"]:
        return await client(*arguments[1:])
    stop = pathlib.Path(arguments[1])
    answered = sent_away = 0
    while not stop.exists():
        try:
            await client()
            answered += 1
        # A client may have been let in just before the stop: 1001, or 503 in the handshake. That
        # nobody listens is another error, and fails.
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd and closed.rcvd.code == 1001, closed
            sent_away += 1
        except websockets.InvalidStatusCode as refused:
            assert refused.status_code == 503, refused
            sent_away += 1
    print(f"clients: {answered} answered, {sent_away} sent away at a stop")


asyncio.run(asyncio.wait_for(main(sys.argv[1:]), 120))
