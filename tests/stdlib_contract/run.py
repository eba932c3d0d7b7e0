"""CPython's own tests of ``ssl`` over our SSLContext: ``make stdlib-contract``.

Runs ``test.test_ssl`` of the interpreter that this runs on, and the tests of its modules
that speak TLS, with the module's SSLContext replaced, and compares what does not pass with
expected.txt.  Exit 1 on any difference.
Arguments choose tests by a part of their names.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build" / "stdlib-contract"
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
#: Older Pythons' test server stops at a connection that was reset, which depends on timing.
TRIES = 10
#: A run ends where a test hangs; more runs than this are no use.
RESTARTS = 10
#: These decide whom OpenSSL trusts by default, and what it logs.
UNSET = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF", "PYTHONPATH")

OUTCOMES = ("passed", "failed", "hung", "skipped")
Outcomes = dict[str, tuple[str, str]]


def execute(report: Path, arguments: list[str]) -> Outcomes:
    """Test id -> outcome and detail."""
    report.unlink(missing_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    with report.with_suffix(".log").open("w") as log:
        for _ in range(RESTARTS):
            done = subprocess.run(
                [sys.executable, str(HERE / "driver.py"), str(report), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=kept,
                cwd=WORK,
                check=False,
                timeout=1800,
            )
            if done.returncode == 0:
                break
    if not report.exists():
        sys.exit(f"nothing ran; see {report.with_suffix('.log')}")
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    return {line["test"]: (line["outcome"], line["detail"]) for line in lines}


def expected() -> dict[str, str]:
    """Test id -> reason, of every test that is known not to pass on this Python."""
    known = {}
    for line in (HERE / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            name, versions, reason = (part.strip() for part in line.split("|", 2))
            if VERSION in versions.split():
                known[name] = reason
    return known


def differences(found: Outcomes, known: dict[str, str], whole: bool) -> list[str]:
    lines = []
    for name, (outcome, detail) in sorted(found.items()):
        if outcome in ("failed", "hung") and name not in known:
            lines.append(f"{outcome}, but expected to pass: {name}\n{detail}")
        elif outcome == "passed" and name in known:
            lines.append(f"passed, but expected to fail: {name}")
    if whole:
        lines += [f"expected, but not run: {name}" for name in sorted(known.keys() - found.keys())]
    return lines


def main(arguments: list[str]) -> int:
    if importlib.util.find_spec("test.test_ssl") is None:
        print(f"Python {VERSION} has come without its tests (Debian: libpython3-testsuite)")
        return 1
    WORK.mkdir(parents=True, exist_ok=True)
    known = expected()
    found = execute(WORK / f"{VERSION}.jsonl", arguments)
    for number in range(TRIES - 1):
        again = [n for n, (o, _) in found.items() if o in ("failed", "hung") and n not in known]
        if not again:
            break
        print(f"once more: {', '.join(again)}", flush=True)
        found.update(execute(WORK / f"{VERSION}-again-{number}.jsonl", again))
    lines = differences(found, known, whole=not arguments)
    print("\n".join(lines) if lines else "no difference from tests/stdlib_contract/expected.txt")
    of: dict[str, Counter[str]] = {}
    for name, (outcome, _) in found.items():
        # Module, class, test.
        of.setdefault(name.rsplit(".", 2)[0], Counter())[outcome] += 1
    for module, count in of.items():
        told = ", ".join(f"{count[each]} {each}" for each in OUTCOMES)
        print(f"Python {VERSION}, {module}: {told} of {count.total()}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
