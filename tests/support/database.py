"""A private database server, and EventHub databases on it."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from support.connection import Connection, Refused, Row
from support.datadir import TEMPLATE, prepare
from support.tree import TREE

ROLES = {"shim": "eventhub_api", "notifier": "eventhub_mailer", "dba": "eventhub_dba"}
PASSWORD_HASH = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$Zm9yIHRlc3RzIG9ubHksIG5vYm9keSBsb2dzIGlu"


def utc_now() -> datetime:
    """The time as the database keeps it: UTC, in whole seconds."""
    return datetime.now(timezone.utc).replace(microsecond=0, tzinfo=None)


MEMORY = Path("/dev/shm")
ROOM_FOR_SERVERS = 2 << 30
STOPS_WITHIN = 60


def scratch_folder() -> str:
    """Where servers keep their data: in memory if there is room, because nobody needs it later and fsync is slow."""
    try:
        return str(MEMORY) if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_FOR_SERVERS else "/tmp"
    except OSError:
        return "/tmp"


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended stays in the table until its parent, which is not us, asks for it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Server:
    """A server of our own, or the running one whose socket EVENTHUB_TEST_SOCKET names, if that may do.

    MYSQLD and MYSQL_CLIENT in the environment say of which kind, as db/try/instance has it. A `migrated` server begins with
    a database, TEMPLATE, that migrate has made; every other server begins empty.
    """

    def __init__(
        self, own: bool = False, disposable: bool | None = None, options: Sequence[str] = (),
        environment: Mapping[str, str] = os.environ, migrated: bool | None = None, on_disk: bool = False,
    ) -> None:
        self.directory: str | None = None
        # Whoever wants a server of their own mostly does to it what a disposable one need not survive.
        self.disposable = not own if disposable is None else disposable
        self.migrated = not own if migrated is None else migrated
        self.on_disk = on_disk
        self.options = options
        self.environment = environment
        self.socket = "" if own else os.environ.get("EVENTHUB_TEST_SOCKET", "")
        # Account names of one run, so that a server which is not ours keeps its own accounts.
        self.users = {account: f"{account}_{secrets.token_hex(4)}" for account in ROLES}
        self.passwords = {account: secrets.token_hex(16) for account in ROLES}
        self.has_accounts = False
        self.template: str | None = None

    def __enter__(self) -> Server:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if self.socket:
            return
        self.directory = tempfile.mkdtemp(prefix="eh", dir="/tmp" if self.on_disk else scratch_folder())
        prepare(Path(self.directory), self.migrated, self.environment)
        if self.migrated:
            self.template = TEMPLATE
        self.instance("start")
        self.socket = self.instance("socket")

    def stop(self) -> None:
        if self.directory:
            self.kill()
            shutil.rmtree(self.directory)
        elif self.template:
            with self.connect() as root:
                root.rows(f"DROP DATABASE {self.template}")
                for user in self.users.values():
                    root.rows(f"DROP USER IF EXISTS {user}@localhost")

    def kill(self) -> None:
        """Ends the server at once, since its data go as well; a shutdown takes seconds."""
        try:
            pid = int(Path(f"{self.directory}/server.pid").read_text())
            os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            # It has not started, or it was stopped.
            return
        until = time.monotonic() + STOPS_WITHIN
        while is_alive(pid):
            assert time.monotonic() < until, f"the server (pid {pid}) does not end"
            time.sleep(0.01)

    def instance(self, verb: str) -> str:
        """Runs db/try/instance on the server's directory and returns what it printed."""
        command = [str(TREE / "db/try/instance"), verb, str(self.directory)]
        if verb == "start":
            command += [*(["--disposable"] if self.disposable else []), "--", *self.options]
        done = subprocess.run(command, env=self.environment, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout.strip()

    def is_mysql(self) -> bool:
        with self.connect() as root:
            return "MariaDB" not in root.rows("SELECT VERSION() AS version")[0]["version"]

    def connect(self, account: str = "root", database: str | None = None) -> Connection:
        return Connection(
            unix_socket=self.socket,
            user=self.users.get(account, account),
            password=self.passwords.get(account, ""),
            database=database,
            read_timeout=60,
        )

    def client_command(self) -> list[str]:
        """The client program, as root."""
        client = self.environment.get("MYSQL_CLIENT") or shutil.which("mariadb") or "mysql"
        return [client, "--no-defaults", f"--socket={self.socket}", "--user=root"]

    def dump_program(self) -> str:
        """The program that makes dumps, of the same kind as the client."""
        client = Path(shutil.which(self.client_command()[0]) or "")
        return str(client.with_name(client.name + ("-dump" if client.name == "mariadb" else "dump")))

    def migrate_command(self, name: str, tree: Path = TREE) -> list[str]:
        return [str(tree / "migrations/migrate"), "--no-defaults", f"--socket={self.socket}", "--user=root", name]

    def make_database(self, name: str) -> None:
        """Makes a database as migrate does, which makes the first one and lends the others its record of what it did.

        They are made by the same files in one run of the client: a test run needs dozens of them.
        """
        if self.template is None:
            template = f"eventhub_{secrets.token_hex(4)}"
            subprocess.run(self.migrate_command(template), env=self.environment, check=True, stderr=subprocess.PIPE)
            self.template = template
        folders = ("views/internal", "views", "functions", "procedures/internal", "procedures", "triggers")
        files = [*sorted((TREE / "migrations").glob("[0-9]*_*.sql")), TREE / "db/accounts.sql"]
        files += [file for folder in folders for file in sorted((TREE / "db" / folder).glob("*.sql"))]
        statements = [f"CREATE DATABASE {name}; USE {name};", *(file.read_text(encoding="utf-8") for file in files)]
        for table in ("schema_migrations", "deployed_objects"):
            statements.append(f"CREATE TABLE {table} LIKE {self.template}.{table};")
            statements.append(f"INSERT INTO {table} SELECT * FROM {self.template}.{table};")
        statements.append(f"INSERT INTO secrets SELECT * FROM {self.template}.secrets;")
        subprocess.run(
            [*self.client_command(), "--default-character-set=utf8mb4", "--comments"], input="\n".join(statements),
            check=True, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )

    def create_account(self, user: str, role: str, password: str, requirement: str = "") -> None:
        with self.connect() as root:
            root.rows(f"CREATE USER {user} IDENTIFIED BY '{password}' {requirement}")
            root.rows(f"GRANT {role} TO {user}")
            # MySQL reads the first comment, MariaDB the second.
            root.rows(f"/*!80001 SET DEFAULT ROLE {role} TO {user} */ /*M!100000 SET DEFAULT ROLE {role} FOR {user} */")

    def create_accounts(self) -> None:
        """Makes the accounts that log in; the first database must be there, because it brings the roles."""
        if self.has_accounts:
            return
        for account, role in ROLES.items():
            self.create_account(f"{self.users[account]}@localhost", role, self.passwords[account])
        for account in ROLES:
            # So that MySQL knows a digest of the password: by a forwarder to its socket it could not be told the password
            # itself, because the server takes that way for a safe one and the client does not.
            self.connect(account).close()
        self.has_accounts = True


class Database:
    """One EventHub database, its accounts, and short ways to put something into it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"eventhub_{secrets.token_hex(4)}"
        self.connections: dict[str, Connection] = {}
        self.users_added = 0
        server.make_database(self.name)
        server.create_accounts()

    def drop(self) -> None:
        self.rows(f"DROP DATABASE {self.name}")
        for connection in self.connections.values():
            connection.close()

    def url(self, account: str) -> str:
        """DATABASE_URL for the programs."""
        user, password = self.server.users[account], self.server.passwords[account]
        return f"mysql://{user}:{password}@localhost/{self.name}?socket={self.server.socket}"

    def connect(self, account: str = "shim") -> Connection:
        """A new session of an account: shim, notifier, dba or root."""
        return self.server.connect(account, self.name)

    def connection(self, account: str) -> Connection:
        """The one session of an account that call() and rows() use."""
        if account not in self.connections:
            self.connections[account] = self.connect(account)
        return self.connections[account]

    def connect_at(self, moment: datetime) -> Connection:
        """A new session of root whose clock stands at that moment, UTC; MariaDB knows none after 2037.

        Procedures of registrations and events do not look at it: see clock_at.
        """
        root = self.connect("root")
        root.rows("SET timestamp = %s", [int(moment.replace(tzinfo=timezone.utc).timestamp())])
        return root

    @contextmanager
    def clock_at(self, moment: datetime) -> Iterator[None]:
        """For the procedures of registrations and events it is that moment, UTC, for all sessions."""
        self.replace_clock(f"'{moment}'")
        try:
            yield
        finally:
            self.run_file(TREE / "db/functions/utc_clock.sql")

    def replace_clock(self, expression: str) -> None:
        """Puts another clock in the place of the one that no session can set."""
        with self.connect("root") as root:
            root.rows("DROP FUNCTION utc_clock")
            root.rows(
                "CREATE DEFINER = 'eventhub_definer'@'localhost' FUNCTION utc_clock () RETURNS DATETIME(6) NO SQL"
                f" RETURN {expression}"
            )

    def run_file(self, file: Path) -> None:
        """Runs a file of SQL by the client, as root."""
        subprocess.run(
            [*self.server.client_command(), "--default-character-set=utf8mb4", "--comments", self.name],
            input=file.read_text(encoding="utf-8"), check=True, text=True, stderr=subprocess.PIPE,
        )

    def call(self, procedure: str, *args: Any, account: str = "shim") -> list[list[Row]]:
        return self.connection(account).call(procedure, *args)

    def refusal(self, procedure: str, *args: Any, account: str = "shim") -> str:
        """How the procedure refuses the call, such as "45404 event_not_found: Event not found"."""
        try:
            results = self.call(procedure, *args, account=account)
        except Refused as refused:
            return str(refused)
        raise AssertionError(f"{procedure} did not refuse {args!r} but returned {results!r}")

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[Row]:
        """The rows of a statement that root runs."""
        return self.connection("root").rows(sql, parameters)

    def audit(self) -> list[Row]:
        """Every event whose free seats are wrong; a test of load ends by finding none."""
        return self.rows("SELECT * FROM seat_audit")

    def add_user(
        self, role: str = "participant", name: str = "Ada Lovelace", email: str | None = None,
        password_hash: str = PASSWORD_HASH,
    ) -> int:
        self.users_added += 1
        email = email or f"user{self.users_added}@example.org"
        return self.call("register_user", name, email, password_hash, role)[0][0]["user_id"]

    def store_user(self, email: str, **fields: Any) -> int:
        """Somebody whose address or name was taken by an earlier version, whatever the procedures say of it now."""
        self.users_added += 1
        user = {"name": "Ada Lovelace", "email": email, "role": "participant", "password_hash": PASSWORD_HASH, **fields}
        self.rows(f"INSERT INTO users ({', '.join(user)}) VALUES ({', '.join(['%s'] * len(user))})", list(user.values()))
        return self.rows("SELECT LAST_INSERT_ID() AS id")[0]["id"]

    def add_event(
        self, organizer: int, title: str = "Analytical Engines", description: str = "An evening of cogs",
        venue: str = "Town Hall", speaker: str = "Charles Babbage", event_date: datetime | None = None,
        total_seats: int = 10,
    ) -> int:
        date = event_date or utc_now() + timedelta(days=30)
        args = (organizer, title, description, venue, speaker, date, total_seats)
        return self.call("create_event", *args)[0][0]["event_id"]

    def start_event(self, event_id: int) -> None:
        """Moves an event into the past, which no procedure does."""
        self.rows("UPDATE events SET event_date = UTC_TIMESTAMP() - INTERVAL 1 HOUR WHERE id = %s", [event_id])
