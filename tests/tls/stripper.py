"""Somebody on the way who takes TLS out of what the server offers, so that the client goes on in the clear."""

from __future__ import annotations

from support.forwarder import Forwarder, Link

CLIENT_SSL = 0x0800  # capability flag, MySQL's protocol::Capability


def without_tls(greeting: bytes) -> bytes:
    """The server's first packet with one bit less: protocol::HandshakeV10 behind a header of four bytes."""
    flags = greeting.index(b"\0", 5) + 1 + 4 + 8 + 1
    lower = int.from_bytes(greeting[flags : flags + 2], "little")
    assert lower & CLIENT_SSL, "the server offers no TLS anyway"
    return greeting[:flags] + (lower & ~CLIENT_SSL).to_bytes(2, "little") + greeting[flags + 2 :]


class Stripper(Forwarder):
    """A forwarder; `heard` is what clients sent after they were told that there is no TLS."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.greeted: set[Link] = set()
        self.heard = b""

    def change(self, data: bytes, link: Link, to_client: bool) -> bytes:
        if not to_client:
            self.heard += data
        elif link not in self.greeted:
            self.greeted.add(link)
            return without_tls(data)
        return data
