"""Run the rough tests, each in a process of its own; ``python tests/stress/run.py [options]``.

    --only many,cuts             these topics
    --short                      the amounts of the ordinary tests
    --set chaos.seconds=600      another amount; may be given more than once

A run that hangs is ended after ``--patience`` seconds, with the stacks of its threads.
"""

from __future__ import annotations

import argparse
import faulthandler
import importlib
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TOPICS = (
    *("many", "messages", "cuts", "slow", "loss", "signals", "duplex", "huge", "chaos"),
    *("refusals", "floods", "idle"),
)


def amounts(topic: str, short: bool, changes: list[str]) -> dict[str, int]:
    """What a topic's ``run`` is given."""
    module = importlib.import_module(f"stress.{topic}")
    chosen: dict[str, int] = dict(module.SHORT if short else module.FULL)
    for change in changes:
        name, _, value = change.partition("=")
        there, _, amount = name.partition(".")
        if there == topic:
            if amount not in chosen:
                raise SystemExit(f"{topic} has {', '.join(chosen)}, not {amount}")
            chosen[amount] = int(value)
    return chosen


def inside(topic: str, options: argparse.Namespace) -> int:
    """One topic, in this process."""
    faulthandler.enable()
    faulthandler.dump_traceback_later(options.patience, exit=True)
    module = importlib.import_module(f"stress.{topic}")
    chosen = amounts(topic, options.short, options.set)
    start = time.monotonic()
    counts = module.run(**chosen)
    told = ", ".join(f"{value:,} {name}" for name, value in counts.items())
    print(f"{topic:9} {time.monotonic() - start:6.1f} s  {told}", flush=True)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(TOPICS))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--patience", type=int, default=3600)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return inside(options.inside, options)
    wanted = options.only.split(",")
    if not set(wanted) <= set(TOPICS):
        parser.error(f"topics are {', '.join(TOPICS)}")
    failed = []
    for topic in wanted:
        command = [sys.executable, __file__, *sys.argv[1:], "--inside", topic]
        if subprocess.run(command, check=False).returncode:
            failed.append(topic)
            print(f"{topic:9} FAILED", flush=True)
    done = len(wanted) - len(failed)
    print(
        f"make stress: {done} of {len(wanted)} topics passed"
        + "".join(f", {topic} failed" for topic in failed)
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    sys.exit(main())
