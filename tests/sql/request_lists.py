"""Lists of requests as JSON, well-formed and not, for the procedures that take them."""

from __future__ import annotations

# What a request consists of, in the texts below: a participant, an event, a number of seats.
WHOLE = "A, E, 1"

MALFORMED = {
    "NULL": None, "empty": "", "blank": " ", "a word": "x", "JSON's null": "null", "a number": "1", "an object": "{}",
    "requests in an object": '{"requests": [[A, E, 1]]}', "a text": '"[[A, E, 1]]"', "blanks before": " [[A, E, 1]]",
    "a line after": "[[A, E, 1]]\n", "a line within": "[\n[A, E, 1]]", "a tab within": "[[A,\tE, 1]]",
    "one request without its list": "[A, E, 1]", "a list of lists": "[[[A, E, 1]]]",
    "an empty request": "[[A, E, 1], []]",
    "two members": "[[A, E]]", "four members": "[[A, E, 1, 1]]", "two members in the second": "[[A, E, 1], [A, E]]",
    "a fraction": "[[A, E, 1.0]]", "an exponent": "[[A, E, 1e0]]", "a fraction of an event": "[[A, E.0, 1]]",
    "nineteen digits of an actor": "[[1000000000000000000, E, 1]]",
    "nineteen digits of an event": "[[A, 1000000000000000000, 1]]",
    "nineteen digits of seats": "[[A, E, -1000000000000000000]]", "leading zeros": "[[A, E, 01]]",
    "leading zeros of an actor": "[[0A, E, 1]]", "a negative actor": "[[-A, E, 1]]", "a plus": "[[A, E, +1]]",
    "an actor as a text": '[["A", E, 1]]', "seats as a text": '[[A, E, "1"]]', "true": "[[A, E, true]]",
    "no actor": "[[null, E, 1]]", "no event": "[[A, null, 1]]", "NULL in capitals": "[[A, E, NULL]]",
    "hexadecimal": "[[A, E, 0x1]]", "digits of another script": "[[A, E, \u0661]]", "a comma too many": "[[A, E, 1],]",
    "a comma at the beginning": "[, [A, E, 1]]", "a comma too few": "[[A, E, 1] [A, E, 1]]", "no end": "[[A, E, 1]",
    "an end too many": "[[A, E, 1]]]", "something behind": "[[A, E, 1]] x", "two lists": "[[A, E, 1]][[A, E, 1]]",
    "NUL": "[[A, E, 1]\0]", "NUL behind": "[[A, E, 1]]\0", "a comment": "[[A, E, 1]]/**/",
    "SQL": "[[A, E, 1]]' OR ''='", "1001 requests": f"[{', '.join(['[A, E, 1]'] * 1001)}]",
}


def malformed(members: str) -> dict[str, str | None]:
    """MALFORMED for requests of other members, for example "E", without what is about a member that they lack."""
    texts = {}
    for name, text in MALFORMED.items():
        if "A" not in members and "actor" in name:
            continue
        text = text and text.replace(WHOLE, members)
        # What is left of another member shows that the fault is in it.
        if not text or not set("AE") & set(text.replace(members, "")):
            texts[name] = text
    return texts


def filled_in(text: str, actor: int, event_id: int) -> str:
    return text.replace("A", str(actor)).replace("E", str(event_id))
