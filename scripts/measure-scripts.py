#!/usr/bin/env python3
"""Prints the figures of docs/javascript.md: what a script costs until it answers, and until a save is live.

    cargo build --release --features javascript
    scripts/measure-scripts.py [FOOTLIGHT]

Times are minimums and medians. `dev` gives each event a new instance, and `run` does not.
"""

import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from served import Client, served

ROOT = Path(__file__).resolve().parent.parent
FOOTLIGHT = sys.argv[1] if len(sys.argv) > 1 else ROOT / "target/release/footlight"
SCRIPT = "export function message(client, text) { client.send(`VERSION: ${text}`); }\n"
STARTS = 50
MESSAGES = 500
SAVES = 50
# Seconds in which nothing happens.
IDLE = 10


def show(what, seconds):
    print(f"{what}: {min(seconds) * 1000:.2f} ms, median {statistics.median(seconds) * 1000:.2f} ms")


def start(*arguments):
    """The processor time of a process, from its start to its end."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    before = used()
    subprocess.run([FOOTLIGHT, *arguments], check=True, stdout=subprocess.DEVNULL)
    return used() - before


@contextlib.contextmanager
def asking(command, script):
    """The host's process, and a function that sends a text and returns the answer."""
    with served([FOOTLIGHT, command, "--port", "0", script]) as (host, address):
        client = Client(address)

        def ask():
            client.say("hello")
            return client.hear()
        yield host.pid, ask


def asked(command, script):
    with asking(command, script) as (_, ask):
        times = []
        for _ in range(MESSAGES):
            began = time.perf_counter()
            assert ask() == "0: hello"
            times.append(time.perf_counter() - began)
        return times


def saved(script):
    """The times from each save to the first answer of the new version, and the processor's share when idle."""
    with asking("dev", script) as (pid, ask):
        ask()
        times = []
        for version in range(1, SAVES + 1):
            # At another moment between two looks of the host each time.
            time.sleep(version % 7 / 100)
            script.write_text(SCRIPT.replace("VERSION", str(version)))
            began = time.perf_counter()
            while ask() != f"{version}: hello":
                time.sleep(0.001)
            times.append(time.perf_counter() - began)

        def used():
            user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        before = used()
        time.sleep(IDLE)
        return times, (used() - before) / IDLE


def main():
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "chat.js"
        script.write_text(SCRIPT.replace("VERSION", "0"))
        show("the program alone (--version)", [start("--version") for _ in range(STARTS)])
        show("a script is loaded (check)", [start("check", script) for _ in range(STARTS)])
        show("and handles the first event (call)", [start("call", script) for _ in range(STARTS)])
        show("and handles two more (call)", [start("call", script, "hello") for _ in range(STARTS)])
        show("a message and its answer (run)", asked("run", script))
        show("the same with a new instance (dev)", asked("dev", script))
        times, share = saved(script)
        show("a save is live (dev)", times)
        print(f"longest {max(times) * 1000:.0f} ms; idle: {share:.2%} of a processor")


main()
