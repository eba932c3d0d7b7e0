"""pyOpenSSL's own tests against this package: ``make contract``.

Fetches pyOpenSSL's source distribution from the package registry, runs its test
files one by one against this package, and compares what does not pass with
expected.txt.  Exit 1 on any difference.  Arguments go to pytest; with any, only
what ran is compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

VERSION = "26.4.0"
FILES = ("test_ssl", "test_crypto", "test_rand", "test_debug", "test_util")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".build" / "contract"
#: These decide whom OpenSSL trusts by default, and what it logs.
UNSET = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", "OPENSSL_CONF", "PYTHONPATH")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return {**kept, "PYTHONPATH": str(HERE)}


def fetch() -> Path:
    """The folder with pyOpenSSL's tests and its pytest settings, and nothing else of it."""
    folder = WORK / f"pyopenssl-{VERSION}"
    if not (folder / "tests").is_dir():
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "download", "-q", "--no-deps"),
                *("--no-binary", "pyOpenSSL", "-d", str(WORK), f"pyOpenSSL=={VERSION}"),
            ],
            check=True,
        )
        with tarfile.open(next(WORK.glob(f"*-{VERSION}.tar.gz"))) as archive:
            wanted = (f"{folder.name}/tests/", f"{folder.name}/pyproject.toml")
            members = [each for each in archive if each.name.startswith(wanted)]
            archive.extractall(WORK, members, filter="data")
    return folder


def assert_ours(where: Path) -> None:
    code = "import OpenSSL, OpenSSL._native.common.errors; print(OpenSSL.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=where,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    print(f"OpenSSL from {found.stdout.strip()}")


def run_file(where: Path, name: str, arguments: list[str]) -> dict[str, str]:
    """Test id -> passed, failed or skipped."""
    report = WORK / f"{name}.xml"
    report.unlink(missing_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "shim"),
            *("-W", "ignore", "-q", "--tb=short", f"--junitxml={report}"),
            *(f"tests/{name}.py", *arguments),
        ],
        cwd=where,
        env=environment(),
        check=False,
        stdout=(WORK / f"{name}.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    if not report.exists():
        sys.exit(f"{name} did not run; see {WORK / name}.log")
    return dict(outcomes(ET.parse(report).getroot()))


def outcomes(root: ET.Element) -> list[tuple[str, str]]:
    found = []
    for case in root.iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "passed"
        if kinds & {"failure", "error"}:
            outcome = "failed"
        elif "skipped" in kinds:
            outcome = "skipped"
        module, _, group = case.get("classname", "").removeprefix("tests.").partition(".")
        name = "::".join(part for part in (module, group, case.get("name", "")) if part)
        found.append((name, outcome))
    return found


def expected() -> dict[str, str]:
    """Test id -> reason, of every test that is known not to pass."""
    lines = (HERE / "expected.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("|", 1) for line in lines if line.strip() and line[0] != "#")
    return {name.strip(): reason.strip() for name, reason in pairs}


def differences(found: dict[str, str], known: dict[str, str], whole: bool) -> list[str]:
    lines = []
    for name, outcome in sorted(found.items()):
        # A skipped test waits for something the machine lacks: that may change.
        if outcome == "failed" and name not in known:
            lines.append(f"failed, but expected to pass: {name}")
        elif outcome == "passed" and name in known and "network" not in known[name]:
            lines.append(f"passed, but expected to fail: {name}")
        elif outcome == "skipped" and name not in known:
            lines.append(f"skipped, but expected to pass: {name}")
    if whole:
        lines += [f"expected, but not run: {name}" for name in sorted(known.keys() - found.keys())]
    return lines


def main(arguments: list[str]) -> int:
    where = fetch()
    assert_ours(where)
    found: dict[str, str] = {}
    for name in FILES:
        outcome = run_file(where, name, arguments)
        count = Counter(outcome.values())
        print(f"{name:12} {count['passed']:4} passed {count['failed']:3} failed", end="")
        print(f" {count['skipped']:3} skipped", flush=True)
        found.update(outcome)
    lines = differences(found, expected(), whole=not arguments)
    print("\n".join(lines) if lines else "no difference from tests/contract/expected.txt")
    count = Counter(found.values())
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped} of {len(found)}")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
