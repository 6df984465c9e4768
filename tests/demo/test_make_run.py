"""`make run`: the README's commands typed as they stand, and what goes wrong on other people's machines."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from demo.conftest import DATABASE, Demo, copy_of_tree
from support.readme import examples, shows


def type_commands(commands: list[str], directory: Path) -> list[str]:
    """What one shell prints for each command."""
    mark = "---next---"
    script = "".join(f"{command}\necho '{mark}'\n" for command in commands)
    printed = subprocess.run(
        ["bash"], input=script, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
    ).stdout
    return printed.split(f"{mark}\n")[:-1]


def test_readme_as_it_stands(demo: Demo) -> None:
    demo.start()
    pairs = examples()
    assert len(pairs) > 10
    client = os.environ.get("MYSQL_CLIENT") or ("mariadb" if shutil.which("mariadb") else "mysql")
    commands = [
        command.replace("localhost:8080", f"localhost:{demo.port}").replace("localhost:8081", f"localhost:{demo.mail_port}")
        .replace("mariadb ", f"{client} ")
        for command, _ in pairs
    ]
    for (command, expected), printed in zip(pairs, type_commands(commands, demo.directory), strict=True):
        assert shows(expected, printed), f"{command}\nprinted: {printed}\nREADME:  {expected}"


def test_second_start_is_refused(demo: Demo) -> None:
    second = subprocess.run(demo.command(), cwd=demo.directory, capture_output=True, text=True, timeout=60)
    assert second.returncode != 0
    assert "already runs from this directory" in second.stderr


def test_forgetting_is_refused_while_it_runs(demo: Demo) -> None:
    clean = subprocess.run(["make", "clean-run"], cwd=demo.directory, capture_output=True, text=True, timeout=60)
    assert clean.returncode != 0
    assert "Stop it first" in clean.stderr
    assert requests.get(f"http://localhost:{demo.port}/healthz", timeout=5).status_code == 200


def test_state_survives_an_unclean_stop(demo: Demo) -> None:
    before = requests.get(f"http://localhost:{demo.port}/events", timeout=5).json()
    demo.signal(signal.SIGKILL)
    demo.start()
    assert requests.get(f"http://localhost:{demo.port}/events", timeout=5).json() == before


def test_interrupt_stops_everything(demo: Demo) -> None:
    demo.signal(signal.SIGINT)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://localhost:{demo.port}/events", timeout=5)
    assert not (demo.directory / ".run/mysql.sock").exists()
    assert "Stopped." in demo.output.read_text()


@pytest.mark.parametrize("from_environment", [False, True])
def test_port_taken_is_said(demo: Demo, from_environment: bool) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        command = demo.command(port)
        if from_environment:
            command = ["env", f"PORT={port}", *(word for word in command if not word.startswith("PORT="))]
        run = subprocess.run(command, cwd=demo.directory, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert f"Port {port} is taken by another program" in run.stderr


@pytest.mark.parametrize("command", [["make", "run", "PORT=http"], ["env", "PORT=http", "make", "run"]])
def test_wrong_port_is_said(demo: Demo, command: list[str]) -> None:
    run = subprocess.run(command, cwd=demo.directory, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert 'PORT is "http": set it to a number' in run.stderr


def test_clean_run_forgets(demo: Demo) -> None:
    subprocess.run(["make", "clean-run"], cwd=demo.directory, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert not (demo.directory / ".run").exists()


def test_long_directory_and_ordinary_user() -> None:
    """A path too long for a unix socket, and a user who is not root (where root runs the tests, one without a name)."""
    short = copy_of_tree()
    directory = short / ("long" * 30)
    directory.mkdir()
    for entry in list(short.iterdir()):
        if entry != directory:
            entry.rename(directory / entry.name)
    demo = Demo(directory)
    try:
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", "54321", short], check=True)
            demo.command = lambda port=None: [  # type: ignore[method-assign]
                "setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--", "make", "run",
                f"PORT={port or demo.port}", f"MAIL_PORT={demo.mail_port}", *DATABASE,
            ]
        demo.start()
        assert requests.get(f"http://localhost:{demo.port}/healthz", timeout=5).json() == {"status": "ok"}
        assert (directory / ".run/mysql.sock").is_socket()
        demo.signal(signal.SIGINT)
    finally:
        demo.stop()
        shutil.rmtree(short)
