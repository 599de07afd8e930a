"""Runs hosts and talks to them, for the scripts that measure. Needs only Python's own library."""

import contextlib
import socket
import subprocess


@contextlib.contextmanager
def served(command):
    """The process of a host, and the address of its WebSocket, such as 127.0.0.1:8080. It is stopped at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as host:
        line = next(line for line in host.stdout if "ws://" in line)
        yield host, line.split("ws://")[1].split("/")[0]
        host.terminate()


class Client:
    """A client of the WebSocket at an address."""

    def __init__(self, address, path="/ws"):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        self.socket.sendall(f"{request}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        while self.stream.readline().strip():
            pass

    def send(self, opcode, payload=b""):
        """Sends a frame of less than 126 bytes. A mask of zeroes leaves the payload as it is."""
        self.socket.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload)

    def say(self, text):
        self.send(1, text.encode())

    def hear(self):
        """The payload of the next frame as a text, of less than 64 KiB."""
        length = self.stream.read(2)[1]
        if length == 126:
            length = int.from_bytes(self.stream.read(2), "big")
        return self.stream.read(length).decode()
