"""Two people chat on the page that an actor of Theater's time serves, over its WebSocket and over HTTP.

Usage: theater_page_client.py URL FIRST QUOTE

FIRST is what the page shows at first. With QUOTE, the page also asks for a quote, and shows it.
"""

import asyncio
import sys

from chromium import Browser

LIST = "[...document.querySelectorAll('#messages li')].map((e) => e.textContent).join('|')"


async def main(url, first, quote):
    async with Browser() as browser:
        ann, bob = await browser.open(url), await browser.open(url)

        async def both_show(text):
            for page in (ann, bob):
                await page.wait_for(f"{LIST}.endsWith({text!r})")

        for page in (ann, bob):
            await page.wait_for("!document.querySelector('#say').disabled")
        await both_show(first)
        await bob.type("#from", "Bob")
        await bob.type("#text", "<b>Hi</b>")
        await bob.click("#say")
        await both_show("Bob: <b>Hi</b>")
        await ann.type("#from", "Ann")
        await ann.type("#text", "Hello!")
        await ann.click("#post")
        await both_show("Bob: <b>Hi</b>|Ann: Hello!")
        if quote:
            await ann.click("#quote")
            await both_show("|Ann: Hello!|" + quote)
        # The browser asks for an icon, which the actor does not have.
        errors = [error for page in (ann, bob) for error in page.errors if "404" not in error]
        assert errors == [], errors


asyncio.run(main(*sys.argv[1:]))
