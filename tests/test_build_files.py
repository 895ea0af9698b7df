"""The files that build, install and describe the project agree with it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.main import get_command

from forecaster.cli import app

ROOT = Path(__file__).parent.parent
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
LOCKS = {
    "serve": (),
    "run": ("train", "build"),
    "dev": ("train", "build", "otel", "dev"),
}


def project() -> dict[str, Any]:
    declared: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return declared


def pins(lock: str) -> dict[str, set[str]]:
    """Versions by name; a package may have one for each Python."""
    found: dict[str, set[str]] = {}
    for name, version in PINNED.findall((ROOT / "requirements" / f"{lock}.txt").read_text()):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def documents() -> list[Path]:
    written = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("experiments/**/*.md")]
    return [*written, *(path for part in ("forecaster", "api") for path in (ROOT / part).glob("**/*.md"))]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_hashes_every_package(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()

    blocks = re.split(r"\n(?=\S)", text.strip())

    assert "://" not in text
    assert "index" not in re.findall(r"^--(\w+)", text, re.MULTILINE)
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items())
def test_a_lock_holds_what_the_project_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    declared = project()
    asked = [*declared["dependencies"], *(one for name in extras for one in declared["optional-dependencies"][name])]
    pinned = pins(lock)

    for requirement in map(Requirement, asked):
        versions = pinned.get(canonicalize_name(requirement.name), set())
        assert versions, f"{requirement.name} is missing; run `make lock`"
        assert any(requirement.specifier.contains(version) for version in versions), requirement


def test_what_serves_is_pinned_alike_in_all_locks() -> None:
    serve, run, dev = pins("serve"), pins("run"), pins("dev")

    assert {name: run[name] for name in serve} == serve
    assert {name: dev[name] for name in run} == run


def test_what_only_trains_stays_out_of_a_serving_install() -> None:
    assert not pins("serve").keys() & {
        "mlflow",
        "statsforecast",
        "deltalake",
        "pandas",
        "pyarrow",
        "numpy",
        "scikit-learn",
    }


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    targets = [link.partition("#")[0] for link in LINK.findall(document.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and not target.startswith(("http:", "https:", "mailto:"))]

    assert [target for target in local if not (document.parent / target).exists()] == []


def test_the_containers_run_commands_that_exist() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    commands = [service["command"] for service in services.values()]
    commands += [
        re.findall(r'"([^"]+)"', line)
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("CMD")
    ]
    known = get_command(app).commands  # type: ignore[attr-defined]  # a group, since there is more than one

    assert {command[0] for command in commands} == {"sectorcast"}
    assert {command[1] for command in commands} <= set(known)


def test_the_image_copies_what_exists_and_is_not_ignored() -> None:
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}

    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert {path.split("/")[0] for path in copied} <= allowed


def test_every_target_that_make_names_has_its_rule() -> None:
    text = (ROOT / "Makefile").read_text()
    (names,) = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)

    assert [name for name in names.split() if not re.search(rf"^{name}:.*## ", text, re.MULTILINE)] == []


def test_what_serves_and_the_command_line_load_without_the_packages_that_only_train() -> None:
    absent = "import sys; sys.modules.update(dict.fromkeys(('numpy', 'scipy', 'statsforecast', 'mlflow')))"

    ended = subprocess.run(
        [sys.executable, "-c", f"{absent}; import api.app, forecaster.cli"], capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
