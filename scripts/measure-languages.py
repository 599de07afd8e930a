#!/usr/bin/env python3
"""Prints what an actor costs in each language: the table of docs/actors.md for the counter of `footlight new --lang`.

    scripts/languages.sh
    cargo build --release --features javascript
    scripts/measure-languages.py [FOLDER...]
    scripts/measure-languages.py --rooms

FOLDER has another actor with the same behaviour, already built. `--rooms` prints the table of docs/javascript.md for the
examples `rooms` and `rooms-js`, with ten people in a room. Fuel and time are medians of 1000 messages in `footlight call`,
and the memory is the PSS of `footlight run` after as many.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from served import Client, served

ROOT = Path(__file__).resolve().parent.parent
FOOTLIGHT = ROOT / "target/release/footlight"
LANGUAGES = ["rust", "javascript", "c", "assemblyscript", "go", "zig"]
MESSAGES = 1000
# Nanoseconds for a unit of fuel on a Cortex-A53: docs/performance.md.
BOARD = (2.3, 12)


def make(language, parent):
    """Makes a project and builds it. Returns its folder."""
    folder = parent / language
    subprocess.run([FOOTLIGHT, "new", "--lang", language, folder], check=True, stdout=subprocess.DEVNULL)
    manifest = (folder / "manifest.toml").read_text()
    command = next((line for line in manifest.splitlines() if line.startswith("command = ")), None)
    if command is None:
        return folder
    path = f"{ROOT}/target/languages/bin:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GOTOOLCHAIN": "local"}
    subprocess.run(["sh", "-c", json.loads(command.removeprefix("command = "))], cwd=folder, env=environment, check=True, stdout=sys.stderr)
    return folder


def measure(folder, connects, said):
    """The reports of so many messages with this text by the last one who connects."""
    last = connects[-1].split("@connect")[0] + "@" if "@" in connects[-1] else ""
    events = connects + [f"{last}text:{said}"] * MESSAGES
    output = subprocess.run([FOOTLIGHT, "call", "--json", folder, *events], check=True, capture_output=True)
    reports = [json.loads(report) for report in output.stdout.splitlines()]
    reports = [report for report in reports if report["event"] == "text"]
    assert len(reports) == MESSAGES and not any(report["error"] for report in reports), reports[0]
    return reports


def memory(folder, paths, said, hear):
    """What the process of `footlight run` has in memory, in bytes. `hear` gets the clients, which connect with `paths`, at
    first and after each message of the last one."""
    with served([FOOTLIGHT, "run", "--port", "0", folder]) as (host, address):
        clients = [Client(address, path) for path in paths]
        for number in range(MESSAGES + 1):
            hear(clients, number)
            if number < MESSAGES:
                clients[-1].say(said)
        status = Path(f"/proc/{host.pid}/smaps_rollup").read_text()
        pss = next(line for line in status.splitlines() if line.startswith("Pss:"))
        return int(pss.split()[1]) * 1024


def costs(folder, connects, said, paths, hear):
    """The name, the bytes of the module, the memory, the fuel and the milliseconds."""
    manifest = (folder / "manifest.toml").read_text()
    module = next(line for line in manifest.splitlines() if line.startswith("component_path = "))
    size = (folder / json.loads(module.removeprefix("component_path = "))).stat().st_size
    reports = measure(folder, connects, said)
    fuel = statistics.median(report["fuel"] for report in reports)
    ms = statistics.median(report["ms"] for report in reports)
    return folder.name, size, memory(folder, paths, said, hear), fuel, ms


def row(first, size, most, fuel, ms):
    """A row of a table."""
    low, high = (fuel * ns / 1000 for ns in BOARD)
    size = f"{size / 1000:.{0 if size >= 1e4 else 1}f} KB" if size < 1e6 else f"{size / 1e6:.1f} MB"
    print(f"| {first} | {size} | {most / 1e6:.1f} MB | {fuel:,.0f} | {ms * 1000:.0f} µs | {low:.0f} to {high:.0f} µs |")


def rooms():
    """Ten people are in a room, and the last one says something."""
    connects = [f"p{number}@connect:/ws?room=kitchen&name=p{number}" for number in range(10)]
    paths = [connect.split(":")[1] for connect in connects]
    said = "a line of some fifty characters, as people write them"

    def hear(clients, number):
        if number == 0:
            # Who is there, and who has come in later.
            for place, client in enumerate(clients):
                assert "here" in client.hear()
                assert all("joined" in client.hear() for _ in clients[place + 1 :])
        else:
            assert all(said in client.hear() for client in clients[:-1])

    print("| example | lines | file | memory | fuel | here | on the board |\n|---|---|---|---|---|---|---|")
    for name, sources in [("rooms", "src/*.rs"), ("rooms-js", "*.js")]:
        folder = ROOT / "examples" / name
        lines = sum(len(file.read_text().splitlines()) for file in folder.glob(sources))
        row(f"`{name}` | {lines}", *costs(folder, connects, said, paths, hear)[1:])


def counters(others):
    """The counter, which answers with the count."""

    def hear(clients, number):
        assert clients[0].hear() == str(number)

    with tempfile.TemporaryDirectory() as parent:
        folders = [make(language, Path(parent)) for language in LANGUAGES] + [Path(folder) for folder in others]
        rows = [costs(folder, ["connect"], "add", ["/ws"], hear) for folder in folders]
    print("| language | module | memory | fuel | here | on the board |\n|---|---|---|---|---|---|")
    for name, *values in rows:
        row(f"`{name}`", *values)


if sys.argv[1:] == ["--rooms"]:
    rooms()
else:
    counters(sys.argv[1:])
