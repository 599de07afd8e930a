"""Lets a person's browser inspect the guest `events`: opens the URL that the host has printed, talks to
the actor, and looks at what the inspector shows.

Usage: inspector_client.py URL [SCREENSHOT]
"""

import asyncio
import json
import sys

from chromium import Browser

# The contrast of each text with what is behind it, by the rule of WCAG 2, section 1.4.3.
FAINT = """(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
  const light = (color) => {
    const [r, g, b] = color.map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  return [...document.querySelectorAll("#inspector *")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(light).sort();
      return [Math.max(one, other), Math.min(one, other), element.textContent];
    })
    .filter(([more, less]) => (more + 0.05) / (less + 0.05) < 4.5);
})()"""


async def shows(page, part, text):
    """Waits until a part of the inspector has this text."""
    await page.wait_for(f"document.querySelector({json.dumps(part)})?.textContent.includes({json.dumps(text)})")


async def main(url, screenshot=None):
    async with Browser() as browser:
        page = await browser.open(url)
        await page.wait_for("document.getElementById('inspecting')?.textContent === 'inspecting'")
        await shows(page, "#inspector h1", "events")
        await shows(page, "#events", "connect #1")
        await shows(page, "#clients", "127.0.0.1")
        await page.type("#text", "do tag 1 red; put fruit apple; state:12; log")
        await page.click("#send")
        # The event with its size, time, fuel and answers; then how the actor is.
        await shows(page, "#events", "text #1 · 44 B · ")
        await shows(page, "#events", " fuel · 4 out")
        await shows(page, "#clients", "red")
        await shows(page, "#keys", "fruit")
        await shows(page, "#state", "1" * 12)
        await shows(page, "#lines", "INFO events#1: actor: a line from guide")
        await page.click("#state button")
        await shows(page, "#state", "31 31 31")
        await page.click("#state button")
        # What failed is open already, and is told in words.
        await page.type("#text", "trap")
        await page.enter()
        await shows(page, "#events .bad", "the actor failed at a text event")
        await page.wait_for("document.querySelector('#events .bad').open")
        # The page has connected again by itself.
        await shows(page, "#clients", "#2")
        await page.evaluate("document.querySelectorAll('#parts > details').forEach((part) => { part.open = true; })")
        await shows(page, "#counters", "traps")
        for scheme in ["light", "dark"]:
            await page.look(1000, scheme)
            assert (faint := await page.evaluate(FAINT)) == [], faint
        await page.fits(screenshot)
        assert page.errors == [], page.errors
        # Another token, as after another start of the host.
        page = await browser.open(url[:-1] + ("1" if url[-1] == "0" else "0"))
        await shows(page, "#inspecting", "the host refuses the token")


asyncio.run(main(*sys.argv[1:]))
