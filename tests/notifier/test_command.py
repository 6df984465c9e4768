"""The command line: options, exit statuses, and what is said where."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from sendgrid.server import StandIn
from support.connection import Row
from support.database import TREE, Database
from support.mail_kinds import KINDS
from support.notifier import PROGRAM, Notifier, add_event, deliveries, end_pauses, make_due, wait_until
from support.shim import environment

SUMMARY = re.compile(
    r"(\d+) of (\d+) mails? sent \(requests: (\d+), seconds: \d+\.\d\)((?:[;,] \d+ [a-z ]+)*)\n"
)
TABLES = "claims, deliveries, notices, cancellations, turns, registrations, events, users, settings"


def summary(text: str) -> tuple[int, int, int, str]:
    """How many mails were sent, of how many, in how many requests, and the rest of the line."""
    found = SUMMARY.fullmatch(text)
    assert found, text
    return int(found[1]), int(found[2]), int(found[3]), found[4]


def checksums(database: Database) -> list[Row]:
    return database.rows(f"CHECKSUM TABLE {TABLES} EXTENDED")


# Exit statuses, and what is said.


def test_nothing_is_due(notifier: Notifier, sendgrid: StandIn) -> None:
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(done.stdout) == (0, 0, 0, "")
    assert sendgrid.connections == 0


def test_the_summary_is_all_that_is_said(database: Database, notifier: Notifier) -> None:
    make_due(database, "reminder")
    make_due(database, "update", 2)
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(done.stdout) == (5, 5, 2, "")


def test_what_went_wrong_is_said_on_standard_error(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "reminder", 2)
    event = make_due(database, "update", 5)
    sendgrid.configure(refuse=[event.emails[0]])
    sendgrid.script([{"status": 500}])
    done = notifier.run(SENDGRID_REQUESTS="1")
    assert done.returncode == 1
    sent, claimed, _, rest = summary(done.stdout)
    assert claimed == 7
    assert (sent, rest) in [(4, "; 2 to be tried again, 1 dead"), (2, "; 5 to be tried again")]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\S+Z (error|info) ", line) for line in done.stderr.splitlines())
    assert "were not sent: 500: " in done.stderr


@pytest.mark.parametrize(
    "url",
    ["mysql://nobody:hushhush@localhost/nothing?socket=/nowhere", "mysql://nobody:hushhush@127.0.0.1:1/nothing"],
)
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_database_that_is_not_there(notifier: Notifier, url: str, options: tuple[str, ...]) -> None:
    done = notifier.run(*options, DATABASE_URL=url)
    assert done.returncode == 3
    assert "database unreachable" in done.stderr and "hushhush" not in done.stderr
    assert "would be sent" not in done.stdout


def test_a_password_that_is_wrong(database: Database, notifier: Notifier) -> None:
    url = database.url("notifier").replace(database.server.passwords["notifier"], "hushhush")
    done = notifier.run(DATABASE_URL=url)
    assert done.returncode == 3
    assert "Access denied" in done.stderr and "hushhush" not in done.stdout + done.stderr


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_an_account_without_the_role(
    database: Database, notifier: Notifier, sendgrid: StandIn, options: tuple[str, ...]
) -> None:
    make_due(database, "reminder")
    done = notifier.run(*options, DATABASE_URL=database.url("shim"))
    assert done.returncode == 3
    assert "denied" in done.stderr and "_deliveries" in done.stderr
    assert sendgrid.requests == [] and deliveries(database) == []


def test_secrets_stay_secret(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    secrets = ["SG.hush-hush-key", database.server.passwords["notifier"]]
    said = ""
    for answers in ([{"status": 401}], [{"status": 429, "reset": 3600}], [{"status": 500}], []):
        sendgrid.configure(clear=True, steps=answers)
        done = notifier.run(SENDGRID_API_KEY=secrets[0])
        said += done.stdout + done.stderr
        end_pauses(database)
    for options, wrong in (
        (("--dry-run",), {}), (("--check",), {}), (("--help",), {}), (("--nonsense",), {}),
        ((), {"SENDGRID_API_KEY": "SG.hush-hush-key two"}), ((), {"FROM_EMAIL": "x"}),
        ((), {"DATABASE_URL": database.url("notifier").replace("mysql://", "oracle://")}),
        ((), {"DATABASE_URL": database.url("notifier").replace("eventhub", "nothing")}),
        ((), {"SENDGRID_URL": "http://127.0.0.1:1"}),
    ):
        done = notifier.run(*options, **{"SENDGRID_API_KEY": secrets[0], **wrong})
        said += done.stdout + done.stderr
    assert "401" in said and "SENDGRID_API_KEY" in said and "DATABASE_URL" in said
    for secret in secrets:
        assert secret not in said


# What is said where there is nothing to do, and what nobody hears.


def test_quiet_where_nothing_is_due(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    done = notifier.run("--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    make_due(database, "reminder")
    sendgrid.script([{"status": 500}])
    done = notifier.run("--quiet")
    assert done.returncode == 1
    assert summary(done.stdout) == (0, 3, 1, "; 3 to be tried again")
    # What waits is not forgotten, although nothing is due.
    done = notifier.run("--quiet")
    assert (done.returncode, done.stderr) == (1, "")
    assert summary(done.stdout) == (0, 0, 0, "; 3 wait for their next try")
    end_pauses(database)
    done = notifier.run("--quiet")
    assert done.returncode == 0 and summary(done.stdout) == (3, 3, 1, "")
    assert notifier.run("--quiet").stdout == ""


def test_quiet_does_not_hide_a_failure(notifier: Notifier) -> None:
    done = notifier.run("--quiet", DATABASE_URL="mysql://nobody:x@127.0.0.1:1/nothing")
    assert done.returncode == 3
    assert "database unreachable" in done.stderr


def test_what_waits_is_told_besides_what_is_sent(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder", 2)
    sendgrid.script([{"status": 500}])
    assert notifier.run().returncode == 1
    make_due(database, "update", 3)
    done = notifier.run()
    assert done.returncode == 1
    assert summary(done.stdout) == (3, 3, 1, "; 2 wait for their next try")
    # And those that fail now are not told twice.
    make_due(database, "update", 3)
    sendgrid.script([{"status": 500}])
    done = notifier.run()
    assert summary(done.stdout) == (0, 3, 1, "; 3 to be tried again, 2 wait for their next try")


@pytest.mark.parametrize("option", [None, "--dry-run", "--check", "--version", "--help"])
def test_what_cannot_be_written_is_no_success(database: Database, notifier: Notifier, option: str | None) -> None:
    make_due(database, "reminder", 1)
    settings = {name: value for name, value in notifier.settings.items() if value is not None}
    for options in ([], ["--quiet"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [PROGRAM, *([option] if option else []), *options], cwd=notifier.directory, env=environment(settings),
                stdout=full, stderr=subprocess.PIPE, text=True, timeout=20,
            )
        # The second time nothing is due any more, and so nothing is said.
        silent = option is None and options != []
        assert done.returncode == (0 if silent else 1)
        assert done.stderr.startswith("" if silent else "standard output cannot be written")
        assert done.stderr.count("\n") == (not silent)


@pytest.mark.parametrize("option", [None, "--watch=1", "--check"])
def test_what_nobody_holds_open_is_no_success(
    database: Database, notifier: Notifier, sendgrid: StandIn, option: str | None
) -> None:
    """Started without the three standard descriptors, it keeps what it says from its own sockets."""
    make_due(database, "reminder", 1)
    process = subprocess.Popen(
        [PROGRAM, *([option] if option else [])], cwd=notifier.directory,
        env=environment({name: value for name, value in notifier.settings.items() if value is not None}),
        preexec_fn=lambda: os.closerange(0, 3),
    )
    try:
        if option == "--watch=1":
            wait_until(lambda: len(sendgrid.mails()) == 1)
            assert {os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)} == {"/dev/null"}
            process.terminate()
        assert process.wait(20) == 1
    finally:
        process.kill()


@pytest.mark.skipif("asan" in str(PROGRAM) or "tsan" in str(PROGRAM), reason="a sanitizer wants to be loaded first")
def test_what_fails_at_the_start_is_said_with_its_cause(notifier: Notifier, sendgrid: StandIn, tmp_path: Path) -> None:
    """As if the process had no descriptor left for signals."""
    source, library = tmp_path / "none.c", tmp_path / "none.so"
    source.write_text("#include <errno.h>\nint signalfd(int fd, const void *set, int flags)"
                      " { (void)fd, (void)set, (void)flags, errno = EMFILE; return -1; }\n")
    subprocess.run([os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-o", library, source], check=True)
    done = notifier.run(LD_PRELOAD=str(library))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(" error cannot begin: signals cannot be received: Too many open files\n")
    assert sendgrid.connections == 0


def test_the_line_for_cron(database: Database, notifier: Notifier, sendgrid: StandIn, tmp_path: Path) -> None:
    """What goes wrong is in the log, and the status is the program's, not the logger's."""
    lines = (TREE / "notifier/eventhub-notifier.cron").read_text().splitlines()
    assert "SHELL=/bin/bash" in lines
    minute, *_, account, command = lines[-1].split(maxsplit=6)
    assert (minute, account) == ("3-58/5", "eventhub") and "%" not in command
    (tmp_path / "logger").write_text(f'#!/bin/sh\n[ "$*" = "-t eventhub-notifier" ] && cat >>{tmp_path}/log\n')
    (tmp_path / "logger").chmod(0o755)
    command = command.replace("/etc/eventhub/notifier", str(notifier.directory)).replace("/usr/local/bin", str(PROGRAM.parent))
    settings = {name: value for name, value in notifier.settings.items() if value is not None}

    def run_by_cron() -> tuple[int, str]:
        (tmp_path / "log").write_text("")
        done = subprocess.run(
            ["/bin/bash", "-c", command], env={**environment(settings), "PATH": f"{tmp_path}:/usr/bin:/bin"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20,
        )
        # cron would mail it, to whom nobody knows.
        assert done.stdout == ""
        return done.returncode, (tmp_path / "log").read_text()

    assert run_by_cron() == (0, "")
    make_due(database, "reminder")
    sendgrid.script([{"status": 401}])
    status, log = run_by_cron()
    assert status == 2 and "SENDGRID_API_KEY" in log and "0 of 0 mails sent" in log
    status, log = run_by_cron()
    assert status == 0 and summary(log) == (3, 3, 1, "")


# What would be sent.


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_changes_nothing(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    event = make_due(database, kind)
    before = checksums(database)
    done = notifier.run("--dry-run", TZ="Asia/Tokyo")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    assert last == "3 mails would be sent."
    assert sorted(line.split("\t")[-1] for line in lines) == [
        f"Guest {i} <{email}>" for i, email in enumerate(event.emails)
    ]
    for line in lines:
        columns = line.split("\t")
        assert columns[0] == kind and columns[2] == "Analytical Engines" and len(columns) == 4
        assert columns[1].endswith(" JST (Asia/Tokyo)")
    assert checksums(database) == before
    assert sendgrid.connections == 0
    # What was said is what is done.
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_a_dry_run_of_what_has_failed(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder", 1)
    make_due(database, "update", 1)
    sendgrid.script([{"status": 500}])
    assert notifier.run(SENDGRID_REQUESTS="1").returncode == 1
    done = notifier.run("--dry-run")
    assert (done.returncode, done.stdout) == (0, "0 mails would be sent.\n")
    end_pauses(database)
    before = checksums(database)
    done = notifier.run("--dry-run")
    line, last = done.stdout.splitlines()
    assert line.endswith(">\tfailed 1 time so far") and last == "1 mail would be sent."
    assert checksums(database) == before


def test_a_dry_run_with_a_limit(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder", 5)
    done = notifier.run("--dry-run", "--limit", "2")
    *lines, last = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (0, 2)
    assert last == "5 mails would be sent, of which the first 2 are listed."
    assert notifier.run("--limit", "1000000000", "--dry-run").stdout.endswith("\n5 mails would be sent.\n")
    assert sendgrid.connections == 0 and deliveries(database) == []


def test_a_dry_run_lists_a_thousand(database: Database, notifier: Notifier) -> None:
    add_event(database, 1001)
    done = notifier.run("--dry-run")
    assert done.stdout.count("\n") == 1001
    assert done.stdout.endswith("\n1001 mails would be sent, of which the first 1000 are listed.\n")
    assert notifier.run("--dry-run", "--limit", "1001").stdout.endswith("\n1001 mails would be sent.\n")


def test_nothing_reaches_the_terminal_but_letters(database: Database, notifier: Notifier) -> None:
    title = "\x1b]0;owned\x07\x1b[2Ja\r\nb\tc\u0085d\u2028e\u009b2Jf\x7f"
    event = add_event(database, 0, title=title)
    user = database.store_user("ann@example.org", name=title)
    database.call("register_for_event", user, event.id, 1)
    done = notifier.run("--dry-run")
    line, last = done.stdout.split("\n")[:-1]
    assert last == "1 mail would be sent."
    kind, _, shown, who = line.split("\t")
    plain = " ]0;owned  [2Ja  b c d e 2Jf "
    assert (kind, shown, who) == ("reminder", plain, f"{plain} <ann@example.org>")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028]", done.stdout)


# How many.


def test_a_limit_is_kept_to_the_mail(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    events = [make_due(database, kind) for kind in KINDS]
    for limit, total in ((1, 1), (4, 5), (2, 7), (100, 9), (1, 9)):
        done = notifier.run("--limit", str(limit))
        assert done.returncode == 0
        assert sendgrid.mail_count == total
    assert sendgrid.recipients() == {email: 1 for event in events for email in event.emails}


def test_a_limit_over_a_thousand(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    add_event(database, 1100)
    assert summary(notifier.run("--limit", "1050").stdout)[:2] == (1050, 1050)
    assert summary(notifier.run("--limit", "1050").stdout)[:2] == (50, 50)
    assert set(sendgrid.recipients().values()) == {1}


def test_a_limit_counts_what_is_sent(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """What had to be given back, because of a rate limit, takes nobody's place."""
    make_due(database, "reminder", 5)
    sendgrid.script([{"status": 429, "reset": 1}])
    assert notifier.run("--limit", "3").returncode == 0
    assert sendgrid.mail_count == 3


