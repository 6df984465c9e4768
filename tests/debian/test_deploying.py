"""shim/OPERATING.md's "Deploying it", typed as it stands by root on a fresh machine with a database server of its own.

Services that systemd would start are started as their units say, because no systemd runs there.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from sendgrid.server import StandIn
from support.machine import Machine
from support.ports import free_port
from support.readme import blocks

UNITS = "/usr/local/lib/systemd/system"
# As systemd's units have it: an account without rights, and nothing of the shell's in the environment but the settings.
AS_NOBODY = "setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs --bounding-set=-all"
KEY = "SG.your-key"


@pytest.fixture(scope="module")
def sendgrid() -> Iterator[StandIn]:
    with StandIn(KEY) as sendgrid:
        yield sendgrid


def start_database(machine: Machine) -> None:
    """What the package's unit does; the port is no other server's."""
    machine.type(f"""
        install -d -o mysql -g mysql /run/mysqld /run/mariadbd
        mariadbd --user=mysql --port={free_port()} >/var/log/mariadbd 2>&1 &
        for _ in $(seq 300); do
            ! mariadb -e 'DO 0' 2>/dev/null || break
            sleep 0.1
        done
        mariadb -e 'DO 0'
    """).check()


def start_shim(machine: Machine, port: int) -> None:
    unit = machine.type(f"cat {UNITS}/eventhub-shim.service").check()
    program = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)[1]
    settings = re.search(r"^EnvironmentFile=(.*)$", unit, re.MULTILINE)[1]
    machine.type(f"(set -a && . {settings} && PORT={port} exec {AS_NOBODY} {program}) >/var/log/shim 2>&1 & shim=$!")


def sql(machine: Machine, account: str, statement: str) -> str:
    """What an account that the page made is answered, by the password that stands in its settings."""
    settings = {"shim": "/etc/eventhub/shim.env", "notifier": "/etc/eventhub/notifier/.env"}[account]
    password = machine.type(f"sed -n 's/^DATABASE_URL=.*:\\([^:@]*\\)@.*/\\1/p' {settings}").check().strip()
    return machine.type(
        f"MYSQL_PWD={password} mariadb --user={account} --batch eventhub -e {shlex.quote(statement)} 2>&1"
    ).output


def test_page_as_it_stands(machine: Machine, sendgrid: StandIn) -> None:
    machine.type("export SYSTEMD_OFFLINE=1 DEBIAN_FRONTEND=noninteractive").check()
    machine.type("apt-get -qq install --no-install-recommends systemd >/dev/null").check()
    port = free_port()
    typed = 0
    for block in blocks("Deploying it"):
        if "systemctl enable --now eventhub-shim" in block:
            start_shim(machine, port)
        if "eventhub-notifier --dry-run" in block:
            block += f"echo SENDGRID_URL={sendgrid.url} >>/etc/eventhub/notifier/.env\n"
        # systemctl enables services where systemd does not run, but does not start them.
        here = block.replace("localhost:8080", f"localhost:{port}").replace("enable --now", "enable")
        printed = machine.type(here).check()
        typed += 1
        if "mariadb-server" in block:
            start_database(machine)
        if "/healthz" in block:
            assert printed.endswith('{"status":"ok"}'), printed
        if "shim.env" in block:
            assert "valid" in printed, printed
    assert typed == 9
    machine.type(f"shim_url=http://localhost:{port}")


def test_units_are_enabled_and_sound(machine: Machine) -> None:
    assert machine.type("ls /etc/systemd/system/*.wants/").check().split()[1:]
    units = machine.type(f"ls {UNITS}").check().split()
    assert {"eventhub-shim.service", "eventhub-notifier.service", "eventhub-notifier.timer"} <= set(units)
    for unit in units:
        name = unit.replace("@.", "@1.")
        printed = machine.type(f"systemd-analyze verify {name} 2>&1 | grep -i eventhub || true").check()
        assert printed.strip() == "", printed


def test_secrets_are_for_root_only(machine: Machine) -> None:
    modes = machine.type("stat -c '%a %U %n' /etc/eventhub/shim.env /etc/eventhub/notifier/.env").check().splitlines()
    assert modes == ["600 root /etc/eventhub/shim.env", "600 eventhub /etc/eventhub/notifier/.env"]
    for file in ("/etc/eventhub/shim.env", "/etc/eventhub/notifier/.env"):
        assert "Permission denied" in machine.type(f"{AS_NOBODY} cat {file}").output
    # What processes show to everybody.
    assert "DATABASE_URL" not in machine.type("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").check()


def test_accounts_can_do_no_more_than_they_should(machine: Machine) -> None:
    for account, allowed in (("shim", "check_health()"), ("notifier", "preview_deliveries(1)")):
        assert "ERROR" not in sql(machine, account, f"CALL {allowed}")
    for account, refused in (("shim", "plan_deliveries(1)"), ("notifier", "list_my_registrations(1)"),
                             ("shim", "requeue_deliveries(NULL, NULL, NULL)"), ("notifier", "check_health()")):
        assert "ERROR 1370" in sql(machine, account, f"CALL {refused}"), (account, refused)
    for account in ("shim", "notifier"):
        for statement in ("SELECT * FROM users", "SELECT * FROM seat_audit", "DELETE FROM registrations", "DROP TABLE events",
                          "CREATE TABLE mine (a INT)", "SELECT * FROM mysql.user", "SELECT 'x' INTO OUTFILE '/tmp/x'",
                          "CREATE USER mine@localhost", "SET GLOBAL general_log = 1"):
            assert re.search(r"ERROR (1142|1044|1045|1227) ", sql(machine, account, statement)), (account, statement)


def test_a_mail_by_cron(machine: Machine, sendgrid: StandIn) -> None:
    """An event of tomorrow, a booking by curl, and the line of /etc/cron.d as the account in it."""
    start = (datetime.now(timezone.utc) + timedelta(hours=20)).isoformat(timespec="seconds")
    bodies = {"organizer": "Otto", "participant": "Jörg"}
    for role, name in bodies.items():
        account = f'{{"name":"{name}","email":"{role}@example.org","password":"pässwort","role":"{role}"}}'
        created = machine.type(f"curl -s $shim_url/auth/register --json '{account}'").check()
        assert "User created successfully" in created, created
        machine.type(f"""{role}=$(curl -s $shim_url/auth/login --json '{{"email":"{role}@example.org","password":"pässwort"}}' |
            sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')""").check()
    event = f'{{"title":"Café","venue":"Zoë","speaker":"Ö","event_date":"{start}","total_seats":2}}'
    machine.type(f"""curl -s $shim_url/events -H "Authorization: Bearer $organizer" --json '{event}'""").check()
    booked = machine.type('curl -s -X POST $shim_url/register/1 -H "Authorization: Bearer $participant"').check()
    assert "Registered successfully for Café" in booked, booked
    # Nobody is reminded right after booking.
    machine.type('mariadb $ADMIN eventhub -e "UPDATE registrations SET registered_at = registered_at - INTERVAL 1 DAY"').check()
    shell, entry = machine.type("grep -v '^#' /etc/cron.d/eventhub-notifier").check().splitlines()
    account, command = entry.split(maxsplit=6)[5:]
    shell = shell.removeprefix("SHELL=")
    machine.type(f"runuser -u {account} -- env -i PATH=/usr/bin:/bin HOME=/ {shell} -c {shlex.quote(command)}").check()
    assert sendgrid.mail_count == 1


def test_an_upgrade_keeps_what_is_there(machine: Machine) -> None:
    before = sql(machine, "shim", "CALL get_event(1)")
    assert "Café" in before
    upgrade = blocks("Deploying it")[-1]
    assert "eventhub-migrate" in upgrade
    printed = machine.type(f"umask 077\n{upgrade}").check()
    assert "migrate: eventhub is up to date" in printed
    assert sql(machine, "shim", "CALL get_event(1)") == before
    # As packagers and careful administrators have it: what is installed is for everybody.
    assert machine.type("find /usr/local -path '*eventhub*' ! -perm -a+r").check() == ""
