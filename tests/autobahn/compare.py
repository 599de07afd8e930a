"""Compares a report of Autobahn's cases with the results that are expected.

Usage: compare.py REPORT_FOLDER EXPECTED_FILE [--accept]

With --accept the results become the expected ones. Exits 1 if a case failed, did not end with a
closing handshake, or has another result than before, be it better or worse.
"""

import json
import pathlib
import sys

# What a case may be. NON-STRICT: right, but later than it could be.
ALLOWED = {"OK", "NON-STRICT", "INFORMATIONAL"}


def results(folder):
    """Each case's number, and its result in words."""
    agents = json.loads((folder / "index.json").read_text())
    (cases,) = agents.values()
    found = {}
    for number, case in cases.items():
        report = json.loads((folder / case["reportfile"]).read_text())
        found[number] = {
            "behavior": case["behavior"],
            "close": case["behaviorClose"],
            "code": case["remoteCloseCode"],
            "clean": report["wasClean"],
        }
    return found


def order(number):
    return [int(part) for part in number.split(".")]


def main(folder, expected_file, accept):
    found = results(pathlib.Path(folder))
    numbers = sorted(found, key=order)
    bad = [
        number
        for number in numbers
        if not {found[number]["behavior"], found[number]["close"]} <= ALLOWED
    ]
    for number in bad:
        print(f"{number} failed: {found[number]}")

    file = pathlib.Path(expected_file)
    if accept and not bad:
        lines = [f"  {json.dumps(number)}: {json.dumps(found[number])}" for number in numbers]
        file.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    expected = json.loads(file.read_text())
    differences = [
        number
        for number in sorted(found.keys() | expected.keys(), key=order)
        if found.get(number) != expected.get(number)
    ]
    for number in differences:
        print(f"{number}\n  expected {expected.get(number)}\n  found    {found.get(number)}")

    counts = {}
    for case in found.values():
        counts[case["behavior"]] = counts.get(case["behavior"], 0) + 1
    unclean = [number for number in numbers if not found[number]["clean"]]
    print(f"{len(found)} cases: {counts}, {len(unclean)} unclean {unclean}")
    for number in numbers:
        if found[number]["behavior"] != "OK":
            print(f"  {number}: {found[number]['behavior']}")
    return 1 if bad or differences else 0


if __name__ == "__main__":
    paths = [argument for argument in sys.argv[1:] if argument != "--accept"]
    sys.exit(main(*paths, accept="--accept" in sys.argv))
