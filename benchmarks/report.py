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
#: What most people look for first; the rest is folded below the picture.
MAIN = (
    *("memory-64", "memory-16k", "pair-64m", "tcp-64m", "handshake", "resumption"),
    *("serve-20kb-sendall-8-kept", "serve-1mb-sendall-8-kept", "accept-full", "accept-resumed"),
    *("idle", "import"),
)
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


def line(words: list[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(words) + " |"


def figures(row: Row, values: dict[str, float]) -> list[str]:
    """The title with its unit, and the peers."""
    told = [number(values[peer]) if peer in values else "-" for peer in PEERS]
    return [row.title + (f", {row.unit}" if row.unit else ""), *told]


def cells(row: Row, values: dict[str, float]) -> list[str]:
    """The figures and the bars."""
    bars = "; ".join(
        f"{words}{'' if met else ' **missed**'}" for words, met in verdicts(row, values)
    )
    return [*figures(row, values), bars]


def markdown(results: dict[str, Any]) -> str:
    """The README's section: heading, table, and what was compared."""
    measured = [row for row in ROWS if row.listed and row.name in results["best"]]
    met = [each for row in measured for _, each in verdicts(row, results["best"][row.name])]
    lines = [
        "## How fast it is",
        "",
        "Measured by `make bench` in one run, each taking its turn. Less is better.",
        "",
        line(["", *PEERS]),
        "|---" * (len(PEERS) + 1) + "|",
        *(line(figures(row, results["best"][row.name])) for row in measured if row.name in MAIN),
        "",
        f"Of {len(met)} bars that were set before measuring, {sum(met)} are reached; they stand",
        "with all rows below the picture.",
        f"[How each is measured]({PAGES}docs/inside/measuring.md).",
        "",
        f"![What was measured, as a picture]({FILES}benchmarks/results/latest.png)",
        "",
        "<details>",
        "<summary>Every number</summary>",
        "",
        "Less is better, except where a bar says ≥. The number in brackets is the share of the",
        "peer's that was reached.",
        "",
    ]
    lines += [line(["", *PEERS, "bar (reached)"]), "|---" * (len(PEERS) + 2) + "|"]
    notes = []
    for row in measured:
        lines.append(line(cells(row, results["best"][row.name])))
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
