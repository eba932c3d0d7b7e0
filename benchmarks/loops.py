"""Measures servers on event loops beside each other: ``make bench-loops``.

By turns in one run: this package, the loop's own TLS, aiofastnet and no TLS, each on asyncio and
on uvloop.  A server is a process, and the load comes from this one, the same for all.
Results go to .build/bench/loops.json.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environments
from ends.peers import BRISKTLS
from processors import halves, stay_on

HERE = Path(__file__).resolve().parent
LOOPS = ("asyncio", "uvloop")
KINDS = ("brisktls", "ssl", "aiofastnet", "tcp")
SIZES = (64, 1024, 16384)
CROWDS = (1, 100, 1000)
BULK = 64 << 20


class Server:
    """One process that serves, and what it says of itself."""

    def __init__(self, kind: str, loop: str) -> None:
        words = [sys.executable, "-s", str(HERE / "works" / "loop_server.py"), kind, loop]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            words,
            stdin=pipe,
            stdout=pipe,
            text=True,
            env={**os.environ, "PYTHONPATH": str(HERE)},
            preexec_fn=lambda: stay_on(halves()[0]),
        )
        self.port = int(self._hear())

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self._process.wait()}")
        return line

    def tell(self, what: str) -> tuple[float, int]:
        """Its CPU seconds and the bytes that it occupies."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        cpu, memory = self._hear().split()
        return float(cpu), int(memory)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def echo(server: Server, context: Any, size: int, count: int, seconds: float) -> dict[str, float]:
    """Microseconds of the server's CPU for each message."""
    from works.loop_visits import Crowd, echoes

    crowd = Crowd(server.port, count, context)
    echoes(crowd, size, 0, b"e")  # the first one is the first byte's
    before, _ = server.tell("cpu")
    answered = echoes(crowd, size, seconds)
    after, _ = server.tell("cpu")
    crowd.close()
    return {"µs": (after - before) / answered * 1e6}


