"""What tools, tests and workflows fetch by themselves is compared with its hash."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = [
    *ROOT.glob(".github/workflows/*.yml"),
    *ROOT.glob("tools/*.sh"),
    *ROOT.glob("tests/*/*.sh"),
]
#: A program that fetches, as a command: with an option.
FETCHES = re.compile(r"\b(?:curl|wget)\s+-\S*")
CHECKS = re.compile(r"\b(?:sha256sum|shasum -a 256)\b.*(?:--check|-c\b)")


def commands(text: str) -> str:
    """What is run: lines that go on are one, comments are none."""
    return re.sub(r"(?m)(?:^|\s)#.*$", "", text.replace("\\\n", " "))


@pytest.mark.holds("S9")
@pytest.mark.parametrize("path", PLACES, ids=lambda path: path.name)
def test_what_is_fetched_is_compared_with_its_hash(path: Path) -> None:
    text = commands(path.read_text(encoding="utf-8"))
    fetching = [line.strip() for line in text.splitlines() if FETCHES.search(line)]
    assert not [line for line in fetching if "|" in line.replace("||", "")]
    assert not fetching or CHECKS.search(text), fetching


def test_the_rule_finds_what_it_is_for() -> None:
    assert FETCHES.search('curl -fsSL "https://example.org" | tar xz')
    assert FETCHES.search("wget -q https://example.org")
    assert any(FETCHES.search(commands(path.read_text("utf-8"))) for path in PLACES)
