"""Measures brisktls beside its alternatives in one run: ``make bench``.

Results of a whole run go to benchmarks/results and into the README; those of a
part of it, or of a quick one, to .build/bench only.
"""

from __future__ import annotations

import datetime
import difflib
import json
import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import environments
import report
import rounds
from ends.peers import PEERS
from rows import ROWS, Row

# Into a file or a pipe rich would write 80 columns.
console = Console(width=None if sys.stdout.isatty() else 120)


def chosen(names: tuple[str, ...]) -> list[Row]:
    """The rows whose names start with one of the words; all without words."""
    for name in names:
        if not any(row.name.startswith(name) for row in ROWS):
            near = difflib.get_close_matches(name, [row.name for row in ROWS], 3, 0.4)
            like = f", but {', '.join(near)}" if near else ""
            raise click.BadParameter(f"{name}: no such row{like}; --list shows all")
    return [row for row in ROWS if not names or row.name.startswith(names)]


def possible(rows: list[Row]) -> list[Row]:
    """Those whose programs are there; the others are named."""
    absent = [row for row in rows if row.needs and shutil.which(row.needs) is None]
    for program in sorted({row.needs for row in absent}):
        names = ", ".join(row.name for row in absent if row.needs == program and row.part == 0)
        console.print(f"{program} is not installed, so these are left out: {names}")
    return [row for row in rows if row not in absent]


def processor() -> str:
    """The machine in a few words."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def results(rows: list[Row], count: int, seconds: float) -> dict[str, Any]:
    """Measure, and put together what the JSON file has."""
    with console.status("measuring") as status:
        numbers = rounds.run(rows, count, seconds, status.update)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": processor(),
        "versions": environments.versions(),
        "rounds": count,
        "seconds": seconds,
        "best": {row.name: rounds.best(row, numbers[row.name]) for row in rows},
        "all": numbers,
    }


def show(rows: list[Row], found: dict[str, Any]) -> int:
    """Print the table; how many bars were missed."""
    table = Table("", *PEERS, "bar (reached)", header_style="bold")
    bars = missed = 0
    for row in rows:
        values = found["best"][row.name]
        told = report.verdicts(row, values)
        words = "\n".join(
            f"[{'green' if met else 'red'}]{text}{'' if met else ' missed'}[/]"
            for text, met in told
        )
        table.add_row(*report.cells(row, values)[:-1], words)
        bars += len(told)
        missed += sum(not met for _text, met in told)
    console.print(table)
    console.print(f"{len(rows)} works, {bars} bars, {missed} missed")
    return missed


def keep(found: dict[str, Any], whole: bool) -> None:
    """Write the JSON file; of a whole run also the README's table."""
    target = report.RESULTS if whole else environments.WORK / "part.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    import plot  # a library that the tests of this file do not need

    plot.draw(found, target.with_suffix(".png"))
    if whole:
        report.main(check=False)
    console.print(f"{target.relative_to(report.ROOT)} and {target.stem}.png")


@click.command()
@click.option(
    "--only", multiple=True, metavar="NAME", help="Rows whose names start so; repeatable."
)
@click.option("--rounds", "count", default=21, show_default=True, help="How often by turns.")
@click.option("--seconds", default=0.15, show_default=True, help="How long one process measures.")
@click.option("--quick", is_flag=True, help="One short round: does everything run?")
@click.option("--list", "listing", is_flag=True, help="Name the rows and stop.")
@click.option("--strict", is_flag=True, help="Exit 1 when a bar is missed.")
def main(
    only: tuple[str, ...], count: int, seconds: float, quick: bool, listing: bool, strict: bool
) -> None:
    """Measure brisktls, the ssl module, pyOpenSSL and plain C by turns."""
    rows = chosen(only)
    if listing:
        for row in rows:
            click.echo(f"{row.name:30} {row.title}")
        return
    if quick:
        count, seconds = 1, 0.05
    rows = possible(rows)
    environments.prepare()
    found = results(rows, count, seconds)
    missed = show(rows, found)
    keep(found, whole=not only and not quick)
    raise SystemExit(1 if strict and missed else 0)


if __name__ == "__main__":
    main()
