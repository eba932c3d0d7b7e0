"""Every command that pages, docstrings, hints and notes name can be given as it stands."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from kit.examples import blocks
from OpenSSL._command.root import root

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
SOURCES = sorted([*ROOT.glob("src/OpenSSL/**/*.py"), *ROOT.glob("examples/*.py")])
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
VARIABLES = {"ARGS", "PYTHON", "VENV", "JOBS"}
#: Where a command ends and the shell goes on.
END = re.compile(r"\s(?:\||>>?|&&|;|#)(?:\s|$)")
COMMAND = re.compile(r"(?:\w+=\S+ )*(brisktls|python -m OpenSSL|make|pip)(?= |$)(.*)", re.DOTALL)
#: Files and folders of the tree, as they are named in running text.
TREE = re.compile(
    r"(?:docs|tests|tools|src|examples|benchmarks|packaging|unit|interop|meta)/[\w./-]*\w/?"
)
#: What commands write, and what stands for any name.
NOT_THERE = re.compile(r"docs/_build.*|.*\b(?:TOPIC|FOLDER)\b.*")


def section(name: str) -> set[str]:
    """The keys of a table of pyproject.toml; Python 3.10 has no reader of TOML."""
    _, found, rest = PROJECT.partition(f"[{name}]\n")
    assert found, name
    return set(re.findall(r"^([a-z]+) = ", rest.split("\n[")[0], re.MULTILINE))


EXTRAS = section("project.optional-dependencies")


def spans(text: str) -> list[str]:
    """What stands between backticks in a page, blocks left out."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"(`+)(.+?)\1", prose, re.DOTALL)
    return [" ".join(words.replace(r"\|", "|").split()) for _, words in found]


def kept_lines(words: str) -> Iterator[str]:
    r"""The lines of a help text that click leaves as they are: those behind ``\b``."""
    for kept in re.findall(r"^ *\x08\n(.*?)(?:\n *\n|\Z)", words, re.DOTALL | re.MULTILINE):
        yield from kept.splitlines()


def strings(path: Path) -> list[str]:
    """Every text in a Python file, docstrings included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def named(path: Path) -> list[str]:
    """The lines of a file that may be commands."""
    if path.suffix == ".md":
        text = path.read_text(encoding="utf-8")
        shell = [each.text for each in blocks(text) if each.language == "sh"]
        joined = "\n".join(shell).replace("\\\n", " ")
        return [*joined.splitlines(), *spans(text)]
    return [line for words in strings(path) for line in [*spans(words), *kept_lines(words)]]


def commands(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The program and the rest of each command."""
    for line in lines:
        for part in END.split(line)[: 1 if "#" in line else None]:
            if found := COMMAND.fullmatch(part.strip()):
                yield found[1], re.split(r" {3,}", found[2])[0].strip()


def fault_of_brisktls(rest: str) -> str | None:
    """What click says to a command line, values of choices included."""
    command: click.Command = root
    words = shlex.split(rest)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        names = words.pop(0).split("|")
        if unknown := [each for each in names if each not in command.commands and each.islower()]:
            return f"no command {unknown}"
        if not names[0].islower():
            return None  # COMMAND
        command = command.commands[names[0]]
    context = click.Context(command)
    # A placeholder for an option's value, or none: what is asked is whether the option is there.
    try:
        values, left, _ = command.make_parser(context).parse_args(words)
    except click.UsageError as error:
        return None if error.message.endswith("requires an argument.") else error.message
    for option in command.get_params(context):
        given: Any = values.get(option.name or "")
        if isinstance(option.type, click.Choice) and isinstance(given, str):
            try:
                option.type.convert(given, option, context)
            except click.UsageError as error:
                return error.message
    return f"too much: {left}" if left else None


def fault_of_make(rest: str) -> str | None:
    words = [each for each in shlex.split(rest) if not each.startswith("-")]
    settings = {each.partition("=")[0] for each in words if "=" in each}
    wrong = {each for each in words if "=" not in each} - TARGETS | settings - VARIABLES
    return f"no such target or variable: {wrong}" if wrong - {"TARGET"} else None


def fault_of_pip(rest: str) -> str | None:
    asked = re.findall(r"(?:\.|brisktls)\[([\w,-]+)\]", rest)
    wrong = {extra for each in asked for extra in each.split(",")} - EXTRAS
    return f"no such extra: {wrong}" if wrong else None


FAULTS = {
    "brisktls": fault_of_brisktls,
    "python -m OpenSSL": fault_of_brisktls,
    "make": fault_of_make,
    "pip": fault_of_pip,
}


def faults(lines: list[str]) -> list[str]:
    found = [(program, rest, FAULTS[program](rest)) for program, rest in commands(lines)]
    return [f"{program} {rest}: {fault}" for program, rest, fault in found if fault]


@pytest.mark.parametrize("path", [*PAGES, *SOURCES], ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.holds("U-B6")
def test_commands_that_are_named_can_be_given(path: Path) -> None:
    assert faults(named(path)) == []


def test_commands_are_found() -> None:
    lines = [line for path in [*PAGES, *SOURCES] for line in named(path)]
    found = {f"{program} {rest.partition(' ')[0]}" for program, rest in commands(lines)}
    assert {f"brisktls {each}" for each in root.commands} <= found
    assert {"make test", "make bench", "pip install", "python -m OpenSSL version"} & found
    assert len(list(commands(lines))) > 150


@pytest.mark.parametrize(
    "line",
    [
        "brisktls conect example.com",
        "brisktls connect example.com --no-such",
        "printf x | brisktls connect example.com --pip",
        "brisktls connect example.com --starttls gopher",
        "brisktls fleet init|no-such STORE",
        "brisktls version now",
        "A=b make no-such",
        "make bench ARG=x",
        "pip install '.[no-such]'",
    ],
)
def test_what_cannot_be_given_is_seen(line: str) -> None:
    assert len(faults([line])) == 1


def test_options_that_hints_name_are_there() -> None:
    """An error of the command line says what else to try."""
    # curl's, and pip's.
    there = {"--help", "--version", "--cacert", "--force-reinstall", "--no-deps"}
    todo: list[click.Command] = [root]
    while todo:
        command = todo.pop()
        todo += command.commands.values() if isinstance(command, click.Group) else []
        there.update(*(option.opts + option.secondary_opts for option in command.params))
    told = {
        (path.name, option)
        for path in (ROOT / "src/OpenSSL/_command").glob("*.py")
        for words in strings(path)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*\w", words)
    }
    assert [each for each in sorted(told) if each[1] not in there] == []
    assert len(told) > 50


def places(text: str) -> list[str]:
    """The files of the tree that a text names between backticks."""
    return [each for span in spans(text) for each in span.split() if TREE.fullmatch(each)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    found = places(page.read_text(encoding="utf-8"))
    folders = [ROOT, ROOT / "tests", ROOT / "docs", page.parent]
    lost = [each for each in found if not any((folder / each).exists() for folder in folders)]
    assert [each for each in lost if not NOT_THERE.fullmatch(each)] == []
