"""The pages that show the mails to people."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from sendgrid.record import Mail

LISTED = 200

STYLE = """
body { margin: 0; background: #f4f5f7; color: #1d2430; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { margin: 0.5rem 0; font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { margin: 1.5rem 0 0.5rem; font-size: 1rem; }
a { color: #1a56c4; }
.note { margin: 0; padding: 0.6rem 1rem; background: #fff3cd; color: #5c4700; text-align: center; }
.card { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; overflow: hidden; }
.empty { padding: 2rem 1rem; text-align: center; color: #5b6575; }
.mails { margin: 0; padding: 0; list-style: none; }
.mails a { display: block; padding: 0.7rem 1rem; color: inherit; text-decoration: none; }
.mails li + li a { border-top: 1px solid #eceff3; }
.mails a:hover, .mails a:focus { background: #f0f5ff; }
.subject { display: block; font-weight: 600; overflow-wrap: anywhere; }
.about { color: #5b6575; font-size: 0.9rem; overflow-wrap: anywhere; }
.kind { padding: 0.05rem 0.5rem; border-radius: 1rem; background: #e3ecfd; color: #1a4aa0; font-size: 0.8rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0; padding: 0.8rem 1rem; }
dt { color: #5b6575; }
dd { margin: 0; overflow-wrap: anywhere; }
pre { margin: 0; padding: 0.8rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.9rem/1.5 monospace; }
iframe { display: block; box-sizing: border-box; width: 100%; height: 60vh; border: 0; background: #fff; }
"""

_CLOSED = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; {_CLOSED}"
# The frame inherits the policy, and mails bring styles of their own. Nothing in them is fetched or run.
MAIL_POLICY = f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; {_CLOSED}"

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}<title>{title}</title>
<style>{style}</style>
</head>
<body>
<p class="note">This is a stand-in for SendGrid: nothing here has left this machine.</p>
<main>
{content}
</main>
</body>
</html>
"""


def _page(title: str, content: str, refresh: bool = False) -> str:
    return FRAME.format(
        title=escape(title), style=STYLE, content=content,
        refresh='<meta http-equiv="refresh" content="5">\n' if refresh else "",
    )


def mail_list(mails: Sequence[Mail], count: int, older: bool) -> str:
    """The mails, in order of arrival, newest first; `older` if this is not the first page of them."""
    if not mails:
        content = (
            '<div class="card empty"><p>No mails have arrived yet.</p>'
            "<p>Mails about events show up here as soon as they are sent.</p></div>"
        )
    else:
        items = "\n".join(_item(mail) for mail in reversed(mails))
        content = f'<div class="card"><ul class="mails">\n{items}\n</ul></div>'
    links = []
    if older:
        links.append('<a href="/">Newest mails</a>')
    if mails and mails[0]["number"] > 1:
        links.append(f'<a href="/?before={mails[0]["number"]}">Older mails</a>')
    total = "1 mail in all" if count == 1 else f"{count:,} mails in all"
    content = f'<h1>Mails of EventHub</h1>\n<p class="about">{total}</p>\n{content}\n<p>{" · ".join(links)}</p>'
    # An older page stays as it is while someone reads it.
    return _page(f"Mails ({count:,})", content, refresh=not older)


def _item(mail: Mail) -> str:
    return (
        f'<li><a href="/mails/{mail["number"]}"><span class="subject">{escape(mail["subject"])}</span>'
        f'<span class="about">to {escape(mail["to"])} · {_time(mail)} {_labels(mail)}</span></a></li>'
    )


def _labels(mail: Mail) -> str:
    kind = mail["custom_args"].get("eventhub_kind")
    labels = ([kind] if kind else []) + (["sandbox: not sent"] if mail["sandbox"] else [])
    return " ".join(f'<span class="kind">{escape(label)}</span>' for label in labels)


def _time(mail: Mail) -> str:
    return f"{mail['time'][:10]} {mail['time'][11:19]} UTC"


def one_mail(mail: Mail) -> str:
    headers = [
        ("From", mail["from"]), ("To", mail["to"]), ("Subject", mail["subject"]), ("Date", _time(mail)),
        *([("Reply-To", mail["reply_to"])] if mail["reply_to"] else []), *mail["headers"].items(),
        *([("Categories", ", ".join(mail["categories"]))] if mail["categories"] else []),
        ("X-Message-Id", mail["message_id"]), *mail["custom_args"].items(),
    ]
    rows = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in headers)
    text = "<p>There is none.</p>" if mail["text"] is None else f'<pre class="card">{escape(mail["text"])}</pre>'
    html = "<p>There is none.</p>"
    if mail["html"] is not None:
        html = f'<iframe class="card" sandbox title="The mail as HTML" srcdoc="{escape(mail["html"])}"></iframe>'
    content = (
        f'<p><a href="/">All mails</a></p>\n<h1>{escape(mail["subject"])}</h1>\n<p>{_labels(mail)}</p>\n'
        f'<dl class="card">\n{rows}\n</dl>\n<h2>Text</h2>\n{text}\n<h2>HTML</h2>\n{html}'
    )
    return _page(mail["subject"], content)
