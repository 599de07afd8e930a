"""Has the test guest `events` send messages of every kind of length to Python's websockets.

Usage: websockets_lengths_client.py URL
"""

import asyncio
import sys

import websockets

# The last before and the first after each step of RFC 6455, section 5.2.
LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536]


async def main(url):
    async with asyncio.timeout(30), websockets.connect(url) as one, websockets.connect(url) as two:
        assert await one.recv() == "state:0"
        assert await two.recv() == "state:1"

        for length in LENGTHS:
            # As an answer.
            await one.send(f"big:{length}")
            assert await one.recv() == "x" * length

            # To one, as a text and as bytes.
            await one.send(f"do send-big 2 {length}")
            assert await two.recv() == "x" * length
            assert await one.recv() == f"sent {max(length, 1)}"
            await one.send(f"do send-bytes 2 {length}")
            assert await two.recv() == b"x" * length
            assert await one.recv() == f"sent {max(length, 1)}"

            # To all, the same bytes for each; and pings meanwhile.
            pongs = [await two.ping(bytes([number])) for number in range(3)]
            await one.send(f"do broadcast-big - - {length}")
            assert await one.recv() == "x" * length
            assert await one.recv() == "to 2"
            told = [await two.recv() for _ in range(4)]
            assert told.count("x" * length) == 1
            assert [text for text in told if text.startswith("ping:")] == ["ping:00", "ping:01", "ping:02"]
            for pong in pongs:
                await pong

        await two.close()
        await one.close(3333, "that is all")
        assert one.close_code == 3333


asyncio.run(main(sys.argv[1]))
