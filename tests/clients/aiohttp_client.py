"""Talks to the test guest `events` with aiohttp, and checks every answer.

Usage: aiohttp_client.py URL
"""

import asyncio
import sys

import aiohttp


async def closed(ws, code, reason):
    """The next that comes is the server's close frame."""
    message = await ws.receive()
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, code), message
    assert message.extra == reason, message


async def main(url):
    # Without its own answers to pings, so that they can be seen here.
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        async with session.ws_connect(url, autoping=False) as ws:
            assert (await ws.receive_str()) == "state:0"
            for text in ["", "hello", "žluťoučký 🐎", "x" * 65536]:
                await ws.send_str(text)
                assert (await ws.receive_str()) == text
            await ws.send_bytes(b"\x00\xff")
            assert (await ws.receive_bytes()) == b"\x00\xff"

            await ws.ping(b"\x01")
            pong = await ws.receive()
            assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"\x01"), pong
            assert (await ws.receive_str()) == "ping:01"

            await ws.send_str("ping")
            ping = await ws.receive()
            assert (ping.type, bytes(ping.data)) == (aiohttp.WSMsgType.PING, b"hi"), ping
            await ws.pong(b"hi")
            assert (await ws.receive_str()) == "pong:6869"

            await ws.close(code=3333, message=b"that is all")
            assert ws.close_code == 3333, ws.close_code

        for text, code, reason in [
            ("x" * 65537, 1009, "message too large"),
            ("close", 4001, "bye"),
        ]:
            async with session.ws_connect(url) as ws:
                await ws.receive_str()
                await ws.send_str(text)
                await closed(ws, code, reason)


asyncio.run(main(sys.argv[1]))
