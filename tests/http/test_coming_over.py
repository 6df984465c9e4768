"""What comes over from the first implementation: password hashes, tokens, settings."""

from __future__ import annotations

import base64
import hashlib
import secrets
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from support.database import Database, Server
from support.expect import expect_problem
from support.first_implementation import Source
from support.shim import PROGRAM, STARTS_WITHIN, Shim, User, environment, numbers
from support.threads import at_once


def legacy_hash(password: str, rounds: int = 29000) -> str:
    """What passlib's pbkdf2_sha256 makes of the first 72 characters."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode().rstrip("=").replace("+", ".")

    salt = secrets.token_bytes(16)
    checksum = hashlib.pbkdf2_hmac("sha256", password[:72].encode(), salt, rounds)
    return f"$pbkdf2-sha256${rounds}${text(salt)}${text(checksum)}"


def add_user(database: Database, password_hash: str) -> tuple[int, str]:
    """A user as the import brings one over, by id and address."""
    email = f"legacy{next(numbers)}@example.org"
    user_id = database.add_user(email=email)
    database.rows("UPDATE users SET password_hash = %s WHERE id = %s", [password_hash, user_id])
    return user_id, email


def hash_of(database: Database, user_id: int) -> str:
    return database.rows("SELECT password_hash FROM users WHERE id = %s", [user_id])[0]["password_hash"]


def log_in(shim: Shim, email: str, password: str) -> Any:
    return shim.post("/auth/login", json={"email": email, "password": password})


def expect_no_login(shim: Shim, email: str, password: str) -> None:
    expect_problem(log_in(shim, email, password), 401, "Invalid credentials", "invalid_credentials")


@pytest.mark.parametrize("password", ["x", "nanosecond", "pässwörd 😀", "a" * 72])
def test_the_hash_is_accepted_and_replaced(shim: Shim, database: Database, password: str) -> None:
    user_id, email = add_user(database, legacy_hash(password))
    answer = log_in(shim, email, password)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"access_token", "token_type", "role", "expires_in"}
    assert shim.get("/my-registrations", answer.json()["access_token"]).json()["registered_events"] == []

    replaced = hash_of(database, user_id)
    assert replaced.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    expect_no_login(shim, email, password + "x")
    assert log_in(shim, email, password).status_code == 200
    assert hash_of(database, user_id) == replaced


def test_a_wrong_password_replaces_nothing(shim: Shim, database: Database) -> None:
    old = legacy_hash("nanosecond")
    user_id, email = add_user(database, old)
    for password in ("", "nanoseconds", "Nanosecond", old):
        expect_no_login(shim, email, password)
    assert hash_of(database, user_id) == old


def test_the_first_72_characters_were_enough_and_what_was_typed_counts_from_then_on(
    shim: Shim, database: Database
) -> None:
    stem = "é" * 72
    user_id, email = add_user(database, legacy_hash(stem + "one"))
    expect_no_login(shim, email, stem[1:])
    # Whatever follows them, it was the right password; from now on this is the one.
    assert log_in(shim, email, stem + "another").status_code == 200
    assert hash_of(database, user_id).startswith("$argon2id$")
    for password in (stem, stem + "one"):
        expect_no_login(shim, email, password)
    assert log_in(shim, email, stem + "another").status_code == 200


@pytest.mark.parametrize(
    "stored",
    ["", "!", "plain text", "$2b$12$" + "a" * 53, "$pbkdf2-sha256$29000$salt", "$argon2id$broken",
     legacy_hash("nanosecond").replace("$29000$", "$1000001$"), legacy_hash("nanosecond") + "A", "x" * 255],
    ids=["empty", "none", "text", "bcrypt", "cut", "broken", "rounds", "long", "longest"],
)
def test_a_hash_of_no_known_kind_is_said_in_the_log(shim: Shim, database: Database, stored: str) -> None:
    user_id, email = add_user(database, stored)
    for password in ("nanosecond", stored):
        expect_no_login(shim, email, password)
    lines = [line for line in shim.log().splitlines() if f"user {user_id} cannot log in" in line]
    assert len(lines) == 2 and "--hash-password" in lines[0]
    assert stored == "" or stored not in shim.log()
    assert hash_of(database, user_id) == stored


def test_a_wrong_password_is_no_matter_for_the_log(shim: Shim, database: Database) -> None:
    known = shim.add_user()
    for user_id, email in (add_user(database, legacy_hash("nanosecond")), (known.id, known.email), (0, "nobody@example.org")):
        expect_no_login(shim, email, "wrong")
        assert f"user {user_id} cannot log in" not in shim.log()


def test_a_hash_that_cannot_be_replaced_is_still_good(database: Database) -> None:
    old = legacy_hash("nanosecond")
    user_id, email = add_user(database, old)
    grant = "EXECUTE ON PROCEDURE replace_password_hash"
    database.rows(f"REVOKE {grant} FROM eventhub_api")
    try:
        with Shim(database) as shim:
            assert log_in(shim, email, "nanosecond").status_code == 200
            assert f"the password hash of user {user_id} was not replaced" in shim.log()
            assert hash_of(database, user_id) == old
    finally:
        database.rows(f"GRANT {grant} TO eventhub_api")
    with Shim(database) as shim:
        assert log_in(shim, email, "nanosecond").status_code == 200
        assert hash_of(database, user_id).startswith("$argon2id$")


def test_many_first_log_ins_at_once_replace_the_hash_once(shim: Shim, database: Database) -> None:
    user_id, email = add_user(database, legacy_hash("nanosecond"))
    answers = at_once([lambda: log_in(shim, email, "nanosecond")] * 8)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert log_in(shim, email, "nanosecond").status_code == 200
    assert hash_of(database, user_id).startswith("$argon2id$")


def test_its_tokens_name_people_by_address_and_are_refused(shim: Shim, participant: User) -> None:
    claims = {"sub": participant.email, "role": "participant", "exp": int(time.time()) + 3600}
    answer = shim.get("/my-registrations", shim.sign(claims))
    expect_problem(answer, 401, "Invalid authentication credentials", "invalid_token")


@pytest.mark.parametrize("program", ["eventhub-shim", "eventhub-notifier"])
def test_its_settings_are_valid_as_they_are(tmp_path: Path, program: str) -> None:
    (tmp_path / ".env").write_text(
        "DATABASE_URL=mysql+pymysql://eventhub:secret@localhost:3306/eventhub\n"
        "SECRET_KEY=0123456789abcdef0123456789abcdef\n"
        "ALGORITHM=HS256\n"
        "ACCESS_TOKEN_EXPIRE_MINUTES=60\n"
        "SENDGRID_API_KEY=SG.secret\n"
        "FROM_EMAIL=eventhub@example.org\n"
    )
    checked = subprocess.run(
        [PROGRAM.with_name(program), "--check"], cwd=tmp_path, env=environment({}), text=True, capture_output=True,
        timeout=STARTS_WITHIN,
    )
    assert checked.returncode == 0, checked.stderr


def test_people_find_everything_where_it_was(server: Server) -> None:
    database = Database(server)
    source = Source(database, f"first_{secrets.token_hex(4)}")
    try:
        source.user(4, "organizer")
        source.user(9, name="Ann", email="Ann@example.org", password_hash=legacy_hash("pässwort"))
        source.event(7, organizer_id=4, title="Café", total_seats=5, seats_available=3)
        source.registration(30, 9, 7, 2)
        source.registration(31, 9, 7, 2)
        assert source.run().returncode == 0
        with Shim(database) as shim:
            token = log_in(shim, "ann@example.org", "pässwort").json()["access_token"]
            mine = shim.get("/my-registrations", token).json()
            assert (mine["user"], [(event["event_id"], event["title"], event["seats_booked"]) for event in mine["registered_events"]]) == (
                "Ann", [(7, "Café", 2)]
            )
            assert shim.get("/events/7").json()["seats_available"] == 3
            assert shim.delete("/register/7", token).json()["seats_available"] == 5
            assert shim.post("/register/7?seats=5", token).status_code == 200
            # Her log-in was the first change that the import has not made.
            assert source.run().returncode == 1
    finally:
        source.drop()
        database.drop()
