"""Looks at the page of the example `dashboard`.

Usage: dashboard_page_client.py URL MACHINE [SCREENSHOTS]

MACHINE/proc and MACHINE/sys are what the actor has. There is no sensor at first.
"""

import asyncio
import pathlib
import sys

from chromium import Browser


def shown(plot, text):
    return f"document.querySelector('#{plot} output').textContent === {text!r}"


# Whether a plot has anything that is no grey: its line.
DRAWN = """((id) => {
    const canvas = document.querySelector(`#${id} canvas`);
    if (!canvas.clientWidth) return false;
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
        const pixel = data.slice(at, at + 3);
        if (Math.max(...pixel) - Math.min(...pixel) > 60) return true;
    }
    return false;
})"""


async def main(url, machine, screenshots=None):
    machine = pathlib.Path(machine)
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("document.querySelector('h1').textContent === 'kitchen-pi'")
        await page.wait_for("document.querySelector('#machine').textContent === '4 cores, up for 2 days'")
        await page.wait_for(shown("load", "0.42"))
        await page.wait_for(shown("memory", "25.0 %"))
        await page.wait_for(f"{DRAWN}('load') && {DRAWN}('memory')")
        # As on a virtual machine: it says so.
        note = "getComputedStyle(document.querySelector('#temperature .note')).display"
        await page.wait_for(f"{note} === 'block' && !{DRAWN}('temperature')")

        (machine / "proc/loadavg").write_text("2.50 1 1 1/1 1\n")
        await page.wait_for(shown("load", "2.50"))

        zone = machine / "sys/class/thermal/thermal_zone0"
        zone.mkdir()
        (zone / "temp").write_text("48312\n")
        await page.wait_for(shown("temperature", "48.3 °C"))
        await page.wait_for(f"{note} === 'none' && {DRAWN}('temperature')")
        await page.fits(screenshots and f"{screenshots}/dashboard")

        # A second one sees at once what the first has seen.
        rows = await page.evaluate("rows.length")
        other = await browser.open(url)
        await other.wait_for(f"rows.length >= {rows}")
        assert page.errors == [] and other.errors == [], page.errors + other.errors


asyncio.run(main(*sys.argv[1:]))
