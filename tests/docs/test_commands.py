"""The commands that the pages tell people to type exist with their options; the quick ones are really run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.app import case_database
from deploy.cli import build
from deploy.settings import load
from tests.docs.pages import PAGES, ROOT, Command, blocks, code_words, commands, file_of

COMMANDS = [command for page in PAGES for command in commands(page)]
WANGGE = [command for command in COMMANDS if command.wangge is not None]
QUICK = (
    ("site", "check"), ("rules",), ("cells", "generate"), ("devices", "generate"), ("user",), ("deadletters", "list"),
)  # fmt: skip
README, OPERATIONS = ROOT / "README.md", ROOT / "docs" / "operations.md"
_TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


def find(words: tuple[str, ...]) -> tuple[Any, Any, list[str]]:
    """Return the subcommand that the words name, its context and the words after it; raises what typer raises."""
    command: Any = typer.main.get_command(build())
    rest = list(words)
    context = command.make_context("wangge", rest[:], resilient_parsing=True)
    while rest and hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, rest)
        context = type(context)(command, info_name=name, parent=context)
    return command, context, rest


def place(value: object) -> str:
    """Return the name of a case."""
    return value.place if isinstance(value, Command) else str(value)


@pytest.mark.parametrize("command", WANGGE, ids=place)
def test_wangge_command_parses(command: Command) -> None:
    """The subcommand exists and takes these options and arguments; nothing is run."""
    assert command.wangge is not None
    found, context, rest = find(command.wangge)

    found.make_context(found.name, rest, parent=context.parent)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_wangge_in_the_text_exists(page: Path) -> None:
    """A `wangge …` in the prose names a subcommand, or a group of them, and only options that it has."""
    for where, text in code_words(page):
        words = re.sub(r"[\[\]…]", " ", text).replace("|", " ").split()
        if len(words) < 2 or words[0] != "wangge":
            continue
        command: Any = typer.main.get_command(build())
        for word in words[1:]:
            inner = getattr(command, "commands", {})
            if word.startswith("--"):
                known = {option for parameter in command.params for option in parameter.opts}
                assert word in known, f"{where}: {text}"
            elif inner:
                assert word in inner, f"{where}: {text}"
                command = inner[word]


def test_make_targets_exist() -> None:
    """Whatever the pages make, the Makefile has."""
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    asked = {
        (one.place, word) for one in COMMANDS if one.words[0] == "make" for word in one.words[1:] if "=" not in word
    }

    assert asked
    assert [f"{where}: make {word}" for where, word in sorted(asked) if word not in targets] == []


def test_test_files_exist() -> None:
    """A pytest command names a test that is there, and the check of CI is a program."""
    for one in COMMANDS:
        if "pytest" in one.words:
            assert all((ROOT / word).exists() for word in one.words if word.startswith("tests/")), one.place
        elif one.words[0].startswith("."):
            name = one.words[0]
            assert name.startswith(".venv/bin/") or (ROOT / name).is_file(), one.place


def quick(page: Path) -> list[Command]:
    """Return the commands of a page that take little time and need nothing that runs."""
    wanted = (one for one in commands(page) if one.wangge is not None)
    return [one for one in wanted if any((one.wangge or ())[: len(words)] == words for words in QUICK)]


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """Return a folder with what the commands read: the sample site twice, the settings, a data folder."""
    folder = tmp_path
    sample = ROOT / "deploy" / "sites" / "xixiangtang"
    for name in ("deploy/sites/xixiangtang", "my-district"):
        shutil.copytree(sample, folder / name)
    rule = "deploy/sites/xixiangtang/rules/battery.yaml"
    (folder / rule).write_text(file_of(README, rule), encoding="utf-8")
    (folder / "site.toml").write_text(file_of(OPERATIONS, "site.toml"), encoding="utf-8")
    case_database(load(folder / "site.toml").data).dispose()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if quick(page)], ids=lambda page: str(page.relative_to(ROOT)))
def test_quick_commands_run(page: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of the page, from a folder of its own, each ends without fault; passwords come by standard input."""
    monkeypatch.chdir(workplace)
    for block in blocks(page):
        if block.file and not Path(block.file).exists():
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text + "\n", encoding="utf-8")
    for command in quick(page):
        words = [*(command.wangge or ())]
        if words[:2] in (["user", "add"], ["user", "passwd"]) and "--password-stdin" not in words:
            words.append("--password-stdin")
        result = CliRunner().invoke(build(), words, input="a long enough password\n")

        assert result.exit_code == 0, f"{command.place}: {result.output} {result.exception}"


@pytest.mark.parametrize("words", [(), *((name,) for name in find(())[0].commands)], ids=str)
def test_help_is_there(words: tuple[str, ...]) -> None:
    """Each subcommand says what it does."""
    result = CliRunner().invoke(build(), [*words, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.output
