"""A person looks at the page of the example `sensor-api`, while a program sends readings.

Usage: sensor_api_page_client.py URL [SCREENSHOTS]
"""

import asyncio
import sys
import urllib.request

from chromium import Browser

SENSORS = (
    "[...document.querySelectorAll('section')].map((e) => e.querySelector('h2').textContent"
    " + ' ' + e.querySelector('output').textContent).join('|')"
)


def send(url, name, content):
    """Sends a reading, as a program does."""
    request = urllib.request.Request(f"{url}readings/{name}", data=content.encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201, answer.status


async def main(url, screenshots=None):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("!document.querySelector('#none').hidden")
        send(url, "kitchen", "21.5")
        await page.wait_for(f"{SENSORS} === 'kitchen 21.5'")
        send(url, "cellar", '{"value":-3}')
        send(url, "kitchen", "22")
        await page.wait_for(f"{SENSORS} === 'cellar -3|kitchen 22'")
        await page.wait_for("document.querySelector('#none').hidden")
        # Another tab gets the last hour at once.
        other = await browser.open(url)
        await other.wait_for(f"{SENSORS} === 'cellar -3|kitchen 22'")
        points = "document.querySelector('#sensor-kitchen polyline').getAttribute('points').split(' ').length"
        await other.wait_for(f"{points} === 2")
        # A sensor that says nothing is dimmed: the page's clock goes ahead by two minutes.
        stale = "document.querySelectorAll('section.stale').length"
        await other.wait_for(f"{stale} === 0")
        await other.wait_for(f"(ahead += 120_000, draw(), {stale} === 2)")
        # The page itself may send readings. So may no page of another site.
        sent = "fetch('readings/garden', { method: 'POST', body: '7' }).then((it) => it.status)"
        await page.wait_for(f"{sent}.then((status) => status === 201)")
        await page.wait_for(f"{SENSORS}.includes('garden 7')")
        await page.fits(screenshots and f"{screenshots}/sensor-api")
        assert page.errors == [] and other.errors == [], page.errors + other.errors


asyncio.run(main(*sys.argv[1:]))
