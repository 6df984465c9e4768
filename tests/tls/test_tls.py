"""TLS to the database: ssl-mode means the same whatever the client library and the server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from support.database import Database
from support.expect import expect_problem
from support.notifier import Notifier
from support.shim import Shim, run
from tls.conftest import PASSWORD, Tcp
from tls.stripper import Stripper

UNAVAILABLE = (503, "The service is not available, please try again in a moment", "unavailable")
MODES = ("REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY")
VERIFYING = ("VERIFY_CA", "VERIFY_IDENTITY")
ENCRYPTED = re.compile(r"connected to (MariaDB|MySQL) \d+\.\d+\.\d+ at 127\.0\.0\.1 via TCP/IP, encrypted by \S+, with \S")
NO_DATABASE = 3  # the notifier's exit status


def ca(mode: str, file: Path) -> dict[str, object]:
    """The options of a mode, with the file where it takes one."""
    return {"ssl_mode": mode, **({"ssl_ca": quote(str(file))} if mode in VERIFYING else {})}


@pytest.fixture(autouse=True)
def nobody_is_known(database: Database) -> None:
    """caching_sha2_password has to see the password once; then it knows a digest, until this forgets it."""
    database.rows("FLUSH PRIVILEGES")


def shim_at(database: Database, url: str) -> Shim:
    return Shim(database, DATABASE_URL=url, DB_CONNECTIONS="2", DB_CONNECT_TIMEOUT="3")


@pytest.mark.parametrize("mode", MODES)
def test_an_encrypted_connection(database: Database, tcp: Tcp, mode: str) -> None:
    url = tcp.url(database, "sealed_eventhub_api", **ca(mode, tcp.authority.certificate))
    with shim_at(database, url) as shim:
        assert shim.get("/healthz").json() == {"status": "ok"}
        assert ENCRYPTED.search(shim.log())
        assert PASSWORD not in shim.log()


@pytest.mark.parametrize("options", [{}, {"ssl_mode": "DISABLED"}])
def test_a_connection_that_is_not_to_be_encrypted(database: Database, tcp: Tcp, options: dict[str, str]) -> None:
    with shim_at(database, tcp.url(database, "open_eventhub_api", **options)) as shim:
        assert shim.get("/healthz").json() == {"status": "ok"}
        assert "not encrypted" in shim.log()


def test_an_account_that_wants_tls_is_not_let_in_without(database: Database, tcp: Tcp) -> None:
    with shim_at(database, tcp.url(database, "sealed_eventhub_api")) as shim:
        expect_problem(shim.get("/healthz"), *UNAVAILABLE)
        assert "database unreachable: Access denied" in shim.log()


@pytest.mark.parametrize("mode", VERIFYING)
def test_a_certificate_of_somebody_else(database: Database, tcp: Tcp, stranger: Path, mode: str) -> None:
    with shim_at(database, tcp.url(database, "sealed_eventhub_api", **ca(mode, stranger))) as shim:
        expect_problem(shim.get("/healthz"), *UNAVAILABLE)
        assert re.search(r"database unreachable: .*SSL", shim.log()) and "certificate" in shim.log()


def verifies_names_always(directory: Path) -> bool:
    """Connector/C from 3.4 on takes VERIFY_CA for VERIFY_IDENTITY (db/SERVERS.md)."""
    version = re.search(r"Connector/C (\d+)\.(\d+)", run("--version", directory=directory).stdout)
    return version is not None and (int(version[1]), int(version[2])) >= (3, 4)


def test_a_certificate_for_another_name(database: Database, tcp: Tcp, tmp_path: Path) -> None:
    """It names 127.0.0.1, and "localhost" is another name of the same host."""
    authority = tcp.authority.certificate
    with shim_at(database, tcp.url(database, "sealed_eventhub_api", "localhost", **ca("VERIFY_CA", authority))) as shim:
        assert shim.get("/healthz").status_code == (503 if verifies_names_always(tmp_path) else 200)
    url = tcp.url(database, "sealed_eventhub_api", "localhost", **ca("VERIFY_IDENTITY", authority))
    with shim_at(database, url) as shim:
        expect_problem(shim.get("/healthz"), *UNAVAILABLE)
        assert re.search(r"database unreachable: .*SSL", shim.log())


@pytest.mark.parametrize("mode", MODES)
def test_nothing_is_sent_to_who_offers_no_tls(database: Database, tcp: Tcp, mode: str) -> None:
    with Stripper(tcp.port) as stripper:
        options = ca(mode, tcp.authority.certificate)
        url = tcp.url(database, "open_eventhub_api", port=stripper.port, **options)
        with shim_at(database, url) as shim:
            expect_problem(shim.get("/healthz"), *UNAVAILABLE)
            assert re.search(r"database unreachable: .*SSL", shim.log())
        assert stripper.greeted
        assert stripper.heard == b""


def test_whoever_asks_for_no_tls_gets_by(database: Database, tcp: Tcp) -> None:
    """The same way, so that the test above cannot pass because the way is broken; the password is not read on it."""
    with Stripper(tcp.port) as stripper:
        with shim_at(database, tcp.url(database, "open_eventhub_api", port=stripper.port)) as shim:
            assert shim.get("/healthz").status_code == 200
        assert b"open_eventhub_api" in stripper.heard
        assert PASSWORD.encode() not in stripper.heard


def test_a_file_that_holds_no_certificate(database: Database, tcp: Tcp, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing of the kind\n")
    with shim_at(database, tcp.url(database, "sealed_eventhub_api", **ca("VERIFY_CA", wrong))) as shim:
        expect_problem(shim.get("/healthz"), *UNAVAILABLE)
        assert re.search(r"database unreachable: .*SSL", shim.log())


@pytest.fixture
def sealed(database: Database, tcp: Tcp) -> Iterator[Shim]:
    url = tcp.url(database, "sealed_eventhub_api", **ca("VERIFY_IDENTITY", tcp.authority.certificate))
    with Shim(database, DATABASE_URL=url, DB_CONNECTIONS="1") as shim:
        yield shim


def sessions(database: Database) -> list[int]:
    rows = database.rows("SELECT id FROM information_schema.processlist WHERE user = 'sealed_eventhub_api'")
    return [row["id"] for row in rows]


def test_a_connection_that_the_server_closed_is_replaced(sealed: Shim, database: Database) -> None:
    """Under TLS the server's farewell is there to be read before the end is."""
    event_id = sealed.add_event(sealed.add_user("organizer"))
    for _ in range(4):
        person = sealed.add_user()
        for session in sessions(database):
            database.rows(f"KILL {session}")
        time.sleep(0.1)
        assert sealed.post(f"/register/{event_id}", person.token).status_code == 200
    assert database.audit() == []


