#!/usr/bin/env python3
"""Prints the table of docs/actors.md: what the counter of `footlight new --lang` costs in each language.

    scripts/languages.sh
    cargo build --release
    scripts/measure-languages.py [FOLDER...]

FOLDER has another actor with the same behaviour, already built. Fuel and time are medians
of 1000 messages in `footlight call`, and the memory is the PSS of `footlight run` after as many.
"""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOOTLIGHT = ROOT / "target/release/footlight"
LANGUAGES = ["rust", "c", "assemblyscript", "go", "zig"]
MESSAGES = 1000
# Nanoseconds for a unit of fuel on a Cortex-A53: docs/performance.md.
BOARD = (2.3, 12)


def make(language, parent):
    """Makes a project and builds it. Returns its folder."""
    folder = parent / language
    subprocess.run([FOOTLIGHT, "new", "--lang", language, folder], check=True, stdout=subprocess.DEVNULL)
    manifest = (folder / "manifest.toml").read_text()
    command = next(line for line in manifest.splitlines() if line.startswith("command = "))
    path = f"{ROOT}/target/languages/bin:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GOTOOLCHAIN": "local"}
    subprocess.run(["sh", "-c", json.loads(command.removeprefix("command = "))], cwd=folder, env=environment, check=True, stdout=sys.stderr)
    return folder


def measure(folder):
    """The reports of the messages."""
    events = ["connect"] + ["text:add"] * MESSAGES
    output = subprocess.run([FOOTLIGHT, "call", "--json", folder, *events], check=True, capture_output=True)
    reports = [json.loads(report) for report in output.stdout.splitlines()]
    reports = [report for report in reports if report["message"]]
    assert len(reports) == MESSAGES and not any(report["error"] for report in reports), reports[0]
    return reports


def memory(folder):
    """What the process of `footlight run` has in memory after the messages of a client, in bytes."""
    command = [FOOTLIGHT, "run", "--port", "0", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as host:
        line = next(line for line in host.stdout if "ws://" in line)
        address, port = line.split("ws://")[1].split("/")[0].split(":")
        with socket.create_connection((address, int(port)), timeout=10) as client:
            request = f"GET /ws HTTP/1.1\r\nHost: {address}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            client.sendall(f"{request}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
            stream = client.makefile("rb")
            while stream.readline().strip():
                pass
            for number in range(MESSAGES + 1):
                # A short frame: its kind, its length, its text.
                length = stream.read(2)[1]
                text = stream.read(length)
                assert text == str(number).encode(), text
                if number < MESSAGES:
                    # The mask of zeroes leaves the text as it is.
                    client.sendall(b"\x81\x83\0\0\0\0add")
            status = Path(f"/proc/{host.pid}/smaps_rollup").read_text()
            host.terminate()
        pss = next(line for line in status.splitlines() if line.startswith("Pss:"))
        return int(pss.split()[1]) * 1024


def main():
    with tempfile.TemporaryDirectory() as parent:
        folders = [make(language, Path(parent)) for language in LANGUAGES] + [Path(folder) for folder in sys.argv[1:]]
        rows = []
        for folder in folders:
            manifest = (folder / "manifest.toml").read_text()
            module = next(line for line in manifest.splitlines() if line.startswith("component_path = "))
            size = (folder / json.loads(module.removeprefix("component_path = "))).stat().st_size
            reports = measure(folder)
            fuel = statistics.median(report["fuel"] for report in reports)
            ms = statistics.median(report["ms"] for report in reports)
            rows.append((folder.name, size, memory(folder), fuel, ms))
        print("| language | module | memory | fuel | here | on the board |")
        print("|---|---|---|---|---|---|")
        for name, size, most, fuel, ms in rows:
            low, high = (fuel * ns / 1000 for ns in BOARD)
            size = f"{size / 1000:.0f} KB" if size < 1e6 else f"{size / 1e6:.1f} MB"
            print(f"| `{name}` | {size} | {most / 1e6:.1f} MB | {fuel:,.0f} | {ms * 1000:.0f} µs | {low:.0f} to {high:.0f} µs |")


main()
