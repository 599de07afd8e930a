#!/usr/bin/env python3
"""Lists the crates in the binary for a target, and their licences.

    scripts/licences.py TARGET FOLDER [--features FEATURES]

writes into the folder:

    THIRD-PARTY-LICENSES.txt    every licence text and notice of every crate, each text once
    footlight.cdx.json          the list for machines: an SBOM in CycloneDX 1.5

cargo lists the crates, and the texts come from the crates themselves. So the script needs the
network only if cargo has not fetched the crates yet. It leaves out the crates of build scripts and
of the tests, because they are not in the binary.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
import urllib.parse
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The engine for scripts, which the feature `javascript` puts into the binary.
ENGINE = "engines/javascript"

# The names of files that must be passed on.
TEXTS = re.compile(r"(LICEN[CS]E|COPYING|COPYRIGHT|NOTICE|UNLICENSE)", re.IGNORECASE)

# The parts of every Rust program for musl that cargo does not list.
RUNTIME = """\
The Rust standard library and what it is made of (https://github.com/rust-lang/rust)
    MIT OR Apache-2.0; of the compiler's support functions and the unwinder, which are LLVM's:
    Apache-2.0 WITH LLVM-exception
musl, the C library (https://musl.libc.org)
    MIT, Copyright (c) 2005-2020 Rich Felker and others; parts of it, as its file COPYRIGHT lists,
    under other terms that ask for no more
"""


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    features = sys.argv[3:]
    crates = linked_crates("Cargo.toml", target, features)
    if any("javascript" in option for option in features):
        # The engine for scripts is in the program as a module.
        known = {(crate["name"], crate["version"]) for crate in crates}
        engine = linked_crates(f"{ENGINE}/Cargo.toml", "wasm32-unknown-unknown", [])
        crates += [crate for crate in engine if (crate["name"], crate["version"]) not in known]
    write(folder / "THIRD-PARTY-LICENSES.txt", licences(crates))
    write(folder / "footlight.cdx.json", json.dumps(bill_of_materials(crates), indent=1) + "\n")


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked_crates(manifest, target, features):
    """The packages in what a manifest builds, as `cargo metadata` describes them, by name and version."""
    # Only `cargo tree` leaves out the features and crates that only the tests need.
    manifest = ("--manifest-path", manifest)
    tree = cargo("tree", *manifest, *features, "--target", target, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}")
    names = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    metadata = json.loads(cargo("metadata", *manifest, "--format-version", "1", *features, "--filter-platform", target))
    crates = [crate for crate in metadata["packages"] if (crate["name"], "v" + crate["version"]) in names]
    if len(crates) != len(names):
        sys.exit(f"licences: cargo tree names {len(names)} packages, cargo metadata knows {len(crates)} of them")
    return sorted(crates, key=lambda crate: (crate["name"], crate["version"]))


def is_ours(crate):
    return crate["source"] is None


def expression(crate):
    """The crate's SPDX expression. Old crates write a slash for OR."""
    return re.sub(r"\s*/\s*", " OR ", crate["license"] or "")


def files_with_texts(crate):
    """The files with the crate's licence texts."""
    folder = pathlib.Path(crate["manifest_path"]).parent
    # rquickjs-sys has the libraries in C in folders of their own.
    places = [folder, *folder.glob("quickjs"), *folder.glob("vendor/*")]
    return [file for place in places for file in sorted(place.iterdir()) if file.is_file() and TEXTS.match(file.name)]


def texts(crate, crates):
    """The crate's licence texts, each as name and content. A crate without one has those of its repository's."""
    files = files_with_texts(crate)
    if not files:
        others = (other for other in crates if other["repository"] == crate["repository"])
        files = next((found for found in map(files_with_texts, others) if found), [])
    if not files:
        # The Apache licence names nobody, so any copy will do.
        if "Apache-2.0" not in re.split(r"[ ()]", expression(crate)):
            sys.exit(f"licences: {crate['name']} {crate['version']}: no licence text in {crate['manifest_path']}")
        files = [ROOT / "LICENSE-APACHE"]
    return [(file.name, file.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n").strip("\n")) for file in files]


def licences(crates):
    """The table of crates, then the texts, each after the crates that have it."""
    # Compare only the words, because copies differ in their line breaks.
    owners, contents = {}, {}
    for crate in filter(lambda crate: not is_ours(crate), crates):
        for _, text in texts(crate, crates):
            words = " ".join(text.split())
            contents.setdefault(words, text)
            owners.setdefault(words, []).append(f"{crate['name']} {crate['version']}")
    # The runtime needs the text of the LLVM exception. One copy is enough.
    if not any("LLVM Exceptions to the Apache 2.0 License" in words for words in contents):
        sys.exit("licences: no crate has the text of the LLVM exception any more, which the runtime needs")
    rule = "=" * 80 + "\n"
    parts = ["Footlight is linked with the following libraries. Their licences are below.\n\n"]
    parts += [f"{crate['name']} {crate['version']} ({crate['repository'] or crate['homepage']})\n    {expression(crate)}\n" for crate in crates if not is_ours(crate)]
    parts.append("\n" + RUNTIME)
    for words in sorted(contents, key=lambda words: owners[words]):
        parts.append("\n" + rule + "\n".join(owners[words]) + "\n" + rule + "\n" + contents[words] + "\n")
    return "".join(parts)


def bill_of_materials(crates):
    """CycloneDX without a serial number, which would differ each time."""
    locked = {}
    for folder in (ROOT / ENGINE, ROOT):
        packages = tomllib.loads((folder / "Cargo.lock").read_text(encoding="utf-8"))["package"]
        locked |= {(package["name"], package["version"]): package for package in packages}
    when = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    ours = next(crate for crate in crates if crate["name"] == "footlight")
    known = {crate["name"]: purl(crate) for crate in crates}
    known |= {f"{crate['name']} {crate['version']}": purl(crate) for crate in crates}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": component(ours, locked, "application")},
        "components": [component(crate, locked, "library") for crate in crates if crate is not ours],
        "dependencies": [
            {
                "ref": purl(crate),
                "dependsOn": sorted(known[name] for name in locked[crate["name"], crate["version"]].get("dependencies", []) if name in known),
            }
            for crate in crates
        ],
    }


def purl(crate):
    return f"pkg:cargo/{crate['name']}@{urllib.parse.quote(crate['version'])}"


def component(crate, locked, kind):
    entry = {
        "type": kind,
        "bom-ref": purl(crate),
        "name": crate["name"],
        "version": crate["version"],
        "licenses": [{"expression": expression(crate)}],
        "purl": purl(crate),
    }
    if checksum := locked[crate["name"], crate["version"]].get("checksum"):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


def write(path, text):
    path.write_text(text, encoding="utf-8")


main()
