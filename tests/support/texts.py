"""Texts that a careless program changes, cuts, or takes for something else."""

from __future__ import annotations

TEXTS = {
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467 and \U0001f3f3\ufe0f\u200d\U0001f308",
    "combining": "cafe\u0301 is not caf\u00e9",
    "four bytes": "\U00020bb7\U0001d11e\U0010fffd",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "quotes": "it's \"quoted\" `so` ''twice''",
    "backslashes": "C:\\new\\table \\' \\\\ \\0",
    "sql": "'); DROP TABLE users; -- ",
    "wildcards": "100 % of _ and ?",
    "markup": "<b>&amp;</b>",
    "blanks around": "  two before, one after ",
    "joiners": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \u0d30\u0d2e\u0d47\u0d36\u0d28\u0d4d\u200d",
    "variations": "\u845b\U000e0101 1\ufe0f\u20e3 \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "null": "NULL",
}
# What a description may hold and a line may not.
PARAGRAPHS = {**TEXTS, "lines": "one\r\n\n\ttwo", "directions": "\u202ea\u202c \u2066b\u2069", "invisible": "\u200b", "": ""}
