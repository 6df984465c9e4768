"""The notifier's settings: its table, and what is said of a value that is wrong.

How a .env file is read and a number understood is what tests/unit/test_settings.c is about.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.notifier import PROGRAM, Notifier, deliveries, make_due
from support.shim import environment

KEY = "SG.hushhush"
URL = "mysql://user:hushhush@db.example:3306/eventhub"
GOOD = {"DATABASE_URL": URL, "SENDGRID_API_KEY": KEY, "FROM_EMAIL": "events@example.org"}
# The lowest, the highest and the default value, and what else has to be for them to be good.
NUMBERS: dict[str, tuple[int, int, int, dict[str, str]]] = {
    "SENDGRID_SANDBOX": (0, 1, 0, {}),
    "SENDGRID_REQUESTS": (1, 100, 8, {}),
    "MAILS_PER_REQUEST": (1, 1000, 1000, {}),
    "SENDGRID_CONNECT_TIMEOUT": (1, 300, 5, {}),
    "SENDGRID_TIMEOUT": (1, 3600, 60, {"LEASE_SECONDS": "86400"}),
    "LEASE_SECONDS": (3, 86400, 300, {"SENDGRID_TIMEOUT": "1", "DB_TIMEOUT": "1"}),
    "DB_CONNECT_TIMEOUT": (1, 300, 3, {}),
    "DB_TIMEOUT": (1, 300, 30, {"LEASE_SECONDS": "86400"}),
}
TEXTS = {
    "FROM_NAME": "EventHub", "REPLY_TO": "none", "EVENT_URL": "none", "UNSUBSCRIBE_URL": "none",
    "MAIL_CATEGORIES": "none", "SENDGRID_URL": "https://api.sendgrid.com", "SENDGRID_CA_FILE": "none", "TZ": "UTC",
}


class Checker(Notifier):
    """A notifier of which only the settings are looked at."""

    def __init__(self) -> None:
        self.settings = {}

    def check(self, **settings: str | None) -> str:
        """What --check says on standard error; nothing if all is well."""
        done = self.run("--check", **{**GOOD, **settings})
        assert (done.returncode, done.stdout) in [(0, "The settings are valid.\n"), (2, "")], done
        assert (done.returncode == 0) == (done.stderr == "")
        return done.stderr


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    checker = Checker()
    checker.directory, checker.started = tmp_path, []
    return checker


def test_good_settings(checker: Checker) -> None:
    assert checker.check() == ""


@pytest.mark.parametrize("name", GOOD)
def test_a_setting_that_is_missing(checker: Checker, name: str) -> None:
    said = checker.check(**{name: None})
    assert said.startswith(f"{name} is not set. ") and said.count("\n") == 1


@pytest.mark.parametrize("name", [*NUMBERS, *TEXTS])
def test_an_empty_value_is_the_default(checker: Checker, name: str) -> None:
    assert checker.check(**{name: ""}) == ""


def test_defaults_are_told(checker: Checker) -> None:
    told = dict(re.findall(r"^  ([A-Z_]+) \((.*)\)$", checker.run("--help").stdout, flags=re.MULTILINE))
    assert told == {
        **dict.fromkeys(GOOD, "required"),
        **{name: f"default {default}" for name, default in TEXTS.items()},
        **{name: f"default {default}" for name, (_, _, default, _) in NUMBERS.items()},
    }


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_limits(checker: Checker, name: str) -> None:
    low, high, default, also = NUMBERS[name]
    for value in (low, high):
        assert checker.check(**also, **{name: str(value)}) == ""
    for wrong in (str(low - 1), str(high + 1)):
        said = checker.check(**also, **{name: wrong})
        assert said.startswith(f'{name} is "{wrong}", which is not a number from {low} to {high}. Set it to {default}')
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("lease", "timeout", "database", "good"),
    [("61", "50", "10", True), ("60", "50", "10", False), ("59", "50", "10", False), ("3", "1", "1", True),
     (None, "269", None, True), (None, "270", None, False), ("91", None, None, True), ("90", None, None, False),
     ("86400", "3600", "300", True)],
)
def test_a_lease_outlives_a_request(
    checker: Checker, lease: str | None, timeout: str | None, database: str | None, good: bool
) -> None:
    said = checker.check(LEASE_SECONDS=lease, SENDGRID_TIMEOUT=timeout, DB_TIMEOUT=database)
    if good:
        assert said == ""
    else:
        both = int(timeout or 60) + int(database or 30)
        wanted = (
            f'LEASE_SECONDS is "{lease or 300}", which is not more than SENDGRID_TIMEOUT and DB_TIMEOUT together ({both})'
        )
        assert said.startswith(wanted) and said.count("\n") == 1


@pytest.mark.parametrize(
    "key",
    ["SG. hushhush", " hushhush", "hushhush\n", "hushhush\r\nX-Evil: 1", "hush\thush", "hushh\u00fcsh", "hushhush\x7f"],
)
def test_a_key_that_is_no_part_of_a_header(checker: Checker, key: str) -> None:
    said = checker.check(SENDGRID_API_KEY=key)
    assert said.startswith("SENDGRID_API_KEY holds a blank or a character that is not ASCII. ")
    assert said.count("\n") == 1 and "hush" not in said


@pytest.mark.parametrize("email", ["events@example.org", "a@b.c", "o'hara+x@mail.example.org", "a@xn--exmple-cua.org",
                                   "a@ex\u00e4mple.org"])
def test_an_address(checker: Checker, email: str) -> None:
    assert checker.check(FROM_EMAIL=email) == ""


@pytest.mark.parametrize(
    "email",
    ["x", "@", "@example.org", "events@", "Events <events@example.org>", "<events@example.org>", "a@b.c,d@e.f",
     "a@b.c;d@e.f", "a b@example.org", "a@example.org ", "a@example.org\n", "a@example.org\nBcc: b@example.org", "a@b",
     "a..b@example.org", ".a@example.org", "a@-example.org", "a@1.2.3.4", "a@iana/x.org", "a" * 65 + "@example.org"],
)
def test_an_address_that_is_none(checker: Checker, email: str) -> None:
    said = checker.check(FROM_EMAIL=email)
    assert said == f'FROM_EMAIL is "{email}", which is no plain e-mail address. Write it as events@example.org\n'


@pytest.mark.parametrize("email", ["zo\u00eb@example.org", "a\u200b@example.org", "a@\U0001f600.org"])
def test_an_address_beyond_ascii(checker: Checker, email: str) -> None:
    assert checker.check(FROM_EMAIL=email) == (
        f'FROM_EMAIL is "{email}", which has letters beyond ASCII before the @, or a domain that cannot be written without'
        " them. Write it as events@example.org\n"
    )


@pytest.mark.parametrize("name", ["EventHub", "Caf\u00e9 \U0001f39f", "Ann \"Q\" <b>, Co.; x", "x" * 1000])
def test_a_name(checker: Checker, name: str) -> None:
    assert checker.check(FROM_NAME=name) == ""


@pytest.mark.parametrize("name", ["a\nb", "a\nBcc: b@example.org", "a\tb", "\x1b[2J", "a\x7f"])
def test_a_name_of_several_lines(checker: Checker, name: str) -> None:
    assert checker.check(FROM_NAME=name).startswith(f'FROM_NAME is "{name}", which holds a control character. ')


@pytest.mark.parametrize("name", ["FROM_NAME", "FROM_EMAIL"])
@pytest.mark.parametrize("value", [b"Caf\xe9@example.org", b"\xff@x", b"a@\xc3", b"\xed\xa0\x80@x", b"\xc0\xaf@x"])
def test_what_is_no_text_is_no_name(checker: Checker, name: str, value: bytes) -> None:
    """It would make every request one that is no JSON, and every mail one that SendGrid refuses."""
    assert checker.check(**{name: value.decode("utf-8", "surrogateescape")}).startswith(f"{name} is ")


@pytest.mark.parametrize("value", ["organizer", "help@example.org", "help@m\u00fcller.example"])
def test_an_address_for_replies(checker: Checker, value: str) -> None:
    assert checker.check(REPLY_TO=value) == ""


@pytest.mark.parametrize("value", ["Organizer", "organizers", "x", "Help <help@example.org>", "a@b.c,d@e.f"])
def test_an_address_for_replies_that_is_none(checker: Checker, value: str) -> None:
    said = checker.check(REPLY_TO=value)
    assert said.startswith(f'REPLY_TO is "{value}", which ') and said.count("\n") == 1
    assert said.endswith(". Write it as help@example.org, or organizer, or leave it out\n")


LINKS = {"EVENT_URL": "{event_id}", "UNSUBSCRIBE_URL": "{token}"}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize(
    "link",
    ["https://example.org/{}", "https://example.org:8443/a/{}/b?c=d&e=f#g", "https://example.org?x={}", "HTTPS://example.org/#/{}",
     "http://127.0.0.1:8080/{}", "https://example.org/{}?" + "x" * 450],
)
def test_a_link(checker: Checker, name: str, link: str) -> None:
    assert checker.check(**{name: link.replace("{}", LINKS[name])}) == ""


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("https://example.org/", "has no @ in it, or more than one"),
        ("https://example.org/@/@", "has no @ in it, or more than one"),
        ("https://example.org/{id}/@", "has no @ in it, or more than one"),
        ("https://example.org/@/{id}", "has no @ in it, or more than one"),
        ("https://example.org/@}", "has no @ in it, or more than one"),
        ("https://@.example.org/", "is not an address on the web"),
        ("https://example.org:@/", "is not an address on the web"),
        ("https://example.org@", "is not an address on the web"),
        ("/events/@", "is not an address on the web"),
        ("example.org/@", "is not an address on the web"),
        ("mailto:off?subject=@", "is not an address on the web"),
        ("https:///@", "is not an address on the web"),
        ("ftp://example.org/@", "begins with neither https:// nor http://"),
        ("https://example.org/a b/@", "holds a blank, or a character that has to be percent-encoded"),
        ("https://example.org/\u00fc/@", "holds a blank, or a character that has to be percent-encoded"),
        ("https://example.org/@>,<mailto:x@example.org", "holds a blank, or a character that has to be percent-encoded"),
        ('https://example.org/@"', "holds a blank, or a character that has to be percent-encoded"),
        ("https://example.org/@\nBcc:", "holds a blank, or a character that has to be percent-encoded"),
        ("https://example.org/@?" + "x" * 500, "is too long"),
    ],
)
def test_a_link_that_leads_nowhere(checker: Checker, name: str, link: str, fault: str) -> None:
    place = LINKS[name]
    link = link.replace("@", place)
    said = checker.check(**{name: link})
    assert said.startswith(f'{name} is "{link}", which {fault.replace("@", place)}. Write it as https://example.org/')
    assert said.endswith(", or leave it out\n")


def test_what_acts_by_itself_is_encrypted(checker: Checker) -> None:
    """RFC 8058 has it so; a page that only shows something may be as it is."""
    assert checker.check(EVENT_URL="http://example.org/{event_id}") == ""
    said = checker.check(UNSUBSCRIBE_URL="http://example.org/{token}")
    assert "which is not encrypted: http:// is for this machine only. " in said


@pytest.mark.parametrize(
    "categories",
    ["eventhub", "a,b", " a , b c ", ",".join("abcdefghij"), "x" * 255, ",".join(f"{i}".ljust(255, "y") for i in range(10)),
     "\"quoted\" \\"],
)
def test_categories(checker: Checker, categories: str) -> None:
    assert checker.check(MAIL_CATEGORIES=categories) == ""


@pytest.mark.parametrize(
    ("categories", "fault"),
    [
        (",".join("abcdefghijk"), "has more than ten categories"), ("x" * 256, "has a category of more than 255 characters"),
        ("a,,b", "has nothing between two commas"), ("a,", "has nothing between two commas"), (",a", "has nothing between"),
        (" ", "has nothing between"), ("a, a", "has a category twice"), ("caf\u00e9", "holds a character that is not ASCII"),
        ("a\nb", "holds a character that is not ASCII, or a control character"),
    ],
)
def test_categories_that_are_wrong(checker: Checker, categories: str, fault: str) -> None:
    said = checker.check(MAIL_CATEGORIES=categories)
    assert said.startswith(f'MAIL_CATEGORIES is "{categories}", which {fault}')
    assert said.endswith(". Write it as eventhub, or leave it out\n")


@pytest.mark.parametrize(
    "url",
    ["https://api.sendgrid.com", "https://api.sendgrid.com/", "https://api.eu.sendgrid.com", "HTTPS://API.sendgrid.com",
     "https://mail.example.org:8443", "https://192.0.2.1/", "https://[2001:db8::1]:8443/",
     "http://localhost", "http://localhost:8025/", "http://127.0.0.1:8025", "http://127.8.7.6", "http://[::1]:8025/"],
)
def test_a_base_address(checker: Checker, url: str) -> None:
    assert checker.check(SENDGRID_URL=url) == ""


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://api.sendgrid.com", "is not encrypted"),
        ("http://192.0.2.1", "is not encrypted"),
        ("http://10.0.0.1:8025", "is not encrypted"),
        ("http://0.0.0.0", "is not encrypted"),
        ("http://localhost.example.org", "is not encrypted"),
        ("http://127.example.org", "is not encrypted"),
        ("http://127.0.0.1.example.org", "is not encrypted"),
        ("http://[::2]", "is not encrypted"),
        ("http://[2001:db8::1]", "is not encrypted"),
        ("https://api.sendgrid.com/v3", "has more than"),
        ("https://api.sendgrid.com/v3/mail/send", "has more than"),
        ("https://api.sendgrid.com//", "has more than"),
        ("https://api.sendgrid.com/?x=1", "has more than"),
        ("https://api.sendgrid.com?x=1", "has more than"),
        ("https://api.sendgrid.com#x", "has more than"),
        ("https://api.sendgrid.com/#", "has more than"),
        ("https://user@api.sendgrid.com", "has more than"),
        ("https://user:secret@api.sendgrid.com/", "has more than"),
        ("http://user:secret@127.0.0.1", "has more than"),
        ("ftp://api.sendgrid.com", "begins with neither"),
        ("file:///etc/passwd", "is not the address of a server"),
        ("api.sendgrid.com", "is not the address of a server"),
        ("https://", "is not the address of a server"),
        ("https://api.sendgrid.com:99999", "is not the address of a server"),
        ("https://api.sendgrid.com\r\nX: y", "is not the address of a server"),
        ("https://api sendgrid.com", "is not the address of a server"),
        ("x", "is not the address of a server"),
    ],
)
def test_a_base_address_that_is_wrong(checker: Checker, url: str, fault: str) -> None:
    said = checker.check(SENDGRID_URL=url)
    assert said.startswith("SENDGRID_URL ") and f" {fault}" in said
    assert said.endswith("Write it as https://api.sendgrid.com\n")


@pytest.mark.parametrize("end", ["", "/"])
def test_a_slash_at_the_end_is_left_out(database: Database, notifier: Notifier, end: str) -> None:
    """Seen on the wire, because Python's server takes two slashes for one."""
    make_due(database, "reminder")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        running = notifier.start(SENDGRID_URL=f"http://127.0.0.1:{listener.getsockname()[1]}{end}")
        client, _ = listener.accept()
        with client:
            assert client.recv(100).startswith(b"POST /v3/mail/send HTTP/1.1\r\n")
            client.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
            assert running.wait() == 0