# On and on.


def test_watching(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    first = make_due(database, "reminder")
    running = notifier.start("--watch", "1")
    wait_until(lambda: running.output().count("\n") == 1, "the first summary")
    second = make_due(database, "cancellation")
    wait_until(lambda: running.output().count("\n") == 2, "the second summary")
    assert running.stop() == 0
    assert sendgrid.recipients() == dict.fromkeys(first.emails + second.emails, 1)
    # A line for each pass that had something to do.
    assert [summary(line + "\n") for line in running.output().splitlines()] == [(3, 3, 1, "")] * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_pause(database: Database, notifier: Notifier, number: signal.Signals) -> None:
    database.rows("DELETE FROM turns")
    running = notifier.start("--watch", "3600")
    wait_until(lambda: database.rows("SELECT * FROM turns WHERE name = 'plan'") != [], "the first pass")
    time.sleep(0.1)
    running.send(number)
    assert running.wait(10) == 0
    # Nothing is said of a pass that has nothing to do.
    assert running.output() == "" and f"stopping on signal {number.value}" in running.log()


def test_watching_survives_failures(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = make_due(database, "update")
    sendgrid.script([{"status": 500}])
    running = notifier.start("--watch", "1")
    wait_until(lambda: running.output().endswith("; 3 to be tried again\n"), "the failure")
    end_pauses(database)
    assert sendgrid.wait_until(lambda: sendgrid.mail_count == 3)
    wait_until(lambda: running.output().count("\n") == 2, "the second summary")
    assert running.stop() == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_watching_ends_where_nothing_is_accepted(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "update")
    assert notifier.start("--watch", "1", SENDGRID_API_KEY="SG.wrong").wait() == 2
    assert len(sendgrid.requests) == 1


def test_watching_with_a_limit(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "update", 3)
    running = notifier.start("--watch", "1", "--limit", "2")
    assert sendgrid.wait_until(lambda: sendgrid.mail_count == 3)
    wait_until(lambda: running.output().count("\n") == 2, "the second summary")
    assert running.stop() == 0
    assert [summary(line + "\n")[0] for line in running.output().splitlines()] == [2, 1]


# Options.


@pytest.mark.parametrize("option", ["--limit", "--watch"])
@pytest.mark.parametrize("number", ["0", "-1", "x", "1x", "", "1.5", "0x10", "1000000001", "9" * 30])
def test_a_number_that_is_none(notifier: Notifier, sendgrid: StandIn, option: str, number: str) -> None:
    highest = {"--limit": 1000000000, "--watch": 86400}[option]
    done = notifier.run(option, number)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{option} takes a number of ") and done.stderr.count("\n") == 1
    assert done.stderr.endswith(f' from 1 to {highest}, not "{number}".\n')


def test_a_pause_has_a_limit(notifier: Notifier) -> None:
    assert notifier.run("--watch", "86400", "--check").returncode == 0
    assert notifier.run("--watch", "86401", "--check").returncode == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--nonsense",), "unknown option --nonsense"), (("x",), "unknown option x"), (("-h",), "unknown option -h"),
        (("--limit",), "--limit takes a number, which is missing"),
        (("--watch",), "--watch takes a number, which is missing"),
        (("--dry-run", "--watch", "1"), "--dry-run does not go with --watch"),
        (("--check=1",), "an option that takes no value has one: --check=1"), (("--", "x"), "unknown option x"),
    ],
)
def test_an_option_that_is_not_known(
    database: Database, notifier: Notifier, sendgrid: StandIn, options: tuple[str, ...], said: str
) -> None:
    make_due(database, "reminder")
    done = notifier.run(*options)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"eventhub-notifier: {said}\nusage: eventhub-notifier ")
    assert sendgrid.connections == 0


