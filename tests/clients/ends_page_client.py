"""Talks to the test guest `events` from a page with the host's client, and looks at how connections end.

Usage: ends_page_client.py URL

URL is a page of the host, with a query without which the host refuses the page.
"""

import asyncio
import json
import sys

from chromium import Browser


async def main(url):
    async with Browser() as browser:
        page = await browser.open(url)

        async def heard(text):
            await page.wait_for(f"heard.includes({json.dumps(text)})")

        async def told(part):
            await page.wait_for(f"told.some(([text]) => text.includes({json.dumps(part)}))")

        await heard("open")
        await heard("state:0")
        await page.evaluate("actor.send(new Uint8Array([1, 255]))")
        await page.wait_for("heard.some((it) => it instanceof ArrayBuffer && new Uint8Array(it)[1] === 255)")

        # The actor fails, and the page connects again.
        await page.evaluate("heard.length = 0; actor.send('trap')")
        await told("the actor failed (1011); connects again in ")
        await heard("open")

        # What an actor has ended stays so.
        await page.evaluate("actor.send('close')")
        await told("bye (4001)")
        await page.wait_for("actor.state === 'closed' && actor.text === 'bye (4001)'")
        assert await page.evaluate("actor.send('late')") is False
        assert await page.evaluate("told.at(-1)") == ["not sent: bye (4001)", "closed"]
        assert await page.evaluate("document.documentElement.dataset.footlight") == "closed"

        # Until the page wants it otherwise.
        await page.evaluate("heard.length = 0; actor.connect()")
        await heard("open")
        assert await page.evaluate("actor.send('echo')") is True
        await heard("echo")
        await page.evaluate("actor.close()")
        await page.wait_for("actor.state === 'closed' && actor.text === 'not connected'")
        assert page.errors == [], page.errors

        # Without the page's query, which has the token. A browser does not tell the page more.
        await page.evaluate("told.length = 0; begin('.')")
        await told("the host refuses this page; its log says why; connects again in ")


asyncio.run(main(*sys.argv[1:]))
