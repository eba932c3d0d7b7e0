"""Runs measurements by turns, so that a slow moment of the machine hits all peers."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence

import environments
from rows import Row

#: row -> peer -> value in the row's unit.
Values = dict[str, dict[str, float]]


def measure(row: Row, peer: str, seconds: float) -> tuple[float, ...]:
    """One process's answer, which may be that of several rows."""
    command = environments.command(row.work, peer, row.option, seconds)
    done = subprocess.run(
        command,
        env=environments.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        sys.exit(f"{row.name} with {peer} failed:\n{done.stdout}{done.stderr}")
    return tuple(map(float, done.stdout.split()))


def run(
    rows: Sequence[Row], rounds: int, seconds: float, told: Callable[[str], None]
) -> dict[str, dict[str, list[float]]]:
    """All numbers of all rounds: row -> peer -> numbers."""
    found: dict[str, dict[str, list[float]]] = {
        row.name: {peer: [] for peer in row.peers} for row in rows
    }
    for turn in range(rounds):
        answers: dict[tuple[str, str, str], tuple[float, ...]] = {}
        for row in rows:
            told(f"round {turn + 1} of {rounds}: {row.name}")
            for peer in row.peers if turn % row.every == 0 else ():
                asked = (row.work, row.option, peer)
                if asked not in answers:
                    answers[asked] = measure(row, peer, seconds * row.every)
                found[row.name][peer].append(answers[asked][row.part] * row.scale)
    return found


def best(row: Row, numbers: dict[str, list[float]]) -> dict[str, float]:
    """The best of all rounds for each peer, or the middle one where luck has a part."""
    if row.typical:
        return {peer: statistics.median(values) for peer, values in numbers.items()}
    choose = max if row.higher_is_better else min
    return {peer: choose(values) for peer, values in numbers.items()}