def test_help_names_everything(notifier: Notifier) -> None:
    # Without any setting.
    done = notifier.run("--help", **dict.fromkeys(notifier.settings))
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--watch SECONDS", "--limit N", "--quiet", "--dry-run", "--check", "--version"):
        assert re.search(rf"^  {option}  +\S", done.stdout, flags=re.MULTILINE)
    assert "--help" in done.stdout
    for status in range(4):
        assert re.search(rf"[ ;]{status} ", done.stdout[done.stdout.index("Exit status:"):])
    assert set(re.findall(r"^  ([A-Z_]{2,}) \(", done.stdout, flags=re.MULTILINE)) == {
        "DATABASE_URL", "SENDGRID_API_KEY", "FROM_EMAIL", "FROM_NAME", "REPLY_TO", "EVENT_URL",
        "UNSUBSCRIBE_URL", "MAIL_CATEGORIES", "SENDGRID_URL", "SENDGRID_CA_FILE",
        "SENDGRID_SANDBOX", "SENDGRID_REQUESTS", "MAILS_PER_REQUEST", "SENDGRID_CONNECT_TIMEOUT", "SENDGRID_TIMEOUT",
        "LEASE_SECONDS", "DB_CONNECT_TIMEOUT", "DB_TIMEOUT", "TZ",
    }


