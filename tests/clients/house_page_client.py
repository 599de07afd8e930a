"""Two people talk on the pages of the example `house`, each in a room.

Usage: house_page_client.py KITCHEN ATTIC
"""

import asyncio
import sys

from chromium import Browser

LINES = "[...document.querySelectorAll('#lines li:not(.waiting) span')].map((e) => e.textContent).join('|')"
PEOPLE = "document.querySelector('#people').textContent"
LAMP = "document.querySelector('#lamp').ariaChecked"


async def main(kitchen, attic):
    async with Browser() as browser:
        ann, bob = await browser.open(kitchen), await browser.open(attic)
        for page in [ann, bob]:
            await page.wait_for(f"{PEOPLE} === 'Here: attic 1, kitchen 1'")
            await page.wait_for("document.querySelector('#alone').hidden")
        await ann.type("#name", "Ann")
        await ann.type("#text", "<i>Who</i> is in the attic?")
        await ann.enter()
        await bob.type("#name", "Bob")
        await bob.wait_for(f"{LINES} === '<i>Who</i> is in the attic?'")
        await bob.type("#text", "I am 🐎")
        await bob.click("#say button")
        for page in [ann, bob]:
            await page.wait_for(f"{LINES} === '<i>Who</i> is in the attic?|I am 🐎'")
        await ann.click("#lamp")
        await ann.wait_for(f"{LAMP} === 'true'")
        # Each room has a lamp of its own.
        assert await bob.evaluate(LAMP) == "false"
        await ann.fits(None)
        assert ann.errors == [] and bob.errors == [], (ann.errors, bob.errors)


asyncio.run(main(*sys.argv[1:]))
