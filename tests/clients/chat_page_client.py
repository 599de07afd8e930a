"""Chats on the chat room's page, in a browser.

Usage: chat_page_client.py URL [SCREENSHOT]
"""

import asyncio
import sys

from chromium import Browser

LINES = "[...document.querySelectorAll('#messages li')].map((li) => li.textContent).join('|')"


async def main(url, screenshot=None):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("document.getElementById('status').textContent === 'connected'")
        await page.type("#text", "<i>Hello!</i>")
        await page.click("#send")
        await page.wait_for(f"{LINES} === '<i>Hello!</i>'")
        await page.type("#text", "And again 🐎")
        await page.enter()
        await page.wait_for(f"{LINES} === '<i>Hello!</i>|And again 🐎'")
        if screenshot:
            await page.screenshot(screenshot)
        # Another one sees what was said before.
        other = await browser.open(url)
        await other.wait_for(f"{LINES} === '<i>Hello!</i>|And again 🐎'")
        assert page.errors == [] and other.errors == [], page.errors + other.errors


asyncio.run(main(*sys.argv[1:]))
