"""Somebody on the way who takes TLS out of what the server offers, so that the client goes on in the clear."""

from __future__ import annotations

import socket
import threading

CLIENT_SSL = 0x0800  # capability flag, MySQL's protocol::Capability


def without_tls(greeting: bytes) -> bytes:
    """The server's first packet with one bit less: protocol::HandshakeV10 behind a header of four bytes."""
    flags = greeting.index(b"\0", 5) + 1 + 4 + 8 + 1
    lower = int.from_bytes(greeting[flags : flags + 2], "little")
    assert lower & CLIENT_SSL, "the server offers no TLS anyway"
    return greeting[:flags] + (lower & ~CLIENT_SSL).to_bytes(2, "little") + greeting[flags + 2 :]


class Stripper:
    """Listens on `port`; `heard` is what clients sent after they were told that there is no TLS."""

    def __init__(self, server_port: int) -> None:
        self.server_port = server_port
        self.connections = 0
        self.heard = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> Stripper:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self.server_port)) as server:
            client.sendall(without_tls(server.recv(65536)))
            self.connections += 1
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()
            try:
                while data := client.recv(65536):
                    self.heard += data
                    server.sendall(data)
            except OSError:
                pass

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        try:
            while data := server.recv(65536):
                client.sendall(data)
        except OSError:
            pass