def test_a_connection_is_kept(sealed: Shim, database: Database) -> None:
    """What a server sends by itself, such as tickets (RFC 8446, section 4.6.1), does not look like its farewell."""
    assert sealed.get("/events").status_code == 200
    before = sessions(database)
    for _ in range(5):
        assert sealed.get("/events").status_code == 200
    assert sessions(database) == before and len(before) == 1


def test_emoji_and_long_texts_survive(sealed: Shim) -> None:
    organizer = sealed.add_user("organizer")
    text = "Grüße \U0001f39f" * 200
    event_id = sealed.add_event(organizer, description=text)
    assert sealed.get(f"/events/{event_id}").json()["description"] == text


@pytest.mark.parametrize("mode", MODES)
def test_the_notifier(database: Database, tcp: Tcp, stranger: Path, mode: str) -> None:
    with Notifier(database, "http://127.0.0.1:1") as notifier:
        url = tcp.url(database, "sealed_eventhub_mailer", **ca(mode, tcp.authority.certificate))
        done = notifier.run("--dry-run", DATABASE_URL=url)
        assert (done.returncode, done.stderr) == (0, "")
        if mode in VERIFYING:
            done = notifier.run("--dry-run", DATABASE_URL=tcp.url(database, "sealed_eventhub_mailer", **ca(mode, stranger)))
            assert done.returncode == NO_DATABASE and "SSL" in done.stderr
