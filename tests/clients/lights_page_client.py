"""Two people switch lights on the page of the example `lights`, each in a tab.

Usage: lights_page_client.py URL BOARD [SCREENSHOTS]

BOARD/leds is the folder that the actor has.
"""

import asyncio
import pathlib
import sys

from chromium import Browser

LIGHTS = "[...document.querySelectorAll('[role=switch]')].map((e) => `${e.textContent} ${e.ariaChecked}`).join('|')"


async def sees(page, lights):
    await page.wait_for(f"{LIGHTS} === {lights!r}")


async def main(url, board, screenshots=None):
    act = pathlib.Path(board, "leds/ACT/brightness")
    async with Browser() as browser:
        ann = await browser.open(url)
        await sees(ann, "ACT false|PWR true")
        bob = await browser.open(url)
        await sees(bob, "ACT false|PWR true")

        await ann.click("[data-name=ACT]")
        for page in [ann, bob]:
            await sees(page, "ACT true|PWR true")
        await bob.click("[data-name=PWR]")
        for page in [ann, bob]:
            await sees(page, "ACT true|PWR false")
        await ann.fits(screenshots and f"{screenshots}/lights")
        assert act.read_text() == "255", act.read_text()

        # Something else switches it.
        act.write_text("0\n")
        await sees(bob, "ACT false|PWR false")
        assert ann.errors == [] and bob.errors == [], ann.errors + bob.errors


asyncio.run(main(*sys.argv[1:]))
