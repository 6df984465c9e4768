"""README.md's "Try it", and the tour that follows it, as a newcomer types it: a user with sudo, careful about who may
read his files, in a folder with an odd name, on a machine that has nothing yet."""

from __future__ import annotations

from support.machine import Machine
from support.ports import free_port
from support.readme import blocks, examples, shows

# Ann types what README.md says, so she has no way round what the tests' packages would bring.
BECOME_ANN = r"""
apt-get -qq install --no-install-recommends sudo >/dev/null
useradd --create-home --shell /bin/bash ann
echo 'ann ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann
cp -R /root/eventhub "/home/ann/Ann's \$ Evént & Hub"
chown -R ann: /home/ann
cd "/home/ann/Ann's \$ Evént & Hub"
exec sudo -u ann --set-home PORT=%d MAIL_PORT=%d bash
"""
WAIT = """
for _ in $(seq 1200); do
    ! grep -q 'Ctrl-C stops everything' ~/output || break
    jobs %1 | grep -q Running || break
    sleep 0.1
done
grep 'Ctrl-C stops everything' ~/output || { cat ~/output; false; }
"""


def test_machine_without_a_network(machine: Machine) -> None:
    machine.type("apt-get -qq install --no-install-recommends make >/dev/null").check()
    # Nor with what was fetched for other machines.
    machine.type("mkdir -p /tmp/none/partial && echo 'Dir::Cache::archives \"/tmp/none\";' >/tmp/apt.conf").check()
    typed = machine.type("APT_CONFIG=/tmp/apt.conf timeout 60 unshare --net make run")
    assert typed.status != 0
    assert "The packages could not be installed (see above). Is there a network? By hand: apt-get install gcc" in typed.output


def test_readme_as_it_stands(machine: Machine) -> None:
    port, mail_port = free_port(), free_port()
    machine.process.stdin.write((BECOME_ANN % (port, mail_port)).encode())
    machine.type("umask 077 && export CDPATH=. TMPDIR=/nowhere http_proxy=http://127.0.0.1:1 no_proxy=localhost").check()
    assert "make run" in machine.type("make help").check()
    *install, run = "".join(blocks("Try it")).splitlines()
    machine.type("\n".join(install)).check()
    machine.type(f"{run} >~/output 2>&1 &")
    machine.type(WAIT).check()
    pairs = examples()
    assert len(pairs) > 10
    for command, expected in pairs:
        here = command.replace("localhost:8080", f"localhost:{port}").replace("localhost:8081", f"localhost:{mail_port}")
        printed = machine.type(here).output
        assert shows(expected, printed), f"{here}\nprinted: {printed}\nREADME:  {expected}"
