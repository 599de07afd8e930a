"""A page stays connected while `footlight dev` takes over a new module.

Usage: dev_socket_client.py URL NEW SOURCE

NEW is the new source, and SOURCE is the file that the build copies.
"""

import asyncio
import json
import shutil
import sys

from chromium import Browser

LINES = "[...document.querySelectorAll('#log li')].map((li) => li.textContent)"


async def main(url, new, source):
    async with Browser() as browser:
        page = await browser.open(url + "console")

        async def ask(text, answer):
            await page.type("#text", text)
            await page.enter()
            await page.wait_for(f"{LINES}.some((line) => line.includes({json.dumps(answer)}))")

        await page.wait_for(f"{LINES}.some((line) => line.includes('open after'))")
        await ask("+", "← 0+")
        shutil.copyfile(new, source)
        # The new module adds an m to the state, which the page sees at its first event after the build.
        while not await page.evaluate(f"{LINES}.some((line) => line.includes('← 0+m'))"):
            await ask("a", "← 0+")
        lines = await page.evaluate(LINES)
        assert sum("open after" in line for line in lines) == 1, lines
        assert not any("closed" in line for line in lines), lines


asyncio.run(main(*sys.argv[1:]))
