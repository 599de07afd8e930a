"""A page of `footlight dev` loads anew when one of its files changes.

Usage: dev_page_client.py URL FOLDER
"""

import asyncio
import pathlib
import sys

from chromium import Browser


async def main(url, folder):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("document.querySelector('p')?.textContent === 'one'")
        for text in ["two", "three"]:
            # Whether the script has asked already or not, the page must come to this.
            pathlib.Path(folder, "index.html").write_text(f"<p>{text}</p>")
            await page.wait_for(f"document.querySelector('p')?.textContent === '{text}'")


asyncio.run(main(*sys.argv[1:]))
