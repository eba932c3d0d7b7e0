"""Every allocation of libcrypto, of Python and of the core fails in turn: ``make faults``.

Each scenario is run with one allocation failing after the other, alone or
with all that follow, in child processes, so that a crash names its point.  After each the next
handshake has to work.  Arguments: names of scenarios, ``--domain``, ``--mode``,
``--every N`` for each N-th point (1 for all of them: hours).  Exit status 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import sysconfig
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
#: Each how-manieth allocation fails unless ``--every`` says otherwise: libcrypto makes
#: ten thousand in a handshake, most of them in the same few places.
STEPS = {"crypto": 13, "own": 1, "python": 3}
#: Points per process.
CHUNK = 200
#: Longest time for a chunk, in seconds; a single point has its own, shorter.
PATIENCE = 1800


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


#: Two functions of CPython's own at most before the one that is named.
NEAR = r"^(?:_?Py\w+ < ){0,2}"
NOTHING_SET = r"^SystemError\('error return without exception set'\)"
KNOWN = (
    Known(
        "OpenSSL 3.0 corrupts the heap when it cannot list encoders",
        *("crypto", r"\bOSSL_ENCODER_do_all_provided\b", "crashed"),
    ),
    Known(
        "PKCS12_parse takes a leaf whose key it cannot read for one of the others",
        *("crypto", r"\bASN1_item_unpack < PKCS12_parse\b", "wrong", r"^AssertionError\(\)$"),
    ),
    Known(
        "CPython 3.11 formats a text, returns NULL and says nothing",
        *("python", NEAR + "PyUnicode_Format < PyNumber_Remainder < _PyEval", "wrong"),
        r"^SystemError\(.*returned NULL without setting an exception",
    ),
    Known(
        "CPython 3.11 loses the exception for want of a traceback",
        *("python", NEAR + "PyTraceBack_Here < _PyEval", "wrong", NOTHING_SET),
    ),
    Known(
        "the same for want of a frame, as a program without any extension shows",
        *("python", NEAR + "PyFrame_New < _PyEval", "wrong", NOTHING_SET),
    ),
)
#: Findings shown of each scenario.
SHOWN = 8


@dataclass
class Tally:
    """What came of the points of one scenario."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add(self, at: int, found: dict[str, Any]) -> None:
        self.counts["points"] += 1
        self.counts[found["outcome"]] += 1
        for extra in ("leak", "unraisable"):
            if extra in found:
                self.counts[extra] += 1
        if found["outcome"] not in ("raised", "recovered") or "leak" in found:
            self.findings.append({"at": at, **found})


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


def trace(name: str, domain: str, mode: str, at: int) -> str:
    """The C functions that asked for the memory they did not get, innermost first."""
    command = [sys.executable, str(HERE / "points.py"), name, domain, mode]
    done = subprocess.run(
        [*command, str(at), "1", "1"],
        env={**environment(), "FAULTS_TRACE": "1"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    # path(function+offset)[address]; most of our own functions have no name there.
    found = re.findall(r"^(/\S+?)\((\w*)\+0x[0-9a-f]+\)", done.stderr, re.M)
    names = (name or Path(path).name for path, name in found if name or "/_native/" in path)
    return " < ".join(names)[:1500]


def chunk(tally: Tally, name: str, domain: str, mode: str, first: int, step: int) -> int | None:
    """Run some points; where to go on, or None at the scenario's end."""
    command = [sys.executable, str(HERE / "points.py"), name, domain, mode]
    done = subprocess.run(
        [*command, str(first), str(step), str(CHUNK)],
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=PATIENCE,
    )
    at = None
    for line in done.stdout.splitlines():
        if line == "end":
            return None
        if line.startswith("at "):
            at = int(line[3:])
        elif line.startswith("{") and at is not None:
            tally.add(at, json.loads(line))
            first, at = at + step, None
    if done.returncode == 0:
        return first
    if at is None:
        sys.exit(f"{name} does not even start:\n{done.stderr[-3000:]}")
    words = "hung" if "Timeout" in done.stderr else "crashed"
    tally.add(at, {"outcome": words, "status": done.returncode, "where": done.stderr[-3000:]})
    return at + step


def sweep(name: str, domain: str, mode: str, step: int, most: int) -> Tally:
    tally = Tally()
    at: int | None = 0
    while at is not None and at < most * step:
        at = chunk(tally, name, domain, mode, at, step)
    shown = []
    for finding in tally.findings:
        finding["asked by"] = trace(name, domain, mode, finding["at"])
        if any(each.fits(domain, finding) for each in KNOWN):
            tally.counts["known"] += 1
        else:
            tally.counts["findings"] += 1
            shown.append(finding)
    told = ", ".join(f"{number} {what}" for what, number in tally.counts.items())
    print(f"{name:18} {domain:7} {mode:4} {told or 'nothing to fail'}", flush=True)
    for finding in shown[:SHOWN]:
        print("   ", json.dumps(finding)[:2500].replace("\\n", "\n    "), flush=True)
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
    all_of_it: Counter[str] = Counter()
    for domain in chosen.domain or DOMAINS:
        step = chosen.every or STEPS[domain]
        for mode in chosen.mode or MODES:
            for name in names:
                all_of_it += sweep(name, domain, mode, step, chosen.most).counts
    wrong = all_of_it["findings"]
    told = ", ".join(f"{number} {what}" for what, number in all_of_it.items())
    print(f"{told or 'nothing'}: {wrong} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
