"""Which bearer tokens are believed."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import pytest

from support.database import Database
from support.expect import expect_problem
from support.shim import Shim, User

PATH = "/my-registrations"


def claims(user: User, **changes: Any) -> dict[str, Any]:
    return {"sub": str(user.id), "role": "participant", "exp": int(time.time()) + 600, **changes}


def expect_refusal(shim: Shim, token: str) -> None:
    expect_problem(shim.get(PATH, token), 401, "Invalid authentication credentials", "invalid_token")


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"},
                {"Authorization": "Token abc"}],
)
def test_without_a_token(shim: Shim, headers: dict[str, str]) -> None:
    expect_problem(shim.get(PATH, headers=headers), 401, "Not authenticated", "not_authenticated")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_scheme_has_no_case(shim: Shim, participant: User, scheme: str) -> None:
    answer = shim.get(PATH, headers={"Authorization": f"{scheme} {participant.token}"})
    assert answer.status_code == 200


def test_a_token_that_was_not_made_here_but_with_the_same_secret(shim: Shim, participant: User) -> None:
    answer = shim.get(PATH, shim.sign(claims(participant, iat=1, iss="elsewhere", extra=[1, {"a": None}])))
    assert answer.status_code == 200


@pytest.mark.parametrize("ago", [-600, 0, 20])
def test_a_token_is_good_until_half_a_minute_after_its_end(shim: Shim, participant: User, ago: int) -> None:
    assert shim.get(PATH, shim.sign(claims(participant, exp=int(time.time()) - ago))).status_code == 200


@pytest.mark.parametrize("ago", [31, 3600, 10**9])
def test_an_expired_token(shim: Shim, participant: User, ago: int) -> None:
    expect_refusal(shim, shim.sign(claims(participant, exp=int(time.time()) - ago)))


@pytest.mark.parametrize("end", ["tomorrow", "", "9999999999", None, True, [], {}, -1, 0])
def test_an_end_that_is_no_time(shim: Shim, participant: User, end: Any) -> None:
    # PyJWT itself would refuse to sign some of these as exp, so the token is put together by hand.
    expect_refusal(shim, by_hand(shim, claims(participant, exp=end)))


def by_hand(shim: Shim, content: dict[str, Any], secret: str | None = None) -> str:
    unsigned = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(content)}"
    signature = hmac.digest((shim.settings["SECRET_KEY"] if secret is None else secret).encode(), unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_token_put_together_by_hand_is_one(shim: Shim, participant: User) -> None:
    assert shim.get(PATH, by_hand(shim, claims(participant))).status_code == 200


def test_the_latest_end_there_is(shim: Shim, participant: User) -> None:
    assert shim.get(PATH, by_hand(shim, claims(participant, exp=2**63 - 1))).status_code == 200


def test_a_token_without_an_end(shim: Shim, participant: User) -> None:
    endless = claims(participant)
    del endless["exp"]
    expect_refusal(shim, shim.sign(endless))


@pytest.mark.parametrize("start", [-600, 0, 20])
def test_a_token_that_has_begun(shim: Shim, participant: User, start: int) -> None:
    assert shim.get(PATH, by_hand(shim, claims(participant, nbf=int(time.time()) + start))).status_code == 200


@pytest.mark.parametrize("start", [10**10, "soon", "0", "", None, True])
def test_a_token_that_has_not_begun(shim: Shim, participant: User, start: Any) -> None:
    expect_refusal(shim, by_hand(shim, claims(participant, nbf=start)))


def test_a_token_that_begins_in_a_minute(shim: Shim, participant: User) -> None:
    expect_refusal(shim, by_hand(shim, claims(participant, nbf=int(time.time()) + 60)))


@pytest.mark.parametrize(
    "subject", ["", "abc", "1x", " 1", "1 ", "-1", "+1", "1.0", "0x1", "0", "99999999999999999999", 1, 1.5, None, True, ["1"]]
)
def test_a_subject_that_is_no_id(shim: Shim, participant: User, subject: Any) -> None:
    expect_refusal(shim, by_hand(shim, claims(participant, sub=subject)))


@pytest.mark.parametrize("missing", ["sub", "role"])
def test_a_token_that_lacks_a_claim(shim: Shim, participant: User, missing: str) -> None:
    lacking = claims(participant)
    del lacking[missing]
    expect_refusal(shim, shim.sign(lacking))


@pytest.mark.parametrize("role", ["", "admin", "anyone", "Participant", "participant ", 1, None, True])
def test_an_unknown_role(shim: Shim, participant: User, role: Any) -> None:
    expect_refusal(shim, by_hand(shim, claims(participant, role=role)))


@pytest.mark.parametrize("secret", ["", "x", "0" * 64])
def test_a_signature_with_another_secret(shim: Shim, participant: User, secret: str) -> None:
    expect_refusal(shim, by_hand(shim, claims(participant), secret))


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_same_secret(shim: Shim, participant: User, algorithm: str) -> None:
    expect_refusal(shim, shim.sign(claims(participant), algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "RS256", "ES256", "HS256\x00", "XX"])
@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_no_signature(shim: Shim, participant: User, algorithm: str, signature: str) -> None:
    header = part({"alg": algorithm, "typ": "JWT"})
    expect_refusal(shim, f"{header}.{part(claims(participant))}.{signature}")


def test_a_signature_of_other_claims(shim: Shim, participant: User, organizer: User) -> None:
    header, _, signature = participant.token.split(".")
    expect_refusal(shim, f"{header}.{part(claims(organizer))}.{signature}")


@pytest.mark.parametrize(
    "token", ["x", ".", "..", "...", "a.b.c", "a.b.c.d", "e30.e30.", "\xff", "=.=.=", "e30", ".e30.", "W10.W10.W10", "bnVsbA.bnVsbA.bnVsbA"]
)
def test_what_is_no_token_at_all(shim: Shim, token: str) -> None:
    answer = shim.get(PATH, headers={"Authorization": b"Bearer " + token.encode("latin-1")})
    expect_problem(answer, 401, "Invalid authentication credentials", "invalid_token")


def test_a_token_with_something_after_it(shim: Shim, participant: User) -> None:
    for token in (participant.token + "x", participant.token + ".x", participant.token[:-1], participant.token + " x"):
        expect_refusal(shim, token)


def test_a_token_has_at_most_four_kilobytes(shim: Shim, participant: User) -> None:
    fits = shim.sign(claims(participant, pad="x" * 2900))
    too_long = shim.sign(claims(participant, pad="x" * 3000))
    assert len(fits) < 4096 < len(too_long)
    assert shim.get(PATH, fits).status_code == 200
    expect_refusal(shim, too_long)


def test_a_token_of_a_user_who_is_gone(shim: Shim, database: Database, participant: User, organizer: User) -> None:
    for user in (participant, organizer):
        database.rows("DELETE FROM users WHERE id = %s", [user.id])
    answers = [
        shim.get(PATH, participant.token),
        shim.post("/register/1", participant.token),
        shim.delete("/register/1", participant.token),
        shim.delete("/events/1", organizer.token),
        shim.get("/events/1/participants", organizer.token),
        shim.put("/events/1", organizer.token, json={}),
    ]
    for answer in answers:
        expect_problem(answer, 401, "Invalid authentication credentials", "invalid_token")


def test_a_role_that_the_user_does_not_have_does_not_help(shim: Shim, participant: User, event_id: int) -> None:
    forged = shim.token(participant.id, "organizer")
    expect_problem(shim.delete(f"/events/{event_id}", forged), 403, "Organizer privileges required", "organizer_required")


def test_a_token_in_the_query_is_none(shim: Shim, participant: User) -> None:
    answer = shim.get(f"{PATH}?token={participant.token}&access_token={participant.token}")
    expect_problem(answer, 401, "Not authenticated", "not_authenticated")


def test_a_bad_token_does_not_matter_where_none_is_asked_for(shim: Shim) -> None:
    assert shim.get("/events", "rubbish").status_code == 200


def test_the_lifetime_is_a_setting(database: Database) -> None:
    with Shim(database, ACCESS_TOKEN_EXPIRE_MINUTES="2") as shim:
        user = shim.signup()
        answer = shim.post("/auth/login", json={"email": user.email, "password": "password"})
        assert answer.json()["expires_in"] == 120
        expires = json.loads(base64.urlsafe_b64decode(user.token.split(".")[1] + "=="))["exp"]
        assert abs(expires - time.time() - 120) < 10


def test_shims_with_one_secret_believe_each_other(shim: Shim, database: Database) -> None:
    user = shim.signup()
    with Shim(database, SECRET_KEY=shim.settings["SECRET_KEY"]) as second, Shim(database) as stranger:
        assert second.get(PATH, user.token).status_code == 200
        expect_refusal(stranger, user.token)
