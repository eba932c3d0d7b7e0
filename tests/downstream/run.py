"""The TLS tests of programs written for pyOpenSSL, unmodified: ``make downstream``.

Runs Twisted's and urllib3's in two environments, with pyOpenSSL and with this
package, and prints every test whose outcome differs.  Exit 1 when one passes with
pyOpenSSL and not here.  Arguments: ``twisted`` or ``urllib3`` for one of them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from environments import OURS, REFERENCE, WORK, environment, prepare, python, source

HERE = Path(__file__).resolve().parent
TWISTED = (
    "twisted.test.test_sslverify",
    "twisted.test.test_ssl",
    "twisted.test.test_sni",
    "twisted.protocols.test.test_tls",
    "twisted.internet.test.test_tls",
)
URLLIB3 = "2.8.0"
Outcomes = dict[str, tuple[str, str]]


def execute(name: str, report: Path, command: list[str], where: Path) -> None:
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    with report.with_suffix(".log").open("w") as log:
        subprocess.run(
            [python(name), *command],
            cwd=where,
            env=environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=3600,
        )
    if not report.exists():
        sys.exit(f"nothing ran; see {report.with_suffix('.log')}")


def run_twisted(name: str) -> Outcomes:
    """Test id -> outcome and detail, of Twisted's five modules under trial."""
    report = WORK / "reports" / f"twisted-{name}.jsonl"
    shutil.rmtree(report.with_suffix(".trial"), ignore_errors=True)
    execute(name, report, [str(HERE / "trial_driver.py"), str(report), *TWISTED], WORK)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    return {line["test"]: (line["outcome"], line["detail"]) for line in lines}


def run_urllib3(name: str) -> Outcomes:
    """The same of urllib3's tests over pyOpenSSL, from its source distribution."""
    report = WORK / "reports" / f"urllib3-{name}.xml"
    folder = source("urllib3", URLLIB3)
    files = [str(path) for path in sorted(folder.glob("test/contrib/test_pyopenssl*.py"))]
    # That one needs an address from which nothing comes back; without it, it may hang,
    # with pyOpenSSL as well.
    without = ["-k", "not test_http2_probe_blocked_per_thread"]
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", *without]
    execute(name, report, ["-m", "pytest", *options, *files], folder)
    return dict(junit(report))


def junit(report: Path) -> list[tuple[str, tuple[str, str]]]:
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):
        outcome, detail = "passed", ""
        for child in case:
            if child.tag in {"failure", "error"}:
                outcome, detail = "failed", (child.text or "")[-2000:]
            elif child.tag == "skipped":
                outcome = "skipped"
        found.append((f"{case.get('classname')}::{case.get('name')}", (outcome, detail)))
    return found


def compare(program: str, theirs: Outcomes, ours: Outcomes) -> int:
    """Print what differs and the counts; how many tests are worse with us."""
    worse = 0
    for test in sorted(theirs.keys() | ours.keys()):
        before, now = theirs.get(test, ("absent", "")), ours.get(test, ("absent", ""))
        if before[0] != now[0]:
            worse += before[0] == "passed"
            print(f"{test}: {before[0]} with pyOpenSSL, {now[0]} here")
            print(now[1] or before[1])
    for label, outcomes in (("pyOpenSSL", theirs), ("here", ours)):
        count = Counter(outcome for outcome, _detail in outcomes.values())
        told = ", ".join(f"{count[each]} {each}" for each in ("passed", "failed", "skipped"))
        print(f"{program:8} {label:10} {len(outcomes)} tests: {told}", flush=True)
    return worse


PROGRAMS: dict[str, Callable[[str], Outcomes]] = {"twisted": run_twisted, "urllib3": run_urllib3}


def main(wanted: list[str]) -> int:
    prepare()
    worse = 0
    for program in wanted or PROGRAMS:
        function = PROGRAMS[program]
        worse += compare(program, function(REFERENCE), function(OURS))
    print(f"{worse} tests pass with pyOpenSSL and not here")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
