"""A connection to the database that tells a procedure's refusal from every other error."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pymysql
import pymysql.connections
import pymysql.cursors
import pymysql.protocol

Row = dict[str, Any]

REFUSAL = re.compile(r"(?P<code>[a-z_]+)(?:\((?P<field>[a-z_]+)\))?: (?P<detail>.+)", re.DOTALL)


class Refused(Exception):
    """A procedure said no: its SQLSTATE 45nnn, with the parts of its message."""

    def __init__(self, sqlstate: str, code: str, field: str | None, detail: str) -> None:
        super().__init__(sqlstate, code, field, detail)
        self.sqlstate = sqlstate
        self.code = code
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        field = f"({self.field})" if self.field else ""
        return f"{self.sqlstate} {self.code}{field}: {self.detail}"


class Packet(pymysql.protocol.MysqlPacket):
    """A packet from the server; PyMySQL drops the SQLSTATE that an error packet holds, so it is read here."""

    __slots__ = ()

    def raise_for_error(self) -> None:
        data = self.get_all_data()
        sqlstate = data[4:9].decode("ascii") if data[3:4] == b"#" else ""
        message = REFUSAL.fullmatch(data[9:].decode("utf-8", "replace"))
        if sqlstate.startswith("45") and message:
            raise Refused(sqlstate, message["code"], message["field"], message["detail"])
        super().raise_for_error()


class Connection(pymysql.connections.Connection):
    """One session, committing by itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(charset="utf8mb4", autocommit=True, cursorclass=pymysql.cursors.DictCursor, **options)

    def _read_packet(self, packet_type: type = pymysql.protocol.MysqlPacket) -> Any:
        plain = packet_type is pymysql.protocol.MysqlPacket
        return super()._read_packet(Packet if plain else packet_type)

    def rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> list[Row]:
        """Runs one statement and returns its rows."""
        with self.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    def call(self, procedure: str, *args: Any) -> list[list[Row]]:
        """Calls a procedure and returns its result sets."""
        results: list[list[Row]] = []
        with self.cursor() as cursor:
            cursor.execute(f"CALL {procedure}({', '.join(['%s'] * len(args))})", args)
            while cursor.description is not None:
                results.append(list(cursor.fetchall()))
                cursor.nextset()
        return results
