"""The manuals against the programs: routes, settings, options, codes and procedures."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from support.programs import program
from support.routes import routes
from support.shim import run
from support.sources import MIGRATIONS, PUBLIC, Error, parameters_of, raised_errors, roles_of
from support.tree import TREE

API = (TREE / "shim/API.md").read_text(encoding="utf-8")
OPERATING = (TREE / "shim/OPERATING.md").read_text(encoding="utf-8")
MANUAL = (TREE / "db/README.md").read_text(encoding="utf-8")
NOTIFIER = (TREE / "notifier/README.md").read_text(encoding="utf-8")
HELP_OF_NOTIFIER = subprocess.run(
    [program("EVENTHUB_NOTIFIER", "eventhub-notifier"), "--help"], check=True, stdout=subprocess.PIPE, text=True
).stdout

MANUALS = [
    TREE / "README.md", TREE / "CHANGELOG.md",
    *(file for folder in ("db", "migrations", "notifier", "shim", "tests") for file in sorted((TREE / folder).rglob("*.md"))),
]


def anchors(manual: Path) -> set[str]:
    """What a link can have behind # to lead to a heading, as GitHub makes it."""
    headings = re.findall(r"^#+ (.*)$", manual.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def table(document: str, heading: str) -> list[list[str]]:
    """The rows of the table whose first line begins so."""
    lines = document[document.index(heading) :].splitlines()
    rows = []
    for line in lines[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def expect_rows(manual: str, documented: list[tuple[str, ...]], real: list[tuple[str, ...]]) -> None:
    """That a manual's table has just what is there, in its order."""
    assert set(real) - set(documented) == set(), f"not in the table of {manual}"
    assert set(documented) - set(real) == set(), f"only in the table of {manual}"
    assert documented == real, f"the table of {manual} has another order"


def test_every_route_is_in_the_manual_of_the_api() -> None:
    served = [(each.method, each.path, each.also, each.role, each.procedure, each.status) for each in routes()]
    documented = []
    for first, also, who, procedure, success in table(API, "| method and path |"):
        method, path = first.split(" ")
        documented.append(
            (method, path, also.split(" ")[-1], who.removeprefix("its "), procedure.strip("`"), success.split(" ")[0])
        )
    expect_rows("shim/API.md", documented, served)


def settings_of(document: str, help_text: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The settings and their defaults, as documented and as the program prints them."""
    documented = [(name.strip("`"), default) for name, default, _ in table(document, "| name | default | |")]
    return documented, re.findall(r"^  ([A-Z_]{2,}) \((?:default )?(.*)\)$", help_text, re.MULTILINE)


def test_every_setting_is_in_the_manual_for_operators(tmp_path: Path) -> None:
    expect_rows("shim/OPERATING.md", *settings_of(OPERATING, run("--help", directory=tmp_path).stdout))


def test_every_setting_of_the_notifier_is_in_its_readme() -> None:
    expect_rows("notifier/README.md", *settings_of(NOTIFIER, HELP_OF_NOTIFIER))


def test_every_option_of_the_notifier_is_in_its_readme() -> None:
    documented = [option.strip("`") for option, _ in table(NOTIFIER, "| option | |")]
    printed = re.findall(r"^  (--[a-z-]+(?: [A-Z]+)?)  ", HELP_OF_NOTIFIER, re.MULTILINE)
    assert documented == printed


def test_every_exit_status_of_the_notifier_is_in_its_readme() -> None:
    documented = [status for status, _ in table(NOTIFIER, "| exit status | |")]
    declared = re.findall(r"^    RUN_\w+ = (\d),", (TREE / "notifier/exit_status.h").read_text(), re.MULTILINE)
    assert documented == declared


def test_every_file_of_the_notifier_is_in_its_readme() -> None:
    documented = {name for names, _ in table(NOTIFIER, "| file | |") for name in re.findall(r"`(\w+\.c)`", names)}
    assert documented == {file.name for file in (TREE / "notifier").glob("*.c")}


def test_every_file_of_the_shim_is_in_its_map() -> None:
    text = (TREE / "shim/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]*) \|", text[text.index("## Map of the code"):text.index("## Where the next")], re.MULTILINE)
    documented = {name for row in rows for name in re.findall(r"`(\w+\.[ch])`", row)}
    files = [*(TREE / "shim").rglob("*.[ch]"), *(TREE / "db/client").glob("*.[ch]")]
    sources = {file.name for file in files if file.suffix == ".c"}
    headers_alone = {file.name for file in files if not file.with_suffix(".c").exists()}
    # A header without a source file may be left out where it is only for its neighbours.
    assert sources <= documented <= sources | headers_alone


def test_the_crontab_line_is_the_manuals() -> None:
    line = (TREE / "notifier/eventhub-notifier.cron").read_text().splitlines()[-1]
    assert line in NOTIFIER


def documented_codes() -> set[str]:
    return {code for _, _, codes in table(API, "| status | when |") for code in re.findall(r"`(\w+)`", codes)}


def test_every_code_is_in_the_manual_of_the_api() -> None:
    sources = "".join(file.read_text() for file in sorted((TREE / "shim").rglob("*.c")))
    of_the_shim = set(re.findall(r"(?:= |problem\))\{\s*[45]\d\d,\s*\"(\w+)\"", sources)) | set(re.findall(r'"(invalid_input|conflict)"', sources))
    # What is no refusal reaches a client as "unavailable".
    of_the_api = [file for file in PUBLIC if "eventhub_api" in roles_of(file)]
    of_the_procedures = {code for file in of_the_api for state, code in raised_errors(file) if state < "45500"}
    assert "not_found" in of_the_shim and "seats_exhausted" in of_the_procedures
    assert documented_codes() == of_the_shim | of_the_procedures


def test_every_refusal_is_in_the_manual() -> None:
    documented: set[Error] = set()
    for sqlstate, codes in table(MANUAL, "| SQLSTATE | codes |"):
        documented |= {(sqlstate, code) for code in re.findall(r"`(\w+)", codes)}
    assert documented == {error for file in PUBLIC for error in raised_errors(file)}


def test_every_procedure_is_in_the_manual() -> None:
    documented = {}
    for signature, role, _ in table(MANUAL, "| procedure | who may CALL it |"):
        name, parameters = re.fullmatch(r"`(\w+)\((.*)\)`", signature).groups()
        documented[name] = (parameters, role.replace("`", ""))
    # Those behind a route are in the table of routes, and their parameters in their own manuals.
    behind_routes = {procedure.strip("`") for *_, procedure, _ in table(API, "| method and path | also |")}
    defined = {}
    for file in PUBLIC:
        defined[file.stem] = (", ".join(parameters_of(file)), ", ".join(roles_of(file)))
    assert {roles for name, (_, roles) in defined.items() if name in behind_routes} == {"eventhub_api"}
    assert documented == {name: what for name, what in defined.items() if name not in behind_routes}


def test_every_setting_of_the_database_is_in_the_manual() -> None:
    migrations = "".join(file.read_text(encoding="utf-8") for file in MIGRATIONS)
    inserted = re.findall(r"^    \('(\w+)', (\d+),", migrations, re.MULTILINE)
    assert [(name.strip("`"), value) for name, value, _ in table(MANUAL, "| name | default | |")] == inserted


def test_folders_and_files_that_are_named_exist() -> None:
    for manual in MANUALS:
        document = manual.read_text(encoding="utf-8")
        for path in re.findall(r"`((?:db|shim|notifier|migrations|tests)/[\w./-]*)`", document):
            assert (TREE / path).exists(), (manual, path)


def test_links_between_the_manuals_lead_somewhere() -> None:
    followed = 0
    for manual in MANUALS:
        for link, heading in re.findall(r"\]\(([^)#:]*)(?:#([\w-]+))?\)", manual.read_text(encoding="utf-8")):
            target = manual.parent / link if link else manual
            assert target.exists(), (manual, link)
            assert not heading or heading in anchors(target), (manual, link, heading)
            followed += 1
    assert followed > 10


def test_help_names_every_target() -> None:
    """Those that only other targets use are told by their names."""
    makefile = (TREE / "Makefile").read_text()
    targets = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE))))
    for_others = {target for target in targets if target.startswith("packages-")} | {"bench-tools"}
    printed = subprocess.run(["make", "help"], cwd=TREE, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert set(re.findall(r"\bmake ([a-z][\w-]*)", printed)) - {"alone"} == targets - for_others


def test_what_lint_passes_over_has_its_reason() -> None:
    left_out = 0
    for file in (TREE / ".clang-tidy", TREE / "tests/.clang-tidy"):
        reasons, _, checks = file.read_text().partition("Checks: '")
        for check in re.findall(r"(?:^  |^)-([a-z][\w.*-]+)", checks.partition("'\n")[0], re.MULTILINE):
            assert re.search(rf"#.*\b{re.escape(check)}", reasons), (file, check)
            left_out += 1
    assert left_out > 20
    for folder in ("db", "shim", "notifier", "tests"):
        for source in (TREE / folder).rglob("*.[ch]"):
            for mark in re.findall(r"NOLINT.*", source.read_text(encoding="utf-8")):
                assert re.match(r"NOLINT(NEXTLINE|BEGIN|END)?\([\w.,-]+\): \w+", mark), (source, mark)
