"""Settings: from the environment and from .env, and what is said of one that is wrong."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from support.database import Database
from support.raw import Raw
from support.shim import PROGRAM, Shim, environment, run

SECRET = "a-secret-of-more-than-thirty-two-bytes"
URL = "mysql://user:hushhush@db.example:3306/eventhub"
GOOD = {"SECRET_KEY": SECRET, "DATABASE_URL": URL}
NUMBERS = {
    "ACCESS_TOKEN_EXPIRE_MINUTES": (1, 525600), "PORT": (0, 65535), "MAX_CONNECTIONS": (1, 1000000),
    "REQUEST_TIMEOUT": (1, 3600), "DB_CONNECTIONS": (1, 1000), "DB_QUEUE": (0, 1000000),
    "REUSE_PORT": (0, 1), "COMPRESSION": (0, 1),
    "CORS_CREDENTIALS": (0, 1), "DB_GROUP_LIMIT": (1, 1000), "DB_SHARED_READS": (0, 1), "DB_CONNECT_TIMEOUT": (1, 300),
    "DB_TIMEOUT": (1, 300), "PASSWORD_MEMORY_KIB": (19456, 4194304), "PASSWORD_PASSES": (2, 1000),
    "PASSWORD_THREADS": (0, 256), "PASSWORD_QUEUE": (0, 100000),
}
# What some settings need of others.
LISTED = {"CORS_ORIGINS": "https://app.example.org"}
NAMES = {*GOOD, *NUMBERS, "ALGORITHM", "HOST", "CORS_ORIGINS", "TZ"}


def check(directory: Path, **settings: str) -> str:
    """What --check says on standard error, having failed."""
    done = run("--check", directory=directory, **settings)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def test_good_settings(tmp_path: Path) -> None:
    done = run("--check", directory=tmp_path, **GOOD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The settings are valid.\n"


@pytest.mark.parametrize("option", ["--check", "--version", "--help", "--routes", "--hash-password"])
def test_what_cannot_be_written_is_no_success(tmp_path: Path, option: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [PROGRAM, option], cwd=tmp_path, env=environment(GOOD), input="a password\n", text=True, stdout=full,
            stderr=subprocess.PIPE, timeout=20,
        )
    assert done.returncode == 1 and done.stderr.startswith("standard output cannot be written")


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [None, ""])
def test_a_setting_that_is_missing(tmp_path: Path, name: str, value: str | None) -> None:
    settings = {**GOOD, name: value} if value is not None else {k: v for k, v in GOOD.items() if k != name}
    said = check(tmp_path, **settings)
    assert said.startswith(f"{name} is not set. ") and said.count("\n") == 1


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_limits(tmp_path: Path, name: str) -> None:
    low, high = NUMBERS[name]
    for value in (low, high):
        assert run("--check", directory=tmp_path, **GOOD, **LISTED, **{name: str(value)}).returncode == 0
    for wrong in (str(low - 1), str(high + 1), "x", "1x", "1.5", "0x10", "9" * 30, "-"):
        said = check(tmp_path, **GOOD, **{name: wrong})
        assert said.startswith(f'{name} is "{wrong}", which is not a number from {low} to {high}. Set it to ')
        assert said.count("\n") == 1


@pytest.mark.parametrize("value", ["x", "x" * 31])
def test_a_short_secret(tmp_path: Path, value: str) -> None:
    said = check(tmp_path, **{**GOOD, "SECRET_KEY": value})
    assert said.startswith("SECRET_KEY has fewer than 32 bytes. ")
    assert value not in said.split(".")[0].removeprefix("SECRET_KEY")
    assert run("--check", directory=tmp_path, **{**GOOD, "SECRET_KEY": "x" * 32}).returncode == 0


@pytest.mark.parametrize("value", ["HS512", "RS256", "none", "hs256"])
def test_another_algorithm(tmp_path: Path, value: str) -> None:
    assert check(tmp_path, **GOOD, ALGORITHM=value).startswith(f'ALGORITHM is "{value}", which is not supported. ')


def test_a_host_that_is_none(tmp_path: Path) -> None:
    said = check(tmp_path, **GOOD, HOST="1::2::3")
    assert said.startswith('HOST is "1::2::3", which is no address of a network interface: ')
    assert re.search(r": \w[\w ]+\. Set it to an address of this machine$", said.strip()), said


GOOD_URLS = [
    "mysql://u:p@h/d", "mysql+pymysql://u:p@h:3307/d", "mysql://u@h/d", "mysql://u:p%40%2F@h/d", "mysql://u:p@ss@h/d",
    "mysql://u:p@h1,h2:3307,[::1]:3308/d", "mysql://u:p@localhost/d?socket=/run/x.sock", "mysql://u:p@/d", "mysql://u:@h/d",
    "mysql+pymysql://u:p@h/d?charset=utf8mb4", "mysql+pymysql://u:p@localhost/d?unix_socket=/run/x.sock&charset=utf8mb4",
    "mysql+pymysql://u:p@h/d?ssl_ca=/etc/passwd&charset=utf8",
]
WRONG_URLS = [
    "x", "postgresql://u:hushhush@h/d", "mysql:u:hushhush@h/d", "mysql://h/d", "mysql://u:hushhush@h", "mysql://u:hushhush@h/",
    "mysql://u:hushhush@h:x/d", "mysql://u:hushhush@h:0/d", "mysql://u:hushhush@h:65536/d", "mysql://u:hushhush%4@h/d",
    "mysql://u:hushhush%00@h/d", "mysql://u:hushhush@h/d?socket=relative", "mysql://u:hushhush@h/d?ssl=1",
    "mysql://u:hush/hushhush@h/d", "mysql://u:hush?hushhush@h/d", "mysql://u:hush@hush/hushhush@h/d",
    "mysql://u:hush?hushhush=x@h/d?charset=utf8mb4", "mysql://u:hushhush@h/d?charset=latin1",
    "mysql://u:hushhush@[::1/d", "mysql://u:hushhush@" + ",".join("abcdefghi") + "/d",
]


@pytest.mark.parametrize("url", GOOD_URLS)
def test_an_url(tmp_path: Path, url: str) -> None:
    assert run("--check", directory=tmp_path, **{**GOOD, "DATABASE_URL": url}).returncode == 0


@pytest.mark.parametrize("url", WRONG_URLS)
def test_an_url_that_is_wrong(tmp_path: Path, url: str) -> None:
    said = check(tmp_path, **{**GOOD, "DATABASE_URL": url})
    assert said.startswith("DATABASE_URL ") and "Write it as mysql://" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("mysql+pymysql://u:p@h/d?local_infile=1", "has the option local_infile, which is not known"),
        ("mysql+pymysql://u:p@h/d?charset=latin1", "charset other than utf8mb4"),
        ("mysql+pymysql://u:p@h/d?connect_timeout=3", "DB_CONNECT_TIMEOUT"),
        ("mysql://u:pa/ss@h/d", "has a '/' in its user or password, which is written %2F there"),
        ("mysql://u:pa?ss@h/d", "has a '?' in its user or password, which is written %3F there"),
    ],
)
def test_what_is_wrong_with_an_url_is_named(tmp_path: Path, url: str, named: str) -> None:
    assert named in check(tmp_path, **{**GOOD, "DATABASE_URL": url})


def test_a_misspelt_name(tmp_path: Path) -> None:
    """Wrong for --check; but the service is not kept down by a name that may be meant for something else."""
    said = check(tmp_path, **GOOD, DB_CONECTIONS="4")
    assert said == "DB_CONECTIONS is no setting and has no effect. Write it as DB_CONNECTIONS, or remove it.\n"
    (tmp_path / ".env").write_text("FORM_EMAIL=a@example.org\nVITE_API_URL=x\n")
    assert check(tmp_path, **GOOD) == "FORM_EMAIL is no setting and has no effect. Write it as FROM_EMAIL, or remove it.\n"
    said = check(tmp_path, SECRET_KYE=SECRET, DATABASE_URL=URL)
    assert "SECRET_KEY is not set. " in said and "SECRET_KYE is no setting and has no effect. Write it as SECRET_KEY" in said


def test_a_shim_starts_in_spite_of_a_misspelt_name(database: Database) -> None:
    with Shim(database, DB_CONECTIONS="4") as shim:
        assert shim.get("/healthz").status_code == 200
        assert shim.log().startswith("DB_CONECTIONS is no setting and has no effect. Write it as DB_CONNECTIONS, ")


def test_names_of_other_things(tmp_path: Path) -> None:
    others = {
        "DB_PORT_3306_TCP": "tcp://10.0.0.1:3306", "DB_SERVICE_HOST": "10.0.0.1", "EVENTHUB_PORT": "tcp://10.0.0.2:80",
        "DATABASE_URL_OLD": "x", "HOSTNAME": "x", "LANG": "C.UTF-8", "SECRET_KEY_FALLBACKS": "x",
    }
    done = run("--check", directory=tmp_path, **GOOD, **others)
    assert (done.returncode, done.stderr) == (0, "")


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    said = check(tmp_path, PORT="x", DB_QUEUE="y", ALGORITHM="z").splitlines()
    assert {line.split()[0] for line in said} == {"PORT", "DB_QUEUE", "ALGORITHM", "SECRET_KEY", "DATABASE_URL"}


def test_a_wrong_setting_stops_the_program_too(tmp_path: Path) -> None:
    done = run(directory=tmp_path, **GOOD, PORT="x")
    assert done.returncode == 2 and done.stderr.startswith('PORT is "x"')


def test_a_zone_that_does_not_exist(tmp_path: Path) -> None:
    """The C library takes it for UTC without a word, and every event would be hours off."""
    assert "TZ" in check(tmp_path, **GOOD, TZ="Europe/Berlni")


# How a line of .env is read is tested where it is read, in tests/unit/test_settings.c; here, that the program reads it.
def test_an_env_file_with_a_wrong_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# one\n\nSECRET_KEY='x\n")
    assert ".env, line 3" in check(tmp_path, **GOOD)


def test_names_for_other_programs_in_an_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SECRET_KEY={SECRET}\nDATABASE_URL={URL}\nSENDGRID_API_KEY=x\nFROM_EMAIL=\n")
    done = run("--check", directory=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_env_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert ".env cannot be read" in check(tmp_path, **GOOD)


def test_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=x\nALGORITHM=y\n")
    done = run("--check", directory=tmp_path, **GOOD, PORT="1", ALGORITHM="HS256")
    assert done.returncode == 0
    (tmp_path / ".env").write_text(f"SECRET_KEY={SECRET}\n")
    assert check(tmp_path, DATABASE_URL=URL, SECRET_KEY="short").startswith("SECRET_KEY has")


def test_a_shim_that_runs_on_an_env_file(database: Database) -> None:
    shim = Shim(database)
    text = "".join(f"export {name}='{value}'\r\n" for name, value in shim.settings.items())
    (shim.directory / ".env").write_text(text, newline="")
    shim.settings = {}
    with shim:
        assert shim.get("/healthz").status_code == 200


def test_help_lists_every_setting(tmp_path: Path) -> None:
    done = run("--help", directory=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(re.findall(r"^  ([A-Z_]{2,}) \(", done.stdout, flags=re.MULTILINE)) == NAMES
    for option in ("--check", "--hash-password", "--routes", "--version"):
        assert option in done.stdout


def test_version(tmp_path: Path) -> None:
    done = run("--version", directory=tmp_path)
    assert done.returncode == 0
    assert re.fullmatch(r"eventhub-shim \d+\.\d+\.\d+ \((MariaDB Connector/C|MySQL libmysqlclient) \d+\.\d+\.\d+\)\n", done.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "eventhub-shim: unknown option --nonsense\n"), (["x"], "eventhub-shim: unknown option x\n"),
        (["-h"], "eventhub-shim: unknown option -h\n"), ([""], "eventhub-shim: unknown option \n"),
        (["--check", "--routes"], "eventhub-shim takes one option at a time, and there is more: --routes\n"),
    ],
)
def test_an_option_that_is_not_known(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run(*arguments, directory=tmp_path, **GOOD)
    assert done.returncode == 2 and done.stderr.startswith(f"{said}usage: ")


@pytest.mark.parametrize("password", ["secret", "secret\n", "x" * 1024, "x" * 1024 + "\n", "a b  c ", "äöü\n"], ids=len)
def test_a_hash_for_a_dba(shim: Shim, tmp_path: Path, password: str) -> None:
    done = run("--hash-password", directory=tmp_path, text=password)
    assert (done.returncode, done.stderr) == (0, "")
    email = f"dba{abs(hash(password))}@example.org"
    shim.database.call("register_user", "Ada", email, done.stdout.strip(), "organizer")
    answer = shim.post("/auth/login", json={"email": email, "password": password.removesuffix("\n")})
    assert answer.status_code == 200


@pytest.mark.parametrize("password", ["", "\n", "12345", "12345\n", "x" * 1025, "x" * 1025 + "\n", "x" * 3000], ids=len)
def test_no_hash_of_what_cannot_be_a_password(tmp_path: Path, password: str) -> None:
    done = run("--hash-password", directory=tmp_path, text=password)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "A password has 6 to 1024 bytes.\n"


def test_several_shims_on_one_port(database: Database) -> None:
    with Shim(database, REUSE_PORT="1") as first, Shim(database, REUSE_PORT="1", PORT=str(first.port)) as second:
        assert second.port == first.port
        for _ in range(64):
            with Raw(first.port) as raw:
                raw.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert raw.answer().status == 200
        served = [log.count(" path=/healthz ") for log in (first.log(), second.log())]
    assert sum(served) == 64 and min(served) > 0


def test_a_port_that_is_taken(shim: Shim, database: Database, tmp_path: Path) -> None:
    done = run(directory=tmp_path, SECRET_KEY=SECRET, DATABASE_URL=database.url("shim"), PORT=str(shim.port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {shim.port}: Address already in use" in done.stderr
    assert "Sanitizer" not in done.stderr
    assert shim.get("/healthz").status_code == 200


@pytest.mark.parametrize("host", ["nowhere.invalid", "999.1.1.1", "192.0.2.1"])
def test_a_host_that_is_not_ours(database: Database, tmp_path: Path, host: str) -> None:
    done = run(directory=tmp_path, SECRET_KEY=SECRET, DATABASE_URL=database.url("shim"), HOST=host, PORT="0")
    assert done.returncode == (1 if host == "192.0.2.1" else 2)
    assert host in done.stderr and "Sanitizer" not in done.stderr


def test_version_6_of_the_internet_protocol(database: Database) -> None:
    with Shim(database, HOST="::1") as shim:
        assert shim.session.get(f"http://[::1]:{shim.port}/healthz", timeout=5).status_code == 200


GOOD_ORIGINS = [
    "*", "https://app.example.org", "http://localhost:5173", "http://127.0.0.1:3000", "https://app.example.org:80", "http://a:443",
    "http://[::1]:3000", "https://[2001:db8::1]", "http://[::ffff:102:304]", "https://xn--zo-ela.example", "https://a.example.", "http://a_b",
    "https://1.example", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "capacitor://localhost", "app+x.y-z://a",
    "https://a.example,http://b.example", "https://a.example , http://b.example,", "http://a:1", "http://a:65535",
]
BRACKETS = "with brackets that hold no IPv6 address as browsers write it"
PORT = "with a port that is no number from 1 to 65535"
BEHIND = "with a slash or more behind host and port, of which browsers send nothing"
HOST = "with a character that no host has"
WRONG_ORIGINS = {
    "localhost:5173": "without a scheme, such as https://", "app.example.org": "without a scheme, such as https://",
    "://a": "without a scheme, such as https://", "//a": "without a scheme, such as https://", "http:/a": "without a scheme, such as https://",
    "http://": "without a host", "http://:80": "without a host",
    "http://a.example/": BEHIND, "http://a.example/x": BEHIND, "http://a.example?x": BEHIND, "http://a.example#x": BEHIND, "http:///x": BEHIND,
    "https://App.example.org": "with capital letters, of which browsers send none", "HTTPS://a": "with capital letters, of which browsers send none",
    "https://a.example:443": "with the port that its scheme has anyway, which browsers leave out",
    "http://a.example:80": "with the port that its scheme has anyway, which browsers leave out",
    "http://[::1]:80": "with the port that its scheme has anyway, which browsers leave out",
    "http://a:": PORT, "http://a:0": PORT, "http://a:080": PORT, "http://a:65536": PORT, "http://a:+1": PORT,
    "http://a:8x": PORT, "http://a:1:2": PORT,
    "http://[::1": BRACKETS, "http://[::1]x": BRACKETS, "http://[app.example.org]": BRACKETS, "http://[127.0.0.1]": BRACKETS, "http://[]": BRACKETS,
    "http://[0:0:0:0:0:0:0:1]": BRACKETS, "http://[::1%eth0]": BRACKETS, "http://[::ffff:1.2.3.4]": BRACKETS,
    "[https://a.example]": "without a scheme, such as https://", "https://[a.example],https://b.example": BRACKETS,
    "https://zo\u00eb.example": "with letters beyond ASCII, which browsers send as xn--...",
    "null": "which every sandboxed page has, whoever made it",
    "*,http://a.example": "with a *, which stands for any origin, and only alone",
    "https://*.example": "with a *, which stands for any origin, and only alone",
    "http://me@a.example": HOST, "http://a%41": HOST, "http://a\tb": HOST,
    "\"https://a.example\"": "without a scheme, such as https://",
    "http://127.1": "with numbers that are no IPv4 address as browsers write it",
    "http://127.0.0.01": "with numbers that are no IPv4 address as browsers write it",
}


@pytest.mark.parametrize("origins", GOOD_ORIGINS)
def test_an_origin(tmp_path: Path, origins: str) -> None:
    done = run("--check", directory=tmp_path, **GOOD, CORS_ORIGINS=origins)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("origins", "fault"), WRONG_ORIGINS.items())
def test_an_origin_that_no_browser_sends(tmp_path: Path, origins: str, fault: str) -> None:
    """The page's own would never be found in the list, and nobody could tell why."""
    wrong = origins.split(",")[0]
    for value in (origins, f"https://good.example, {origins}"):
        said = check(tmp_path, **GOOD, CORS_ORIGINS=value)
        assert said == (
            f'CORS_ORIGINS is "{value}", which has the entry {wrong}, {fault}.'
            " Write it as https://app.example.org,https://other.example.org\n"
        )


def test_credentials_need_a_list(tmp_path: Path) -> None:
    for origins in ({}, {"CORS_ORIGINS": "*"}):
        said = check(tmp_path, **GOOD, **origins, CORS_CREDENTIALS="1")
        assert said.startswith('CORS_CREDENTIALS is "1", which needs CORS_ORIGINS to list origins and not to be "*". List ')
    done = run(directory=tmp_path, **GOOD, CORS_CREDENTIALS="1", PORT="0")
    assert done.returncode == 2 and done.stderr.startswith('CORS_CREDENTIALS is "1"')


def test_whether_the_database_answers_is_said_at_once(database: Database) -> None:
    with Shim(database) as shim:
        wait_for_log(shim, "the database answers")
    with Shim(database, DATABASE_URL="mysql://nobody:x@localhost/nothing?socket=/nowhere") as shim:
        wait_for_log(shim, "database unreachable")


def wait_for_log(shim: Shim, text: str) -> None:
    until = time.monotonic() + 10
    while text not in shim.log():
        assert time.monotonic() < until, shim.log()
        time.sleep(0.02)
