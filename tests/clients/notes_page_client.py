"""Two people share the list on the page of the example `notes`, each in a tab.

Usage: notes_page_client.py URL [SCREENSHOTS]
"""

import asyncio
import sys

from chromium import Browser

# The texts of the list, with a + before those that are ticked.
LIST = (
    "[...document.querySelectorAll('#notes li')].map((e) => (e.querySelector('input').checked ? '+' : '')"
    " + e.querySelector('span').textContent).join('|')"
)


async def main(url, screenshots=None):
    async with Browser() as browser:
        ann = await browser.open(url)
        bob = await browser.open(url)
        people = [ann, bob]

        async def see(texts):
            for person in people:
                await person.wait_for(f"{LIST} === {texts!r}")

        for person in people:
            await person.wait_for("!document.querySelector('#save').disabled")
        await ann.type("#text", "<i>Milk</i>")
        await ann.enter()
        await see("<i>Milk</i>")
        # The field is free again once the note is there.
        await ann.wait_for("document.querySelector('#text').value === ''")
        await bob.type("#text", " Bread 🍞 ")
        await bob.click("#save")
        await see("Bread 🍞|<i>Milk</i>")

        await bob.click("#notes li:last-child span")
        await see("Bread 🍞|+<i>Milk</i>")
        await ann.click("#notes input:checked")
        await see("Bread 🍞|<i>Milk</i>")
        await bob.click("#notes li:last-child input")
        await see("Bread 🍞|+<i>Milk</i>")

        await ann.click("#notes [aria-label=edit]")
        await ann.wait_for("document.querySelector('#text').value === 'Bread 🍞'")
        await ann.type("#text", " and butter")
        await ann.click("#save")
        await see("Bread 🍞 and butter|+<i>Milk</i>")
        await ann.fits(screenshots and f"{screenshots}/notes")

        # What is too long stays in the field, and nothing is sent.
        await ann.type("#text", "ä" * 201)
        await ann.enter()
        await ann.wait_for("document.querySelector('#status').textContent === 'This is 2 bytes too long.'")
        await ann.wait_for("document.querySelector('#text').value.length === 201")

        # What is typed outlasts the connection.
        await ann.evaluate("actor.connect()")
        await ann.wait_for("!document.querySelector('#save').disabled")
        await ann.wait_for("document.querySelector('#text').value.length === 201")
        await bob.click("#notes [aria-label=delete]")
        await see("+<i>Milk</i>")

        # Another page gets the newest notes, and older ones at a click.
        await bob.evaluate("for (let n = 1; n <= 120; n++) actor.send(`add ${n}`)")
        numbers = [str(n) for n in range(120, 0, -1)]
        await see("|".join(numbers + ["+<i>Milk</i>"]))
        cid = await browser.open(url)
        await cid.wait_for(f"{LIST} === {'|'.join(numbers[:100])!r}")
        await cid.fits()
        await cid.click("#older")
        people.append(cid)
        await see("|".join(numbers + ["+<i>Milk</i>"]))
        await cid.wait_for("document.querySelector('#older').hidden")
        # What Ann typed is still in her field, and nobody got it.
        await ann.wait_for("document.querySelector('#text').value.length === 201")
        for person in people:
            assert person.errors == [], person.errors


asyncio.run(main(*sys.argv[1:]))
