"""A copy of the tree that a test may change, and the database that it is applied to."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from support.database import TREE, Server

Result = subprocess.CompletedProcess


class Checkout:
    """A copy of the tree that a test may change, and a database of its own that it is applied to."""

    def __init__(self, server: Server, tree: Path) -> None:
        self.server = server
        self.tree = tree
        self.name = f"eventhub_{secrets.token_hex(4)}"
        for folder in ("db", "migrations"):
            shutil.copytree(TREE / folder, tree / folder)

    def migrate(self, tree: Path | None = None, options: Sequence[str] = (), **environment: str) -> Result:
        command = self.server.migrate_command(self.name, tree or self.tree)
        return subprocess.run(
            [*command[:-1], *options, command[-1]],
            capture_output=True, text=True, timeout=60, env=os.environ | environment,
        )

    def rows(self, sql: str) -> list[dict]:
        with self.server.connect("root", self.name) as root:
            return root.rows(sql)

    def procedures(self) -> set[str]:
        rows = self.rows(
            "SELECT routine_name AS name FROM information_schema.routines"
            " WHERE routine_schema = DATABASE() AND routine_type = 'PROCEDURE'"
        )
        return {row["name"] for row in rows}

    def tables(self) -> set[str]:
        rows = self.rows("SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()")
        return {row["name"] for row in rows}

    def manual(self, procedure: str) -> str:
        return self.rows(
            "SELECT routine_comment AS manual FROM information_schema.routines"
            f" WHERE routine_schema = DATABASE() AND routine_name = '{procedure}'"
        )[0]["manual"]

    def health(self) -> list:
        """What the API's account gets from check_health."""
        with self.server.connect("shim", self.name) as shim:
            return shim.call("check_health")

    def changes(self) -> list[dict]:
        """How often the server has executed each kind of statement that changes something."""
        kinds = "(alter|create|delete|drop|grant|insert|replace|revoke|update)"
        with self.server.connect() as root:
            return root.rows(f"SHOW GLOBAL STATUS WHERE variable_name REGEXP '^Com_{kinds}'")

    def wait_until_no_migrate_is_at_work(self) -> None:
        with self.server.connect("root", self.name) as root:
            taken = root.rows("SELECT GET_LOCK(CONCAT('eventhub_migrate_', LEFT(SHA2(DATABASE(), 256), 32)), 30) AS taken")
            assert taken == [{"taken": 1}]

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.tree / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


def said(result: Result) -> list[str]:
    return result.stderr.splitlines()
