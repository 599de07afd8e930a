"""A person signs the guestbook over its WebSocket and over HTTP, and asks for a quote.

Usage: guestbook_page_client.py URL
"""

import asyncio
import sys

from chromium import Browser

LIST = "[...document.querySelectorAll('#entries li')].map((e) => e.textContent).join('|')"


async def main(url):
    async with Browser() as browser:
        page = await browser.open(url)

        async def shows(text):
            await page.wait_for(f"{LIST}.endsWith({text!r})")

        await page.wait_for("!document.querySelector('#sign').disabled")
        await shows("Ann: I was here.")
        await page.type("#name", "Bob")
        await page.type("#text", "<b>Hi</b>")
        await page.click("#sign")
        await shows("|Bob: <b>Hi</b>")
        await page.click("#post")
        await shows("|Bob: <b>Hi</b>|Bob: <b>Hi</b>")
        await page.click("#quote")
        await shows("|a server: Less is more.")
        # The browser asks for an icon, which the actor does not have.
        errors = [error for error in page.errors if "404" not in error]
        assert errors == [], errors


asyncio.run(main(*sys.argv[1:]))
