"""What every error has in common."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from requests import Response

CORS = "Access-Control-Allow-Origin"


def expect_problem(answer: Response, status: int, detail: str, code: str) -> dict[str, Any]:
    """Asserts that the answer is this problem (RFC 9457), complete, and returns its document."""
    assert (answer.status_code, answer.text) == (status, answer.text)
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["detail"] == detail
    assert problem["status"] == status
    assert problem["code"] == code
    assert isinstance(problem["title"], str) and problem["title"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers[CORS] == "*"
    assert ("errors" in problem) == (status == 422)
    if status == 401:
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    if status == 405:
        assert answer.headers["Allow"]
    if status == 503:
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
    assert HTTPStatus(status)
    return problem


def expect_fault(answer: Response, place: str, name: str, message: str) -> None:
    """Asserts that the answer is a 422 whose only fault this is."""
    problem = expect_problem(answer, 422, message, "invalid_input")
    assert problem["errors"] == [{"in": place, "name": name, "message": message}]
