"""Lets a page in Chromium talk to the test guest `events`, and checks what a person sees.

Usage: browser_client.py URL [SCREENSHOT]
"""

import asyncio
import http.server
import json
import sys
import threading

from chromium import Browser

PAGE = """<!doctype html>
<title>Test page</title>
<input id="text"> <button id="send">Send</button> <button id="large">Send 2 MiB</button>
<ol id="log"></ol>
<script>
  const at = (id) => document.getElementById(id);
  const log = (text) => at("log").append(
    Object.assign(document.createElement("li"), { textContent: text }));
  const ws = new WebSocket(decodeURIComponent(location.search.slice(1)));
  ws.onopen = () => log("open");
  ws.onmessage = (event) => log(event.data);
  ws.onclose = (event) => log(`closed ${event.code} ${event.reason} ${event.wasClean}`);
  const send = () => { ws.send(at("text").value); at("text").value = ""; };
  at("send").onclick = send;
  at("text").onkeydown = (event) => event.key === "Enter" && send();
  at("large").onclick = () => ws.send(new Uint8Array(2 << 20));
</script>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    """Gives the page to whoever asks. Chromium lets no page from elsewhere talk to this machine."""

    def do_GET(self):
        body = PAGE.encode() if self.path.startswith("/?") else b""
        self.send_response(200 if body else 204)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def open_page(browser, url):
    page = await browser.open(url)
    await shows(page, "open")
    return page


async def shows(page, line):
    """Waits until a line is among those that the page shows."""
    lines = "[...document.querySelectorAll('li')].map((li) => li.textContent)"
    await page.wait_for(f"{lines}.includes({json.dumps(line)})")


async def main(url, screenshot=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/?{url}"
    async with Browser() as browser:
        page = await open_page(browser, url)
        await shows(page, "state:0")
        await page.type("#text", "žluťoučký 🐎")
        await page.click("#send")
        await shows(page, "žluťoučký 🐎")
        await page.type("#text", "by the enter key")
        await page.enter()
        await shows(page, "by the enter key")
        # The browser answers the actor's ping.
        await page.type("#text", "ping")
        await page.enter()
        await shows(page, "pong:6869")
        if screenshot:
            await page.screenshot(screenshot)
        await page.evaluate("ws.close(3333, 'that is all')")
        await shows(page, "closed 3333 that is all true")
        assert page.errors == [], page.errors

        # More than the limit and than the buffers on the way: it is still told why.
        page = await open_page(browser, url)
        await page.click("#large")
        # Whether Chromium calls this end a clean one depends on whether it has sent its own close
        # frame, behind the rest of the message, before it reads ours and the end.
        closed = "closed 1009 message too large"
        lines = "[...document.querySelectorAll('li')].map((li) => li.textContent)"
        await page.wait_for(f"{lines}.some((line) => line.startsWith({json.dumps(closed)}))")

        page = await open_page(browser, url)
        await page.type("#text", "close")
        await page.enter()
        await shows(page, "closed 4001 bye true")


asyncio.run(main(*sys.argv[1:]))