def test_certificates_that_are_not_there(checker: Checker, tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    said = checker.check(SENDGRID_CA_FILE=str(missing))
    assert said.startswith(f'SENDGRID_CA_FILE is "{missing}", which is a file that cannot be read: No such file or directory. ')
    missing.write_text("")
    assert checker.check(SENDGRID_CA_FILE=str(missing)) == ""


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", ":Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT", "<+03>-3"],
)
def test_a_zone(checker: Checker, zone: str) -> None:
    assert checker.check(TZ=zone) == ""


@pytest.mark.parametrize("zone", ["Europe/Berlni", "Europe", "Berlin", "/nowhere", "+01:00"])
def test_a_zone_that_does_not_exist(checker: Checker, zone: str) -> None:
    assert checker.check(TZ=zone).startswith(f'TZ is "{zone}", which is no time zone known to this machine. ')


def test_without_a_zone_it_is_utc(database: Database, notifier: Notifier, tmp_path: Path) -> None:
    """And not the machine's own, which the C library would take: here Tokyo's, in a world apart."""
    make_due(database, "reminder", 1)
    there = "mount --bind /usr/share/zoneinfo/Asia/Tokyo /etc/localtime"
    apart = ["unshare", "--map-root-user", "--mount", "sh", "-c", f'{there} && exec "$0" --dry-run', str(PROGRAM)]
    if subprocess.run([*apart[:5], there], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("nothing can be mounted here")
    # The machine's zone may be this very file, and is Tokyo's then.
    shutil.copy("/usr/share/zoneinfo/UTC", tmp_path)
    settings = {name: value for name, value in notifier.settings.items() if value is not None}
    done = subprocess.run(
        apart, env=environment({**settings, "TZDIR": str(tmp_path)}), stdout=subprocess.PIPE, text=True, timeout=20,
    )
    assert done.stdout.split("\t")[1].endswith(" UTC")


def test_a_database_url_that_is_wrong(checker: Checker) -> None:
    said = checker.check(DATABASE_URL="mysql://u:hushhush@h")
    assert said.startswith("DATABASE_URL ") and "hushhush" not in said


def test_everything_that_is_wrong_is_said_at_once(checker: Checker) -> None:
    said = checker.check(
        DATABASE_URL=None, SENDGRID_API_KEY="a b", FROM_EMAIL="x", SENDGRID_URL="x", LEASE_SECONDS="x", TZ="x",
    )
    assert [line.split()[0] for line in said.splitlines()] == [
        "DATABASE_URL", "SENDGRID_API_KEY", "FROM_EMAIL", "SENDGRID_URL", "LEASE_SECONDS", "TZ",
    ]


def test_a_misspelt_name(checker: Checker, database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """Wrong for --check; but mails do not wait for a name that may be meant for something else."""
    wanted = "FORM_NAME is no setting and has no effect. Write it as FROM_NAME, or remove it.\n"
    assert checker.check(FORM_NAME="x") == wanted
    assert checker.check(DB_CONNECTIONS="4", SECRET_KEY="x", DB_PORT_3306_TCP="x") == ""
    make_due(database, "reminder")
    done = notifier.run(FORM_NAME="x")
    assert done.returncode == 0 and done.stderr.startswith(wanted)


def test_a_wrong_setting_stops_the_program_too(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "reminder")
    for options in ((), ("--dry-run",), ("--watch", "1")):
        done = notifier.run(*options, SENDGRID_REQUESTS="101")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith('SENDGRID_REQUESTS is "101"')
    assert sendgrid.connections == 0 and deliveries(database) == []


# The file.


def test_a_notifier_that_runs_on_an_env_file(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = make_due(database, "reminder")
    settings = {**notifier.settings, "FROM_NAME": "The # organizers", "TZ": "Asia/Tokyo"}
    text = "".join(f"export {name}='{value}'\n" for name, value in settings.items())
    (notifier.directory / ".env").write_text(text)
    done = notifier.run(**dict.fromkeys(notifier.settings))
    assert (done.returncode, done.stderr) == (0, "")
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    mail = sendgrid.mails()[0]
    assert mail["from"] == "The # organizers <events@example.org>"
    assert "JST (Asia/Tokyo)" in str(mail["text"])


def test_settings_of_the_shim_do_no_harm(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=short\nPORT=x\nCORS_ORIGINS=y\n")
    assert checker.check() == ""


def test_an_env_file_with_a_wrong_line(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# one\n\nSENDGRID-KEY=x\n")
    assert ".env, line 3" in checker.check()


def test_an_env_file_that_is_none(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert ".env cannot be read" in checker.check()
