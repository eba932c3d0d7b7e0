"""The recording of ``brisktls connect`` shows what the command prints now, dates aside."""

from __future__ import annotations

import html
import re
import sys

import pytest

pytest.importorskip("click")
pytest.importorskip("pty", reason="a recording needs a terminal")

from reading import ROOT

RECORDING = ROOT / "docs/connect.svg"


def lines(svg: str) -> list[str]:
    """What stands in the picture, line by line, without what differs from run to run."""
    found: dict[str, str] = {}
    for y, words in re.findall(r'<text [^>]*? y="([\d.]+)"[^>]*>([^<]*)', svg):
        found[y] = found.get(y, "") + html.unescape(words).replace("\xa0", " ")
    plain = []
    for line in found.values():
        # The library decides these, the clock the others.
        line = re.sub(r"^(  (?:Protocol|Cipher|Group) +).*", r"\1...", line.rstrip())
        line = re.sub(r"\d+(?:\.\d+)? m?s\b", "N s", line)
        plain.append(re.sub(r"\d+", "N", line))
    return plain


def test_the_recording_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    try:
        import make_recording
    finally:
        sys.modules.pop("make_recording", None)
    recorded = lines(RECORDING.read_text(encoding="utf-8"))
    assert any("chain, and the name localhost" in line for line in recorded)
    assert recorded == lines(make_recording.record()), "run: make recording"
