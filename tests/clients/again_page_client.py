"""Watches pages while the host goes away and comes back.

Usage: again_page_client.py URL

URL is the folder of the chat room's page. It writes what the host has to do in a line, `kill`, `stop` or `start`,
and reads a line once that is done.
"""

import asyncio
import sys

from chromium import Browser

LINES = "[...document.querySelectorAll('#messages li')].map((li) => li.textContent).join('|')"
OPACITY = "Number(getComputedStyle(document.querySelector('#messages')).opacity)"
STATE = "document.documentElement.dataset.footlight"
# Notes every text that the page shows, since some are there for a moment only.
NOTE = """(() => {
    window.texts = [];
    const status = document.getElementById('status');
    new MutationObserver(() => texts.push(status.textContent)).observe(status, { childList: true });
})()"""


async def do(step):
    print(step, flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def says(page, part):
    await page.wait_for(f"texts.some((text) => text.includes({part!r}))")


async def is_lost(page, why):
    await page.wait_for(f"{STATE} === 'lost' && {OPACITY} < 0.5 && document.querySelector('#send').disabled")
    await says(page, f"{why}; connects again in ")
    await says(page, "the host can't be reached; connects again in ")
    # What is typed stays, and the page says why.
    await page.evaluate("document.querySelector('#text').value = 'too soon'")
    await page.evaluate("document.querySelector('#form').requestSubmit()")
    await says(page, "not sent: ")
    await page.wait_for("document.querySelector('#text').value === 'too soon'")
    await page.evaluate("document.querySelector('#text').value = ''")


async def main(url):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for(f"{STATE} === 'open' && {OPACITY} === 1")
        await page.evaluate(NOTE)
        await page.type("#text", "one")
        await page.enter()
        await page.wait_for(f"{LINES} === 'one'")

        await do("kill")
        await is_lost(page, "the connection is lost (1006)")
        await page.wait_for(f"{LINES} === 'one'")
        await do("start")
        await page.wait_for(f"{STATE} === 'open' && {OPACITY} === 1 && texts.at(-1) === 'connected'")
        # The state has ended with the process.
        await page.type("#text", "two")
        await page.enter()
        await page.wait_for(f"{LINES} === 'two'")

        await page.evaluate("texts.length = 0")
        await do("stop")
        await is_lost(page, "the host is stopping (1001)")
        await do("start")
        await page.wait_for(f"{STATE} === 'open' && {OPACITY} === 1")
        await page.type("#text", "three")
        await page.enter()
        await page.wait_for(f"{LINES} === 'three'")


asyncio.run(main(*sys.argv[1:]))
