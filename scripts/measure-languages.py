#!/usr/bin/env python3
"""Prints the table of docs/actors.md: what the counter of `footlight new --lang` costs in each language.

    scripts/languages.sh
    cargo build --release
    scripts/measure-languages.py [FOLDER...]

FOLDER has another actor with the same behaviour, already built. The time is the median of 1000
messages, and the memory what the process of `footlight call` needs more than with the smallest actor.
"""

import json
import os
import resource
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


def measure(folder, messages):
    """The reports of these messages, and the most memory that they took, in KiB."""
    # In a process of its own, because the system counts the most of all children.
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        events = ["connect"] + ["text:add"] * messages
        output = subprocess.run([FOOTLIGHT, "call", "--json", folder, *events], check=True, capture_output=True)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(f"{most}\n".encode() + output.stdout)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        most, *reports = pipe.read().splitlines()
    os.waitpid(child, 0)
    reports = [json.loads(report) for report in reports]
    return [report for report in reports if report["message"]], int(most)


def main():
    with tempfile.TemporaryDirectory() as parent:
        folders = [make(language, Path(parent)) for language in LANGUAGES] + [Path(folder) for folder in sys.argv[1:]]
        rows = []
        for folder in folders:
            manifest = (folder / "manifest.toml").read_text()
            module = next(line for line in manifest.splitlines() if line.startswith("component_path = "))
            size = (folder / json.loads(module.removeprefix("component_path = "))).stat().st_size
            reports, most = measure(folder, MESSAGES)
            assert len(reports) == MESSAGES and not any(report["error"] for report in reports), reports[0]
            fuel = statistics.median(report["fuel"] for report in reports)
            ms = statistics.median(report["ms"] for report in reports)
            rows.append((folder.name, size, most, fuel, ms))
        least = min(most for _, _, most, _, _ in rows)
        print("| language | module, bytes | memory, MB | fuel | here, µs | Cortex-A53, µs |")
        print("|---|---|---|---|---|---|")
        for name, size, most, fuel, ms in rows:
            low, high = (round(fuel * ns / 1000) for ns in BOARD)
            memory = (most - least) * 1024 / 1e6
            print(f"| {name} | {size:,} | {memory:.1f} | {fuel:,.0f} | {ms * 1000:.0f} | {low} to {high} |")


main()
