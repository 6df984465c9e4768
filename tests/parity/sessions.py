"""Sessions that keep all that a server says: every result set with its columns' types, every error with its number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pymysql.connections
import pymysql.converters
import pymysql.cursors
import pymysql.protocol
from pymysql.constants import FIELD_TYPE

from support.database import Database

# Of every session, so that all times are equal; MariaDB knows none after 2037.
NOW = datetime(2035, 3, 1, 12, 0, 0)
SET_CLOCK = f"SET timestamp = {int(NOW.replace(tzinfo=timezone.utc).timestamp())}"

BINARY = 63
# Where a column has no number of decimals, MariaDB says 39 and MySQL 31.
NO_DECIMALS = (31, 39)
# Of a column's flags those that tell a client something about its values; the others tell of indexes.
NOT_NULL, UNSIGNED, ZEROFILL = 1, 32, 64

ENCODERS = {kind: encode for kind, encode in pymysql.converters.conversions.items() if not isinstance(kind, int)}


@dataclass(frozen=True)
class Column:
    """A column as the server describes it to its clients."""

    name: str
    type: int
    is_text: bool
    decimals: int | None
    flags: int

    @classmethod
    def of(cls, field: pymysql.protocol.FieldDescriptorPacket) -> Column:
        is_text = field.charsetnr != BINARY
        # Of a text they mean nothing, and MariaDB says one thing or another, depending on how it found the rows.
        decimals = None if is_text or field.scale in NO_DECIMALS else field.scale
        # In a union a long VARCHAR is a TEXT to MySQL, which is no less of a text.
        type_code = FIELD_TYPE.VAR_STRING if is_text and field.type_code == FIELD_TYPE.BLOB else field.type_code
        flags = field.flags & (NOT_NULL | UNSIGNED | ZEROFILL)
        return cls(field.name, type_code, is_text, decimals, flags)


@dataclass(frozen=True)
class Result:
    """One result set; its values are the bytes that the server wrote, not what a library made of them."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[bytes | None, ...], ...]


@dataclass(frozen=True)
class Error:
    """An error as it came over the wire."""

    number: int
    sqlstate: str
    message: str

    @property
    def is_refusal(self) -> bool:
        return self.sqlstate.startswith("45")


@dataclass(frozen=True)
class Answer:
    """What came back for a statement: results, and perhaps an error after them."""

    results: tuple[Result, ...]
    error: Error | None = None

    def sorted(self) -> Answer:
        results = tuple(Result(result.columns, tuple(sorted(result.rows, key=repr))) for result in self.results)
        return Answer(results, self.error)


class Raised(Exception):
    """An error on its way to the answer."""

    def __init__(self, error: Error) -> None:
        super().__init__(error)
        self.error = error


class Packet(pymysql.protocol.MysqlPacket):
    """A packet from the server, of whose error every part is kept."""

    __slots__ = ()

    def raise_for_error(self) -> None:
        data = self.get_all_data()
        number = int.from_bytes(data[1:3], "little")
        raise Raised(Error(number, data[4:9].decode("ascii"), data[9:].decode("utf-8", "replace")))


class Session(pymysql.connections.Connection):
    """A session in which it is always the same moment."""

    def __init__(self, database: Database, account: str = "root") -> None:
        server = database.server
        super().__init__(
            unix_socket=server.socket, user=server.users.get(account, account),
            password=server.passwords.get(account, ""), database=database.name, charset="utf8mb4", autocommit=True,
            read_timeout=60, init_command=SET_CLOCK, conv=ENCODERS, use_unicode=False,
        )

    def _read_packet(self, packet_type: type = pymysql.protocol.MysqlPacket) -> Any:
        plain = packet_type is pymysql.protocol.MysqlPacket
        return super()._read_packet(Packet if plain else packet_type)

    def ask(self, sql: str) -> Answer:
        """Runs a statement and keeps everything that comes back."""
        results: list[Result] = []
        with self.cursor(pymysql.cursors.Cursor) as cursor:
            try:
                cursor.execute(sql)
                more: bool | None = True
                while more:
                    if cursor.description is not None:
                        columns = tuple(Column.of(field) for field in cursor._result.fields)
                        results.append(Result(columns, tuple(cursor.fetchall())))
                    more = cursor.nextset()
            except Raised as raised:
                return Answer(tuple(results), raised.error)
        return Answer(tuple(results))
