"""Uses the page of a project that `footlight new` has made.

Usage: template_page_client.py URL TEMPLATE
"""

import asyncio
import sys

from chromium import Browser


async def counter(page):
    await page.wait_for("document.querySelector('#count').value === '0'")
    await page.click("#add")
    await page.wait_for("document.querySelector('#count').value === '1'")


async def rooms(page):
    lines = "[...document.querySelectorAll('#lines li')].map((li) => li.textContent).join('|')"
    await page.wait_for(f"{lines} === 'Guest has come in'")
    await page.type("#text", "<b>Hello")
    await page.enter()
    await page.wait_for(f"{lines} === 'Guest has come in|Guest: <b>Hello'")


async def dashboard(page):
    for name in ["load", "memory", "uptime"]:
        await page.wait_for(f"/^[0-9]/.test(document.querySelector('#{name}').value)")


async def api(page):
    rows = "[...document.querySelectorAll('tr')].map((row) => [...row.cells].map((it) => it.textContent).join(' '))"
    await page.type("#name", "kitchen")
    await page.type("#value", "<b>21.5")
    await page.enter()
    await page.wait_for(f"{rows}.join('|') === 'kitchen <b>21.5 Delete'")
    await page.wait_for("document.querySelector('#status').textContent === 'done'")
    await page.click("tr button")
    await page.wait_for(f"{rows}.length === 0")


async def main(url, template):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("document.querySelector('#status').textContent === 'connected'")
        await globals()[template](page)
        await page.fits()
        assert page.errors == [], page.errors


asyncio.run(main(*sys.argv[1:]))
