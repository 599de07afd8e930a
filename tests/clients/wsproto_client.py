"""Talks to the test guest `events` with wsproto, and checks every answer.

wsproto leaves the socket to its user, so frames can be sent one by one.

Usage: wsproto_client.py URL
"""

import socket
import sys
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)


class Client:
    def __init__(self, url):
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        self.ws = WSConnection(ConnectionType.CLIENT)
        self.events = self.ws.events()
        self.send(Request(host=parts.netloc, target=parts.path))
        assert isinstance(self.next(), AcceptConnection)
        assert self.text().startswith("state:")

    def send(self, event):
        self.socket.sendall(self.ws.send(event))

    def next(self):
        while True:
            for event in self.events:
                return event
            # Nothing at the end of the stream, which the library takes as None.
            self.ws.receive_data(self.socket.recv(65536) or None)
            self.events = self.ws.events()

    def message(self, kind):
        parts = []
        while True:
            event = self.next()
            assert isinstance(event, kind), event
            parts.append(event.data)
            if event.message_finished:
                return type(event.data)().join(parts)

    def text(self):
        return self.message(TextMessage)

    def closed(self):
        """Reads the server's close frame, and the end of the stream."""
        event = self.next()
        assert isinstance(event, CloseConnection), event
        if self.ws.state.name == "REMOTE_CLOSING":
            self.send(event.response())
        assert self.socket.recv(1) == b""
        return event.code, event.reason


def main(url):
    client = Client(url)
    for text in ["", "hello", "žluťoučký 🐎"]:
        client.send(TextMessage(text))
        assert client.text() == text
    client.send(BytesMessage(b"\x00\xff"))
    assert bytes(client.message(BytesMessage)) == b"\x00\xff"

    # A ping between fragments is answered before the message is whole.
    client.send(TextMessage("in ", message_finished=False))
    client.send(Ping(b"\x01"))
    pong = client.next()
    assert isinstance(pong, Pong) and bytes(pong.payload) == b"\x01", pong
    assert client.text() == "ping:01"
    client.send(TextMessage("two parts"))
    assert client.text() == "in two parts"

    # The limit of 64 KiB, and one byte more.
    client.send(TextMessage("x" * 65536))
    assert client.text() == "x" * 65536

    client.send(CloseConnection(code=3333, reason="that is all"))
    assert client.closed()[0] == 3333

    client = Client(url)
    client.send(TextMessage("x" * 65537))
    assert client.closed() == (1009, "message too large")

    client = Client(url)
    client.send(TextMessage("close"))
    assert client.closed() == (4001, "bye")


main(sys.argv[1])
