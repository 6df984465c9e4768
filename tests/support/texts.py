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
    "lines": "one\r\ntwo\tthree",
    "controls": "\x01\x1a\x7f",
    "invisible": "a\u200bb\ufeffc\u202ed",
    "null": "NULL",
}
