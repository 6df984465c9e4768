"""A TCP port that leads to the database's unix socket, for what differs between the two."""

from __future__ import annotations

import socket
import threading


class Forwarder:
    """Listens on a port of its own and passes bytes both ways; `cuts` answers of the server are lost, connection and all."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> Forwarder:
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
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.path)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(source, target, target is client), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, to_client: bool) -> None:
        """Passes bytes on until one side ends, and then ends both."""
        try:
            while data := source.recv(65536):
                if to_client and self.cuts > 0:
                    self.cuts -= 1
                    break
                target.sendall(data)
        except OSError:
            pass
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
