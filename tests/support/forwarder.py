"""A TCP port that leads to the database, for what differs between the two or happens on the way."""

from __future__ import annotations

import socket
import threading

HELD_AT_MOST = 60


class Gate:
    """Where the next CALL of a procedure is held, or the answer to it, until the test says what becomes of it."""

    def __init__(self, procedure: str, answered: bool) -> None:
        self.statement = f"CALL {procedure}(".encode()
        self.answered = answered
        self.taken = False
        self.passes = False
        self._reached = threading.Event()
        self._decided = threading.Event()

    def wait(self, seconds: float = 20) -> None:
        """Waits until something is held."""
        assert self._reached.wait(seconds), f"nothing came with {self.statement.decode()} within {seconds} s"

    def pass_on(self) -> None:
        self.passes = True
        self._decided.set()

    def drop(self) -> None:
        """What is held is lost, and the connection with it."""
        self._decided.set()

    def hold(self) -> bool:
        """For the forwarder: whether what is held passes."""
        self._reached.set()
        self._decided.wait(HELD_AT_MOST)
        return self.passes


class Link:
    """A connection of the client and the one to the server that goes with it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client = client
        self.server = server
        self.awaiting: Gate | None = None  # for which the answer is to be held

    def end(self) -> None:
        for side in (self.client, self.server):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Forwarder:
    """Listens on a port of its own and passes bytes both ways; `cuts` answers are lost, connection and all."""

    def __init__(self, server: str | int) -> None:
        """The server is a unix socket's path or a port of loopback."""
        self.server = server
        self.cuts = 0
        self.gates: list[Gate] = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self) -> Forwarder:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.close()
        for gate in self.gates:
            gate.drop()

    def hold(self, procedure: str, answered: bool = False) -> Gate:
        """Holds the next CALL of the procedure before the server sees it, or else the server's answer to it.

        Several for one procedure are for one CALL each.
        """
        gate = Gate(procedure, answered)
        self.gates.append(gate)
        return gate

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            is_path = isinstance(self.server, str)
            server = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
            try:
                server.connect(self.server if is_path else ("127.0.0.1", self.server))
            except OSError:
                # As if nobody listened here either.
                client.close()
                continue
            link = Link(client, server)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=(link, source, target), daemon=True).start()

    def change(self, data: bytes, link: Link, to_client: bool) -> bytes:
        """What becomes of bytes on their way; for those who inherit."""
        return data

    def _pass_on(self, link: Link, source: socket.socket, target: socket.socket) -> None:
        """Passes bytes on until one side ends, and then ends both."""
        try:
            while data := source.recv(65536):
                data = self.change(data, link, target is link.client)
                if not (self._answer_passes(link) if target is link.client else self._statement_passes(link, data)):
                    break
                target.sendall(data)
        except OSError:
            pass
        link.end()

    def _statement_passes(self, link: Link, data: bytes) -> bool:
        gate = self._gate_for(data)
        if gate is None:
            return True
        if not gate.answered:
            return gate.hold()
        link.awaiting = gate
        return True

    def _gate_for(self, data: bytes) -> Gate | None:
        with self.lock:
            for gate in self.gates:
                # The statement comes in one piece up to its arguments at least.
                if not gate.taken and gate.statement in data:
                    gate.taken = True
                    return gate
        return None

    def _answer_passes(self, link: Link) -> bool:
        if self.cuts > 0:
            self.cuts -= 1
            return False
        gate, link.awaiting = link.awaiting, None
        return gate is None or gate.hold()
