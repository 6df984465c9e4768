"""What a word is: both servers split texts alike and weigh the words alike, whatever the texts."""

from __future__ import annotations

import random

from parity.pair import Pair

LETTERS = "abÿßøéŁıİſKΩжあア한漢ｆﬁ①²5٣हिกเ"
OTHERS = " \t\n\u00a0\u3000\u200b\u200c\u200d\u00ad\u0301\ufe0f'’-‐_+#.,;·。、・「」!?\"\\/%€$→∑★😀👍🏽🇩🇪\U000e0067\U00020000\ue000\ufffd\u0378\U0001faea"
ODD = [
    "C++17 and C# F# #tag ++ x+ +x a+b a++ +", "O'Neil O’Neil e-mail snake_case 100 % C:\\temp \"quoted\"",
    "東京国際フォーラムPython入門 が\u3099 ｶﾞ 서울에서 \u1112\u1161\u11ab",
    "👩\u200d👩\u200d👧 👍🏽 🇩🇪 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤\ufe0f",
    "Straße STRASSE ﬁne ™ ℃ ﷺ İstanbul ıstanbul naïve e\u0301", "", " ", "'", "+", "\u0301", "\u0001a\u0000b",
]


def samples() -> list[str]:
    chosen = random.Random(14)
    mixed = ["".join(chosen.choices(LETTERS + OTHERS, k=chosen.randrange(1, 40))) for _ in range(300)]
    # Every character that a word could be made of or end at, a block of 64 at a time, a letter between two.
    planes = [*range(0, 0xD800, 64), *range(0xE000, 0x10000, 64), *range(0x10000, 0x20000, 64), 0x20000, 0x3FFC0, 0xE0000]
    blocks = ["a".join(chr(code) for code in range(first, first + 64)) for first in planes]
    return ODD + mixed + blocks


def test_texts_are_split_and_weighed_alike(pair: Pair) -> None:
    answers = []
    for database in pair.databases:
        answers.append([
            database.rows(
                "SELECT search_text(%s) AS text, search_terms(%s) AS terms,"
                " HEX(WEIGHT_STRING(search_text(%s) COLLATE utf8mb4_unicode_520_ci)) AS weight", [text, text, text],
            )[0] for text in samples()
        ])
    for text, one, other in zip(samples(), *answers):
        assert one == other, ascii(text)
    # None of this can end the JSON text that words become.
    assert all(not set('"\\\t\n\0') & set(row["text"]) for row in answers[0])
