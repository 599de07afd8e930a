"""Two people share the list on the page of the example `todo-js`, each in a tab.

Usage: todo_page_client.py URL [SCREENSHOTS]
"""

import asyncio
import sys

from chromium import Browser

# The texts of the list, with a + before those that are done.
LIST = (
    "[...document.querySelectorAll('#all label')].map((e) => (e.querySelector('input').checked ? '+' : '')"
    " + e.textContent.trim()).join('|')"
)


async def main(url, screenshots=None):
    async with Browser() as browser:
        people = ann, bob = [await browser.open(url), await browser.open(url)]

        async def see(texts):
            for person in people:
                await person.wait_for(f"{LIST} === {texts!r}")

        for person in people:
            await person.wait_for("document.querySelector('#status').value === 'connected'")
        await ann.type("#text", "<i>Milk</i>")
        await ann.enter()
        await see("<i>Milk</i>")
        await ann.wait_for("document.querySelector('#text').value === ''")
        await bob.type("#text", " Bread 🍞 ")
        await bob.click("form button")
        await see("<i>Milk</i>|Bread 🍞")
        await bob.click("#all li:first-child input")
        await see("+<i>Milk</i>|Bread 🍞")
        await ann.fits(screenshots and f"{screenshots}/todo")
        await ann.click("#all li:first-child input")
        await see("<i>Milk</i>|Bread 🍞")
        await ann.click("#all li:first-child button")
        await see("Bread 🍞")
        for person in people:
            assert person.errors == [], person.errors


asyncio.run(main(*sys.argv[1:]))
