"""Lets a person's browser use the console page: clicks, types, and looks at what it shows.

Usage: console_client.py URL [SCREENSHOT]

URL is the page's, or that of the socket beside it.
"""

import asyncio
import json
import sys

from chromium import Browser


# JSON with more than one line's length.
LONG = json.dumps({"name": "Ada", "list": list(range(20)), "empty": {}})


async def shows(page, part):
    """Waits until a line of the page has this part."""
    lines = "[...document.querySelectorAll('#log li')].map((li) => li.textContent)"
    await page.wait_for(f"{lines}.some((line) => line.includes({json.dumps(part)}))")


async def main(url, screenshot=None):
    if url.startswith("ws://"):
        url = url.replace("ws://", "http://").rsplit("/", 1)[0] + "/"
    async with Browser() as browser:
        # It connects by itself, to where it came from.
        page = await browser.open(url)
        await shows(page, "open after")
        await shows(page, "← state:0")
        await page.type("#text", "<b>hello</b> 🐎")
        await page.click("#send")
        await shows(page, "→ <b>hello</b> 🐎")
        await shows(page, "← <b>hello</b> 🐎")
        await page.evaluate("document.getElementById('kind').value = 'hex'")
        await page.type("#text", "00 ff 7")
        await page.click("#send")
        await shows(page, "this is not hex")
        await page.evaluate("document.getElementById('text').value = ''")
        await page.type("#text", "00 ff 70")
        await page.enter()
        await shows(page, "→ 3 bytes: 00 ff 70")
        await shows(page, "← 3 bytes: 00 ff 70")
        await page.evaluate("document.getElementById('kind').value = 'text'")
        await page.type("#text", "close")
        await page.enter()
        await shows(page, "closed: 4001 bye")
        # ↑ brings back what was sent before.
        await page.press("ArrowUp")
        await page.press("ArrowUp")
        await page.wait_for("document.getElementById('text').value === '00 ff 70'")
        await page.press("ArrowDown")
        await page.wait_for("document.getElementById('text').value === 'close'")
        await page.evaluate("document.getElementById('text').value = ''")
        await page.fits(screenshot)
        await page.click("#clear")
        await page.click("#connect")
        await shows(page, "← state:")
        # JSON that is longer than a line is shown over several, and text that only looks like it is not.
        for text, shown in [(LONG, json.dumps(json.loads(LONG), indent=2)), (LONG[:-1], LONG[:-1])]:
            await page.type("#text", text)
            await page.enter()
            await shows(page, f"← {shown}")
        # The actor traps, the host closes the connection, and the page connects again by itself.
        await page.click("#clear")
        await page.type("#text", "trap")
        await page.enter()
        await shows(page, "closed: 1011")
        await shows(page, "← state:")
        await page.click("#connect")
        await shows(page, "closed: 1000")
        await page.click("#clear")
        await page.wait_for("document.querySelectorAll('#log li').length === 0")
        assert page.errors == [], page.errors


asyncio.run(main(*sys.argv[1:]))
