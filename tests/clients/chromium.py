"""Drives a headless Chromium over its DevTools protocol, with nothing but `websockets`.

    async with Browser() as browser:
        page = await browser.open("http://127.0.0.1:8080/")
        await page.type("#name", "Ada")
        await page.click("#greet")
        await page.wait_for("document.querySelector('#answer').textContent === 'Hello, Ada!'")
        await page.screenshot("page.png")

As a program it says whether there is a browser: exit code 0 or 1.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import sys
import tempfile

import websockets

# How long anything may take that has to happen.
PATIENCE = 30


def program():
    """The browser's path, or None. CHROMIUM names another than the usual ones."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next(filter(None, map(shutil.which, filter(None, names))), None)


class Browser:
    """A browser with a profile of its own, which both end with the `async with`."""

    async def __aenter__(self):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.log = open(pathlib.Path(self.folder.name) / "log", "wb")
        self.process = await asyncio.create_subprocess_exec(
            program(),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--no-proxy-server",
            "--window-size=1000,800",
            "--remote-debugging-port=0",
            f"--user-data-dir={self.folder.name}/profile",
            "about:blank",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            # So that its children can be ended with it.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                url = await self._address()
                self.socket = await websockets.connect(url, max_size=None, ping_interval=None)
        except BaseException:
            await self._end()
            raise
        self.numbers = itertools.count(1)
        self.answers = {}
        self.pages = {}
        self.reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        with contextlib.suppress(Exception):
            await self.call("Browser.close")
        self.reader.cancel()
        await self.socket.close()
        await self._end()

    async def _address(self):
        """Waits for the file in which the browser says where it listens."""
        file = pathlib.Path(self.folder.name) / "profile" / "DevToolsActivePort"
        while self.process.returncode is None:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(0.02)
        log = pathlib.Path(self.log.name).read_text(errors="replace")
        raise RuntimeError(f"the browser did not start:\n{log}")

    async def _end(self):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self.process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self.log.close()
        self.folder.cleanup()

    async def _read(self):
        """Takes answers to their callers, and events to their pages."""
        try:
            async for text in self.socket:
                message = json.loads(text)
                if answer := self.answers.pop(message.get("id"), None):
                    answer.set_result(message)
                elif page := self.pages.get(message.get("sessionId")):
                    page._event(message["method"], message["params"])
        finally:
            for answer in self.answers.values():
                answer.cancel()

    async def call(self, method, session=None, **params):
        """Calls a method of the protocol."""
        message = {"id": next(self.numbers), "method": method, "params": params}
        if session:
            message["sessionId"] = session
        answer = self.answers[message["id"]] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(message))
        async with asyncio.timeout(PATIENCE):
            found = await answer
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']}")
        return found["result"]

    async def open(self, url):
        """Opens a page in a tab of its own and waits until it is loaded."""
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        page = self.pages[attached["sessionId"]] = Page(self, attached["sessionId"])
        for domain in ["Page", "Runtime", "Log"]:
            await page.call(f"{domain}.enable")
        gone = (await page.call("Page.navigate", url=url)).get("errorText")
        if gone:
            raise RuntimeError(f"{url}: {gone}")
        async with asyncio.timeout(PATIENCE):
            await page.loaded.wait()
        return page


class Page:
    """A tab. What goes wrong in it is in `errors`, as text."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.loaded = asyncio.Event()
        self.errors = []

    def _event(self, method, params):
        if method == "Page.loadEventFired":
            self.loaded.set()
        elif method == "Runtime.exceptionThrown":
            self.errors.append(describe(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])

    async def call(self, method, **params):
        return await self.browser.call(method, self.session, **params)

    async def evaluate(self, expression):
        """The value of a JavaScript expression, or of what it promises."""
        found = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            raise RuntimeError(f"{expression}: {describe(found['exceptionDetails'])}")
        return found["result"].get("value")

    async def wait_for(self, expression):
        """Waits until an expression is true, and gives its value."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (value := await self.evaluate(expression)):
                    await asyncio.sleep(0.02)
                return value
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            raise RuntimeError(f"never true: {expression}\n{self.errors}\n{text}") from None

    async def click(self, selector):
        """Clicks into the middle of an element, as a person does."""
        # What is behind another tab gets no input.
        await self.call("Page.bringToFront")
        element = f"document.querySelector({json.dumps(selector)})"
        await self.wait_for(f"{element} !== null")
        x, y = await self.evaluate(
            f"(() => {{ const e = {element}; e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ["mousePressed", "mouseReleased"]:
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def type(self, selector, text):
        """Clicks into a field and types."""
        await self.click(selector)
        await self.call("Input.insertText", text=text)

    async def enter(self):
        """Presses the enter key."""
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
        for kind in ["keyDown", "keyUp"]:
            await self.call("Input.dispatchKeyEvent", type=kind, **key)

    async def press(self, key):
        """Presses a key that has a name, such as ArrowUp."""
        for kind in ("rawKeyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    async def look(self, width, scheme):
        """Shows the page as on a screen of this width, in pixels, `light` or `dark`."""
        await self.call("Page.bringToFront")
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=800, deviceScaleFactor=1, mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])

    async def fits(self, file=None):
        """Says whether nothing is wider than a phone or a screen; `file-dark-360.png` and so on
        show how it looks."""
        for width in [360, 1000]:
            for scheme in ["light", "dark"]:
                await self.look(width, scheme)
                wide = await self.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{wide} pixels wide on {width}"
                if file:
                    await self.screenshot(f"{file}-{scheme}-{width}.png")

    async def screenshot(self, file):
        """Writes what is to be seen into a PNG file."""
        found = await self.call("Page.captureScreenshot", format="png")
        pathlib.Path(file).write_bytes(base64.b64decode(found["data"]))


def describe(details):
    return details.get("exception", {}).get("description") or details["text"]


if __name__ == "__main__":
    sys.exit(0 if program() else 1)
