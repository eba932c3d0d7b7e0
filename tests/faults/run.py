"""Every allocation of libcrypto, of Python and of the core fails in turn: ``make faults``.

Each scenario is run with one allocation failing after the other, alone or
with all that follow, in child processes, so that a crash names its point.  After each the next
handshake has to work.  Arguments: names of scenarios, ``--domain``, ``--mode``,
``--every N`` for each N-th point.  Exit status 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build" / "faults"
MODULE = WORK / "allocations.so"
DOMAINS = ("crypto", "own", "python")
MODES = ("one", "all")
#: Each how-manieth allocation fails unless ``--every`` says otherwise; the others all do.
STEPS = {("crypto", "all"): 13, ("python", "all"): 13}


@dataclass(frozen=True)
class Known:
    """What is not ours to repair; only this outcome at this place is passed over."""

    why: str
    domain: str
    #: The functions that asked, innermost first: ours stand there by their module's name.
    asked: str
    outcome: str
    #: How the error reads.
    says: str = ""

    def fits(self, domain: str, finding: dict[str, Any]) -> bool:
        return (
            domain == self.domain
            and finding["outcome"] == self.outcome
            and "leak" not in finding
            and re.search(self.asked, finding["asked by"]) is not None
            and re.search(self.says, finding.get("error", "")) is not None
        )


#: The interpreter's loop, or the start of a function that is called from C.
RUNS = r"(?:_PyEval_EvalFrameDefault|_PyObject_FastCallDictTstate)"
KNOWN = (
    Known(
        # take_ownership() in Python/frame.c; a program without any extension shows it.
        "CPython 3.11 clears the exception that travels for want of a frame for its traceback",
        *("python", rf"^_PyObject_GC_NewVar < {RUNS} < ", "wrong"),
        r"^SystemError\('(?:error return without exception set"
        r"|<function .+> returned NULL without setting an exception)'\)$",
    ),
    Known(
        # path_converter() in Modules/posixmodule.c, as any os.stat(pathlib.Path()) shows.
        "CPython says that a Path is no path when it has no memory for its bound __fspath__",
        *("python", rf"^_PyObject_GC_New < PyMethod_New < (?:PyObject_Vectorcall < )?{RUNS} < "),
        *("wrong", r"^TypeError\('stat: path should be string.*, not PosixPath'\)$"),
    ),
    Known(
        # dictiter_new() in Objects/dictobject.c untracks what it has not yet tracked.
        "CPython 3.11 crashes when it has no memory for the pair that dict.items() gives out",
        *("python", rf"^_PyObject_GC_NewVar < PyTuple_Pack < PyObject_GetIter < {RUNS} < "),
        "crashed",
    ),
)
#: Findings shown of each scenario; all of them, the known ones too, are written down.
SHOWN = 8
FINDINGS = WORK / "findings.jsonl"


@dataclass
class Tally:
    """What came of the points of one scenario."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)

    def add(self, domain: str, found: dict[str, Any]) -> None:
        self.counts["points"] += 1
        self.counts[found["outcome"]] += 1
        for extra in ("leak", "unraisable"):
            if extra in found:
                self.counts[extra] += 1
        if found["outcome"] in ("raised", "recovered") and "leak" not in found:
            return
        if any(each.fits(domain, found) for each in KNOWN):
            self.counts["known"] += 1
            self.known.append(found)
        else:
            self.counts["findings"] += 1
            self.findings.append(found)


def build() -> None:
    """Compile the module that lets allocations fail."""
    source = HERE / "allocations.c"
    if MODULE.exists() and MODULE.stat().st_mtime > source.stat().st_mtime:
        return
    WORK.mkdir(parents=True, exist_ok=True)
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libcrypto"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    include = f"-I{sysconfig.get_path('include')}"
    command = ["cc", "-O1", "-g", "-Wall", "-fPIC", "-shared", "-o", str(MODULE), include]
    subprocess.run([*command, str(source), *flags, "-ldl"], check=True)


def environment() -> dict[str, str]:
    unset = ("SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF", "SSLKEYLOGFILE")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    given = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join((str(WORK), str(ROOT / "tests"), given))
    return kept | {"LD_PRELOAD": str(MODULE), "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def sweep(name: str, domain: str, mode: str, step: int, most: int) -> Tally:
    started = time.monotonic()
    command = [sys.executable, str(HERE / "points.py"), name, domain, mode]
    done = subprocess.run(
        [*command, "0", str(step), str(most)],
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"{name} does not come to its end:\n{done.stderr[-3000:]}")
    tally = Tally()
    for line in done.stdout.splitlines():
        tally.add(domain, json.loads(line))
    told = ", ".join(f"{number} {what}" for what, number in tally.counts.items())
    took = f"{time.monotonic() - started:.0f} s"
    print(f"{name:18} {domain:7} {mode:4} {told or 'nothing to fail'}, {took}", flush=True)
    for finding in tally.findings[:SHOWN]:
        print("   ", json.dumps(finding)[:2500].replace("\\n", "\n    "), flush=True)
    with FINDINGS.open("a") as file:
        for finding in (*tally.findings, *tally.known):
            where = {"scenario": name, "domain": domain, "mode": mode}
            print(json.dumps({**where, **finding}), file=file)
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="SCENARIO")
    parser.add_argument("--domain", action="append", choices=DOMAINS)
    parser.add_argument("--mode", action="append", choices=MODES)
    parser.add_argument("--every", type=int, metavar="N")
    parser.add_argument("--most", type=int, default=10**9, metavar="POINTS")
    chosen = parser.parse_args()
    build()
    FINDINGS.unlink(missing_ok=True)
    names = (
        chosen.names
        or subprocess.run(
            [sys.executable, "-c", "import scenarios; print(*scenarios.SCENARIOS)"],
            env={**environment(), "PYTHONSAFEPATH": ""},
            cwd=HERE,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout.split()
    )
    started = time.monotonic()
    all_of_it: Counter[str] = Counter()
    for domain in chosen.domain or DOMAINS:
        for mode in chosen.mode or MODES:
            step = chosen.every or STEPS.get((domain, mode), 1)
            for name in names:
                all_of_it += sweep(name, domain, mode, step, chosen.most).counts
    wrong = all_of_it["findings"]
    told = ", ".join(f"{number} {what}" for what, number in all_of_it.items())
    minutes = (time.monotonic() - started) / 60
    print(f"{told or 'nothing'}: {wrong} findings, {minutes:.1f} minutes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
