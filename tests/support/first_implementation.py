"""A database of the first implementation, and the command that brings over what is in it."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

from support.connection import Row
from support.database import TREE, Database, utc_now

IMPORT = TREE / "migrations/import"
# As the first implementation stored the password "toomanysecrets".
LEGACY_HASH = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk"
SOURCE_TABLES = [
    "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(120), email VARCHAR(255) COLLATE utf8mb4_bin"
    " UNIQUE, password_hash VARCHAR(255), role ENUM('organizer', 'participant'), created_at DATETIME)",
    "CREATE TABLE events (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), description VARCHAR(2000), venue"
    " VARCHAR(200), speaker VARCHAR(120), event_date DATETIME, total_seats INT, seats_available INT, organizer_id INT)",
    "CREATE TABLE registrations (id INT AUTO_INCREMENT PRIMARY KEY, user_id INT, event_id INT, seats_booked INT,"
    " created_at DATETIME, registered_at DATETIME, reminder_sent BOOLEAN)",
]

Result = subprocess.CompletedProcess


class Source:
    """A database of the first implementation, and the import of it into an EventHub database."""

    def __init__(self, database: Database, name: str) -> None:
        self.database = database
        self.name = name
        self.root = database.connect("root")
        # The original puts up with whatever its server does.
        self.root.rows("SET SESSION sql_mode = ''")
        self.root.rows(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        self.root.rows(f"USE `{name}`")
        for table in SOURCE_TABLES:
            self.root.rows(table)

    def drop(self) -> None:
        self.root.rows(f"DROP DATABASE `{self.name}`")
        self.root.close()

    def insert(self, table: str, **values: Any) -> int:
        places = ", ".join(["%s"] * len(values))
        self.root.rows(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))
        return values["id"]

    def user(self, id: int, role: str | None = "participant", **values: Any) -> int:
        values = {"name": f"User {id}", "email": f"old{id}@example.org", "password_hash": LEGACY_HASH,
                  "role": role, "created_at": "2024-01-02 03:04:05", **values}
        return self.insert("users", id=id, **values)

    def event(self, id: int, organizer_id: int | None = 1, **values: Any) -> int:
        values = {"title": f"Event {id}", "description": "About it", "venue": "Hall", "speaker": "Ada",
                  "event_date": utc_now() + timedelta(days=30), "total_seats": 10, "seats_available": 10, **values}
        return self.insert("events", id=id, organizer_id=organizer_id, **values)

    def registration(self, id: int, user_id: int | None, event_id: int | None, seats: int | None = 1, **values: Any) -> int:
        values = {"created_at": "2024-05-06 07:08:09", "registered_at": "2024-05-06 07:08:09", "reminder_sent": 0, **values}
        return self.insert("registrations", id=id, user_id=user_id, event_id=event_id, seats_booked=seats, **values)

    def contents(self) -> list[Row]:
        return self.root.rows("CHECKSUM TABLE users, events, registrations")

    def command(self, *options: str) -> list[str]:
        ours = [option for option in options if option.startswith(("--dry-run", "--zone="))]
        others = [option for option in options if option not in ours]
        # An options file has to be the first option.
        first = [] if any(option.startswith("--defaults-file") for option in others) else ["--no-defaults"]
        return [str(IMPORT), *ours, *first, *others, f"--socket={self.database.server.socket}", "--user=root",
                self.name, self.database.name]

    def run(self, *options: str) -> Result:
        """Runs the command, which never changes what it reads."""
        before = self.contents()
        result = subprocess.run(self.command(*options), capture_output=True, text=True, timeout=120)
        assert self.contents() == before
        assert self.database.audit() == []
        return result

    def lines(self, *options: str, status: int = 0) -> list[str]:
        result = self.run(*options)
        assert result.returncode == status, result.stderr
        return result.stdout.splitlines()