def bulk(server: Server, context: Any, size: int, count: int, seconds: float) -> dict[str, float]:
    """Megabytes a second that the server sends, and its CPU for each."""
    from works.loop_visits import Crowd, download

    crowd = Crowd(server.port, count, context)
    download(crowd, 1, 0, b"d")
    (before, _), start = server.tell("cpu"), time.monotonic()
    answered = download(crowd, size // count, seconds)
    (after, _), end = server.tell("cpu"), time.monotonic()
    crowd.close()
    megabytes = answered * (size // count) / 1e6
    return {"MB/s": megabytes / (end - start), "µs/MB": (after - before) / megabytes * 1e6}


def connect(server: Server, context: Any, seconds: float) -> dict[str, float]:
    """Connections a second, and the server's CPU for each."""
    from works.loop_visits import come_and_go

    come_and_go(server.port, context, 0.05)
    (before, _), start = server.tell("cpu"), time.monotonic()
    count = come_and_go(server.port, context, seconds)
    (after, _), end = server.tell("cpu"), time.monotonic()
    return {"1/s": count / (end - start), "µs": (after - before) / count * 1e6}


def idle(server: Server, context: Any, count: int) -> dict[str, float]:
    """Kilobytes of the server for each connection that does nothing."""
    from works.loop_visits import Crowd, echoes

    first = Crowd(server.port, 20, context)
    echoes(first, 1, 0, b"e")
    _, before = server.tell("memory")
    crowd = Crowd(server.port, count, context)
    echoes(crowd, 1, 0, b"e")
    _, after = server.tell("memory")
    for each in (first, crowd):
        each.close()
    return {"kB": (after - before) / count / 1000}


#: row -> peer -> unit -> the numbers of all rounds
Values = dict[str, dict[str, dict[str, list[float]]]]
Row = tuple[str, Callable[[Server, Any, float], dict[str, float]]]


def rows(quick: bool) -> list[Row]:
    """The name of each row, and how it is measured; with fewer connections where that is quick."""
    most = 20 if quick else max(CROWDS)
    found: list[Row] = [
        (
            f"echo-{size}-{count}",
            lambda server, context, seconds, size=size, count=count: echo(  # type: ignore[misc]
                server, context, size, min(count, most), seconds
            ),
        )
        for size in SIZES
        for count in CROWDS
    ]
    found += [
        (
            f"bulk-{count}",
            lambda server, context, seconds, count=count: bulk(  # type: ignore[misc]
                server, context, BULK // (16 if quick else 1), min(count, most), seconds
            ),
        )
        for count in CROWDS
    ]
    found.append(("connect", connect))
    found.append(
        ("idle", lambda server, context, _seconds: idle(server, context, 100 if quick else 1000))
    )
    return found


def measured(chosen: list[Row], peers: list[tuple[str, str]], count: int, seconds: float) -> Values:
    """All rounds of all rows, peer by peer."""
    from ends.interface import client_context

    found: Values = {}
    serving, asking = halves()
    for turn in range(count):
        for name, how in chosen:
            for kind, loop in peers:
                stay_on(serving | asking)
                server = Server(kind, loop)
                stay_on(asking)
                try:
                    context = None if kind == "tcp" else client_context()
                    for unit, number in how(server, context, seconds).items():
                        numbers = found.setdefault(name, {}).setdefault(f"{kind} {loop}", {})
                        numbers.setdefault(unit, []).append(number)
                finally:
                    server.close()
            print(f"round {turn + 1} of {count}: {name}", file=sys.stderr, flush=True)
    return found


def best(unit: str, numbers: list[float]) -> float:
    """Of several rounds: the most where more is better."""
    return max(numbers) if unit.endswith("/s") else min(numbers)


def bars(name: str, unit: str, loop: str, values: dict[str, float]) -> list[tuple[str, bool]]:
    """What is wanted of this package on a loop in words, and whether it is so."""
    ours = values[f"brisktls {loop}"]
    wanted: list[tuple[str, float, float]] = []
    others = [values[peer] for peer in (f"ssl {loop}", f"aiofastnet {loop}") if peer in values]
    plain = values["ssl asyncio"]
    if unit.endswith("/s"):  # more is better
        ours, plain, others = 1 / ours, 1 / plain, [1 / each for each in others]
    if name == "idle":
        wanted += [("0.6 ssl", 0.6, plain)] if loop == "asyncio" else []
    else:
        wanted.append(("0.9 the fastest", 0.9, min(others)))
        wanted += [("0.5 ssl", 0.5, plain)] if loop == "asyncio" else []
    return [
        (f"{loop}: {ours / other:.2f} of {words}", ours <= factor * other)
        for words, factor, other in wanted
    ]


def show(found: Values, peers: list[tuple[str, str]]) -> None:
    """Print a table: a line for each row and unit, the best of all rounds."""
    from rich.console import Console
    from rich.table import Table

    loops = [loop for loop in LOOPS if ("brisktls", loop) in peers]
    table = Table("", "", *(f"{kind}\n{loop}" for kind, loop in peers), "reached of the bar")
    for name, values in found.items():
        for unit in next(iter(values.values())):
            numbers = {peer: best(unit, told[unit]) for peer, told in values.items()}
            cells = [numbers[f"{kind} {loop}"] for kind, loop in peers]
            told = [bar for loop in loops for bar in bars(name, unit, loop, numbers)]
            words = "\n".join(f"{text}{'' if met else ' missed'}" for text, met in told)
            shown = (f"{cell:.3g}" if cell < 100 else f"{cell:.0f}" for cell in cells)
            table.add_row(name, unit, *shown, words)
    Console(width=None if sys.stdout.isatty() else 150).print(table)


def prepared() -> str:
    """The Python of an environment that has this tree and, if they are to be had, all peers."""
    environments.prepare()
    stamp = environments.WORK / "loops.txt"
    wanted = "rich click aiofastnet==1.2.0 uvloop==0.23.0"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        for each in wanted.split():
            try:
                environments.install(BRISKTLS, each)
            except SystemExit as error:
                print(f"{each} cannot be had: {error}", file=sys.stderr)
        stamp.write_text(wanted, encoding="utf-8")
    return environments.python(BRISKTLS)


def present() -> list[tuple[str, str]]:
    """The peers that are there; the others are named."""
    for name in ("aiofastnet", "uvloop"):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed, so it is left out")
    return [
        (kind, loop)
        for loop in LOOPS
        for kind in KINDS
        if all(
            importlib.util.find_spec(each) is not None
            for each in {kind, loop} & {"aiofastnet", "uvloop"}
        )
    ]


def there(only: tuple[str, ...], rounds: int, seconds: float, quick: bool) -> None:
    """Measure, in the environment of the bench."""
    chosen = [row for row in rows(quick) if not only or row[0].startswith(only)]
    if not chosen:
        sys.exit(f"no such row; there are {', '.join(name for name, _ in rows(quick))}")
    if quick:
        rounds, seconds = 1, 0.05
    peers = present()
    found = measured(chosen, peers, rounds, seconds)
    show(found, peers)
    target = environments.WORK / "loops.json"
    target.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(target.relative_to(environments.ROOT))


def main() -> None:
    """Read the words, and go on in the environment of the bench."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", default=[], help="rows that start so")
    parser.add_argument("--rounds", type=int, default=7, help="how often by turns")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each measures")
    parser.add_argument("--quick", action="store_true", help="does everything run?")
    parser.add_argument("--there", action="store_true", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.there:
        there(tuple(words.only), words.rounds, words.seconds, words.quick)
        return
    command = [prepared(), "-s", __file__, *sys.argv[1:], "--there"]
    sys.exit(subprocess.call(command, env=environments.environment()))


if __name__ == "__main__":
    main()
