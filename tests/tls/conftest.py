"""A database server that listens on loopback with a certificate for 127.0.0.1, and nobody's name else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.certificates import Authority
from support.database import Database, Server
from support.ports import free_port

PASSWORD = secrets.token_hex(16)


@dataclass(frozen=True)
class Tcp:
    """The server's port, and whose certificate it shows there."""

    port: int
    authority: Authority

    def url(self, database: Database, user: str, host: str = "127.0.0.1", port: int | None = None, **options: object) -> str:
        """DATABASE_URL for an account that these tests made; `_` in an option's name stands for `-`."""
        query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in options.items())
        return f"mysql://{user}:{PASSWORD}@{host}:{port or self.port}/{database.name}?{query}".rstrip("?")


@pytest.fixture(scope="session")
def tcp(tmp_path_factory: pytest.TempPathFactory) -> Tcp:
    return Tcp(free_port(), Authority(tmp_path_factory.mktemp("tls"), "good"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of an authority that has nothing to do with the server."""
    return Authority(tmp_path_factory.mktemp("tls"), "stranger").certificate


@pytest.fixture(scope="session")
def server(tcp: Tcp) -> Iterator[Server]:
    own = tcp.authority.issue("server", "IP:127.0.0.1")
    tcp.authority.directory.parent.chmod(0o755)
    options = [
        "--skip-networking=0", "--bind-address=127.0.0.1", f"--port={tcp.port}",
        f"--ssl-ca={tcp.authority.certificate}", f"--ssl-cert={own.certificate}", f"--ssl-key={own.key}",
    ]
    with Server(own=True, disposable=True, migrated=True, options=options) as server:
        yield server


@pytest.fixture(scope="session")
def database(server: Server) -> Database:
    """With the accounts `sealed`, which the server lets in by TLS only, and `open`, of the server's default plugin."""
    database = Database(server)
    for user, requirement in (("sealed", "REQUIRE SSL"), ("open", "")):
        for role in ("eventhub_api", "eventhub_mailer"):
            server.create_account(f"'{user}_{role}'@'%'", role, PASSWORD, requirement)
    return database
