"""BoringSSL's protocol tests over the public API: ``make conformance``.

Builds the runner once, runs all tests or those of the patterns that are given, and compares
each outcome with expected.txt.  Exit 1 when one differs.

    make conformance ARGS="ALPN* Resume-*"
    make conformance ARGS="--whole Basic-*"     # a Python process for each test, no fork
    make conformance ARGS=--plain               # plain libssl, and who of the two fails alone
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

import prepare
from flags import scope

HERE = Path(__file__).resolve().parent
BUILD = prepare.BUILD
#: Tests at a time: they mostly wait for each other.
WORKERS = "4"
#: How reasons begin that are the package's own.
OURS = ("on purpose", "the shim")
#: What a whole run must execute at least; fewer means that the shim says "out of scope" too often.
LEAST = 3_850
_OUTPUT = re.compile(r"^(FAILED|PASSED|UNIMPLEMENTED) \(([^)]+)\)\n", re.MULTILINE)


class Expected:
    """What expected.txt says: names and patterns under a kind and a reason."""

    def __init__(self, text: str) -> None:
        self.names: dict[str, tuple[str, str]] = {}
        self.patterns: list[tuple[str, str, str]] = []
        kind = reason = ""
        for line in text.splitlines():
            if line.startswith("["):
                kind, _, reason = line.strip("[]").partition(": ")
            elif not line.startswith("#"):
                for word in line.split():
                    if "*" in word or "?" in word:
                        self.patterns.append((word, kind, reason))
                    else:
                        self.names[word] = kind, reason

    def of(self, name: str) -> tuple[str, str]:
        """A test's kind and reason; ("passes", "") where nothing is said."""
        if name in self.names:
            return self.names[name]
        for pattern, kind, reason in self.patterns:
            if fnmatchcase(name, pattern):
                return kind, reason
        return "passes", ""


@contextmanager
def zygote(module: str) -> Iterator[Path]:
    """The process that forks for each test, and its socket."""
    path = BUILD / f"zygote.{os.getpid()}"
    command = [sys.executable, "-W", "ignore", str(HERE / "zygote.py"), str(path), module]
    process = subprocess.Popen(command, env=surroundings(path), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            sys.exit("the shim does not start")
        yield path
    finally:
        process.kill()
        process.wait()
        path.unlink(missing_ok=True)


def surroundings(path: Path | None) -> dict[str, str]:
    environment = dict(os.environ)
    environment["CONFORMANCE_SCOPE"] = str(BUILD / "scope.log")
    environment["CONFORMANCE_CLOCK"] = str(prepare.CLOCK)
    environment["LD_PRELOAD"] = str(prepare.CLOCK)
    if path:
        environment["CONFORMANCE_ZYGOTE"] = str(path)
    return environment


def execute(patterns: list[str], whole: bool, module: str = "shim") -> dict[str, tuple[str, str]]:
    """Run tests; return each one's outcome, and what the runner said of a failure."""
    (BUILD / "scope.log").unlink(missing_ok=True)
    command = [str(prepare.RUNNER), "-pipe", "-loose-errors", "-allow-unimplemented"]
    command += ["-num-workers", WORKERS, "-idle-timeout", "10s"]
    if patterns:
        command += ["-test", ";".join(patterns)]
    where = BUILD / "gopath" / prepare.PACKAGE / "ssl/test/runner"
    output = BUILD / "runner.log"
    with output.open("wb") as log:
        if whole:
            shim = BUILD / "shim"
            shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "shim.py"}" "$@"\n')
            shim.chmod(0o755)
            environment = surroundings(None)
            subprocess.run(
                [*command, "-shim-path", shim],
                cwd=where,
                env=environment,
                stdout=log,
                stderr=log,
                check=False,
            )
        else:
            with zygote(module) as path:
                # The clock is for the shim; the runner itself takes nothing from libc.
                environment = {**os.environ, "CONFORMANCE_ZYGOTE": str(path)}
                subprocess.run(
                    [*command, "-shim-path", prepare.WRAP],
                    cwd=where,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    check=False,
                )
    parts = _OUTPUT.split(output.read_text(errors="replace"))
    return {
        name: (word, rest.strip())
        for word, name, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    }


