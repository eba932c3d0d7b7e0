"""Tables of results: for the terminal, and for the README between its two marks.

``python benchmarks/report.py`` writes the README's from the JSON file; with
``--check`` it writes nothing and exits 1 where they differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ends.peers import BRISKTLS, PEERS
from rows import ROWS, Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
README = ROOT / "README.md"
#: Where the project is: the README is read on indexes too, where no other file is.
PAGES = "https://github.com/brisktls/brisktls/blob/main/"
FILES = "https://raw.githubusercontent.com/brisktls/brisktls/main/"
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"


def number(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def verdicts(row: Row, values: dict[str, float]) -> list[tuple[str, bool]]:
    """Each bar in words with what was reached, and whether it is met."""
    told = []
    for bar in row.bars:
        reached = "" if bar.peer is None else f" ({values[BRISKTLS] / values[bar.peer]:.2f})"
        told.append((f"{bar}{reached}", bar.met(values)))
    return told


def cells(row: Row, values: dict[str, float]) -> list[str]:
    """One line of the table: title with unit, the peers, the bars."""
    told = [number(values[peer]) if peer in values else "-" for peer in PEERS]
    bars = "; ".join(
        f"{words}{'' if met else ' **missed**'}" for words, met in verdicts(row, values)
    )
    title = row.title + (f", {row.unit}" if row.unit else "")
    return [title, *told, bars]


def markdown(results: dict[str, Any]) -> str:
    """The README's section: heading, table, and what was compared."""
    measured = [row for row in ROWS if row.listed and row.name in results["best"]]
    met = [each for row in measured for _, each in verdicts(row, results["best"][row.name])]
    lines = [
        "## How fast it is",
        "",
        f"Of {len(met)} bars that were set before measuring, {sum(met)} are reached; the picture",
        f"shows the main rows. [How each is measured]({PAGES}docs/inside/measuring.md).",
        "",
        f"![What was measured, as a picture]({FILES}benchmarks/results/latest.png)",
        "",
        "<details>",
        "<summary>Every number</summary>",
        "",
        "Measured in one run by `make bench`, by turns; less is better, except where a bar",
        "says ≥. The number in brackets is the share of the peer's that was reached.",
        "",
    ]
    lines += ["| | " + " | ".join(PEERS) + " | bar (reached) |", "|---" * (len(PEERS) + 2) + "|"]
    notes = []
    for row in measured:
        lines.append("| " + " | ".join(cells(row, results["best"][row.name])) + " |")
        notes += [row.note] if row.note else []
    versions = "; ".join(f"{peer}: {text}" for peer, text in results["versions"].items())
    lines += ["", f"{results['machine']}, {results['date']}. {versions}."]
    lines += [f"{note}." for note in notes]
    lines += ["", "</details>"]
    return "\n".join(lines)


def written(text: str, table: str) -> str:
    """The README's text with another table between the marks."""
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    middle = f"\n\n{table}\n\n" if table else "\n"
    return f"{before}{BEGIN}{middle}{END}{after}"


def main(check: bool) -> int:
    """Write the README, or compare it; without results there is no table."""
    text = README.read_text(encoding="utf-8")
    there = RESULTS.exists()
    table = markdown(json.loads(RESULTS.read_text(encoding="utf-8"))) if there else ""
    new = written(text, table)
    if check:
        return int(new != text)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