def test_version(notifier: Notifier) -> None:
    done = notifier.run("--version", **dict.fromkeys(notifier.settings))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"eventhub-notifier \d+\.\d+\.\d+ \((MariaDB Connector/C|MySQL libmysqlclient) \d+\.\d+\.\d+\)\n", done.stdout)


def test_check(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    done = notifier.run("--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, "The settings are valid.\n", "")
    assert sendgrid.connections == 0 and deliveries(database) == []
    done = notifier.run("--check", MAILS_PER_REQUEST="0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('MAILS_PER_REQUEST is "0"')


# On a terminal.


def run_on_terminal(notifier: Notifier, directory: Path) -> tuple[int, bytes, str]:
    """The exit status, what a terminal as standard error got, and standard output."""
    ours, theirs = pty.openpty()
    settings = {name: value for name, value in notifier.settings.items() if value is not None}
    process = subprocess.Popen(
        [PROGRAM], cwd=directory, env=environment(settings), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=theirs, text=True,
    )
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 65536):
            shown += data
    except OSError:
        # That is how a terminal says that nobody is there any more.
        pass
    os.close(ours)
    output, _ = process.communicate(timeout=20)
    return process.returncode, shown, output


def test_progress_is_shown_on_a_terminal(
    database: Database, notifier: Notifier, sendgrid: StandIn, tmp_path: Path
) -> None:
    for _ in range(2):
        add_event(database, 2)
    sendgrid.script([{"delay": 0.3}, {"delay": 1.6}])
    status, shown, output = run_on_terminal(notifier, tmp_path)
    assert (status, summary(output)) == (0, (4, 4, 2, ""))
    lines = shown.split(b"\r\x1b[K")
    # Before the first there is nothing, and behind the last the line is empty again.
    assert lines[0] == lines[-1] == b"" and 3 <= len(lines) <= 8
    for line in lines[1:-1]:
        assert re.fullmatch(rb"[0-4] of about 4 mails sent, 0 failed, \d+ a second", line)
    assert b"2 of about 4 mails sent" in shown


def test_a_message_does_not_stand_behind_the_progress(
    database: Database, notifier: Notifier, sendgrid: StandIn, tmp_path: Path
) -> None:
    for _ in range(2):
        add_event(database, 2)
    sendgrid.script([{"delay": 1.5}, {"status": 500}])
    status, shown, _ = run_on_terminal(notifier, tmp_path)
    assert status == 1
    assert b"of about 4 mails sent" in shown
    lines = re.sub(rb"[^\r\n]*\r\x1b\[K", b"", shown).decode().splitlines()
    (line,) = [line for line in lines if "2 mails were not sent" in line]
    assert re.match(r"\d{4}-\d\d-\d\dT", line), shown


def test_a_short_run_shows_no_progress(database: Database, notifier: Notifier, tmp_path: Path) -> None:
    make_due(database, "reminder")
    status, shown, output = run_on_terminal(notifier, tmp_path)
    assert (status, shown, summary(output)) == (0, b"", (3, 3, 1, ""))


def test_no_progress_without_a_terminal(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    sendgrid.script([{"delay": 1.4}])
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert summary(done.stdout) == (3, 3, 1, "")
