"""Two people meet on the page of the example `rooms`, each in a tab.

Usage: rooms_page_client.py URL [SCREENSHOTS]
"""

import asyncio
import sys

from chromium import Browser

LINES = "[...document.querySelectorAll('#messages li span, #messages .note')].map((e) => e.textContent).join('|')"
PEOPLE = "[...document.querySelectorAll('#people li')].map((e) => e.textContent).join('|')"


async def sees(page, lines, people):
    await page.wait_for(f"{LINES} === {lines!r} && {PEOPLE} === {people!r}")


async def main(url, screenshots=None):
    async with Browser() as browser:
        ann = await browser.open(url)
        if screenshots:
            await ann.fits(f"{screenshots}/rooms-enter")
        await ann.evaluate("document.querySelector('#room').value = ''")
        await ann.type("#room", "kitchen")
        await ann.type("#name", "Ann")
        await ann.enter()
        await sees(ann, "", "Ann")

        bob = await browser.open(f"{url}?room=kitchen")
        await bob.type("#name", "Bob")
        await bob.click("#enter button")
        await sees(bob, "", "Ann|Bob")
        await sees(ann, "Bob has come in", "Ann|Bob")

        await ann.type("#text", "<i>Who</i> is cooking?")
        await ann.click("#send")
        # She sees it once, although it does not come back to her.
        await sees(ann, "Bob has come in|<i>Who</i> is cooking?", "Ann|Bob")
        await sees(bob, "<i>Who</i> is cooking?", "Ann|Bob")
        await ann.wait_for("document.querySelector('#messages .own b').textContent === 'Ann'")
        await bob.type("#text", "I am 🐎")
        await bob.enter()
        await bob.type("#text", "/name Robert")
        await bob.enter()
        await sees(bob, "<i>Who</i> is cooking?|I am 🐎", "Ann|Robert")
        said = "Bob has come in|<i>Who</i> is cooking?|I am 🐎|Bob is Robert now"
        await sees(ann, said, "Ann|Robert")
        await ann.fits(screenshots and f"{screenshots}/rooms")

        # He closes the tab.
        await bob.call("Page.close")
        assert bob.errors == [], bob.errors
        await sees(ann, f"{said}|Robert has left", "Ann")
        await ann.click("#leave")
        await ann.wait_for("!document.querySelector('#enter').hidden")
        assert ann.errors == [], ann.errors


asyncio.run(main(*sys.argv[1:]))
