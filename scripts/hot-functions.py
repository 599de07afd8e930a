#!/usr/bin/env python3
"""Finds the functions that every host executes, so that the linker puts them next to each other.

    scripts/hot-functions.py record FILE...   writes scripts/hot-functions.txt
    scripts/hot-functions.py order OBJECT...  prints those of object files, as the linker names them

The system reads a program in pieces of 64 KB, and keeps those in memory of which something is executed. In the
order of the compiler, these are nearly all pieces. docs/sizes.md has what the order saves.

FILE is a program for this machine with symbols: the environment variable FOOTLIGHT_SYMBOLS of scripts/cross.sh names
one. `record` runs it under valgrind, with the echo and with a chat room that is stored: it starts, serves a page and
a message, and stops. A function has the same name, without the hashes of crates, for every processor and in builds with
other features. Names that are not there are ignored. So the list may be old: the program works all the same, and takes more
memory. Needs c++filt and nm (binutils), and valgrind for `record`.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from served import Client, served

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts/hot-functions.txt"
ECHO = ["--port", "0", ROOT / "examples/echo"]
MANIFEST = f"""
name = "chat-room"
component_path = '{ROOT}/examples/chat-room/chat_room.wasm'
[[handlers]]
type = "websocket-server"
config = {{ port = 0, static = '{ROOT}/examples/chat-room/page', origins = ["http://localhost"] }}
[limits]
connections = 100
memory = "4MiB"
time = "1s"
[logging]
level = "info"
output = "file"
file_path = "log"
[storage]
durability = "relaxed"
"""


def readable(names):
    """The names without the hashes of crates, which differ between builds."""
    text = "\n".join(name.split(".llvm.")[0] for name in names)
    text = subprocess.run(["c++filt"], input=text, check=True, capture_output=True, text=True).stdout
    return re.sub(r"(?<=\w)\[[0-9a-f]{9,16}\]", "", text).splitlines()


def short(name):
    """What stands for a name in the list. The names themselves would take 240 KB."""
    return hashlib.sha256(name.encode()).hexdigest()[:8]


def order(objects):
    listed = subprocess.run(["nm", *objects], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"^[0-9a-f]+ [tTwW] (\S+)$", listed, re.MULTILINE)
    known = sorted((text, short(text), name) for text, name in zip(readable(names), names))
    for group in LIST.read_text().split("\n\n"):
        hot = set(group.split())
        for name in (name for _, hashed, name in known if hashed in hot):
            print(name)


def record(files):
    # What a start executes, and what else serving does.
    started, served = set(), set()
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder, "counts")
        for number, file in enumerate(files):
            # Debug information is of no use here, and valgrind takes long to read it.
            program = Path(folder, f"program-{number}")
            subprocess.run(["strip", "--strip-debug", "-o", program, file], check=True)
            command = ["valgrind", "-q", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={counts}", program]
            manifest, data = Path(folder, "manifest.toml"), Path(folder, f"data-{number}")
            manifest.write_text(MANIFEST)
            data.mkdir()
            for arguments in (ECHO, ["--quiet", "--threads", "1", "--data", data, manifest]):
                # The second time, the chat room has a state to go on from.
                for executed, visit in ((started, None), (served, visits), (started, None)):
                    run([*command, "run", *arguments], visit)
                    # A name stands at its first use only: `fn=(3) name`. A recursive function's has its depth behind it.
                    names = re.findall(r"^c?fn=\(\d+\) ([^\s']+)", counts.read_text(), re.MULTILINE)
                    executed |= {short(name) for name in readable(names)}
    groups = ("\n".join(sorted(group)) for group in (started, served - started))
    LIST.write_text("\n\n".join(groups) + "\n")


def run(command, visit):
    """Runs a host, which somebody may visit."""
    with served(command) as (_, address):
        if visit:
            visit(address)


def visits(address):
    """Loads a page, sends a text and a ping, and closes."""
    with urllib.request.urlopen(f"http://{address}/") as page:
        page.read()
    client = Client(address)
    # A text, a ping and a close frame. The answers to all of them are two bytes and more.
    for opcode, payload in ((1, b"text"), (9, b""), (8, b"")):
        client.send(opcode, payload)
        client.stream.read(2)
    client.stream.read()


if __name__ == "__main__":
    {"order": order, "record": record}[sys.argv[1]](sys.argv[2:])