def compare(
    outcomes: dict[str, tuple[str, str]], expected: Expected
) -> tuple[Counter[str], Counter[str], list[str]]:
    """The counts, the reasons, and the tests whose outcome is not the expected one."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    wrong = []
    for name, (word, _) in outcomes.items():
        kind, reason = expected.of(name)
        if word == "UNIMPLEMENTED" or kind == "scope":
            counts["out of scope"] += 1
            if word != "UNIMPLEMENTED":
                reasons[f"scope: {reason}"] += 1
            continue
        counts["executed"] += 1
        counts["passed" if word == "PASSED" else "failed"] += 1
        if word == "FAILED":
            reasons[f"{kind}: {reason}"] += 1
        if kind != "varies" and (word == "FAILED") != (kind == "fails"):
            wrong.append(name)
    words = scope()
    log = BUILD / "scope.log"
    for line in log.read_text().splitlines() if log.exists() else ():
        reasons[f"scope: {words[line.split()[0]]}"] += 1
    return counts, reasons, wrong


def beside(outcomes: dict[str, tuple[str, str]], expected: Expected) -> int:
    """Tell where plain libssl fares otherwise than the package; 1 where nothing says why."""
    counts: Counter[str] = Counter()
    alone = []
    for name, (word, _said) in outcomes.items():
        kind, reason = expected.of(name)
        if word == "UNIMPLEMENTED" or kind in ("scope", "varies"):
            continue
        ours = "fails" if kind == "fails" else "passes"
        counts[f"plain libssl {word.lower()}, the package {ours}"] += 1
        if word == "FAILED" and ours == "passes":
            counts["  of them for plain libssl alone"] += 1
        elif word == "PASSED" and ours == "fails" and not reason.startswith(OURS):
            alone.append(f"{name}: {reason}")
        elif word == "PASSED" and ours == "fails":
            counts[f"  {reason}"] += 1
    (BUILD / "plain.json").write_text(json.dumps(outcomes, indent=0))
    for what, count in counts.items():
        print(f"{count:6} {what}")
    for line in alone:
        print("passes with plain libssl, and nothing says why it fails here:", line)
    return 1 if alone else 0


def main() -> None:
    """Run, compare, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("patterns", nargs="*", help="names of tests, with * and ?")
    parser.add_argument("--whole", action="store_true", help="a process for each test")
    parser.add_argument("--plain", action="store_true", help="plain libssl instead")
    given = parser.parse_args()
    prepare.main()
    expected = Expected((HERE / "expected.txt").read_text())
    if given.plain:
        sys.exit(beside(execute(given.patterns, whole=False, module="plain"), expected))
    outcomes = execute(given.patterns, given.whole)
    counts, reasons, wrong = compare(outcomes, expected)
    again = [each for each in wrong if outcomes[each][0] == "FAILED"]
    if again and len(again) < 50:
        # A busy machine may run into the runner's time limits: once more, these alone.
        outcomes.update(execute_again(again, given.whole))
        counts, reasons, wrong = compare(outcomes, expected)
    for name in wrong:
        word, said = outcomes[name]
        print(f"{name}: {word.lower()}, expected is: {expected.of(name)[0]}\n{said[-1500:]}\n")
    (BUILD / "outcomes.json").write_text(json.dumps(outcomes, indent=0))
    for reason, count in sorted(reasons.items(), key=lambda each: (each[0][:5], -each[1])):
        print(f"{count:6} {reason}")
    print(
        f"{len(outcomes)} tests: {counts['executed']} executed, {counts['passed']} passed, "
        f"{counts['failed']} failed, {counts['out of scope']} out of scope; "
        f"{len(wrong)} not as expected"
    )
    short = not given.patterns and counts["executed"] < LEAST
    if short:
        print(f"Fewer than {LEAST} were executed.")
    sys.exit(1 if wrong or short or not outcomes else 0)


def execute_again(names: list[str], whole: bool) -> dict[str, tuple[str, str]]:
    """Run some tests again; what the first run said of its scope is kept."""
    log = BUILD / "scope.log"
    kept = log.read_text() if log.exists() else ""
    outcomes = execute(names, whole)
    log.write_text(kept)
    return outcomes


if __name__ == "__main__":
    main()
