"""Tell of each function that the linked libssl exports whether a program can reach it.

``python tools/coverage_of_libssl.py [libssl.num] [verdict ...]``: the counts, and the functions
of these verdicts (``missing`` unless others are named).  Reached is what the code of the core
calls; the rest stands with its reason in ``coverage_of_libssl.txt`` or is missing.  The exit
status is 1 where that table is wrong.

A wheel's libssl exports nothing: ``util/libssl.num`` of its source, given first, has the
list in its place.
"""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "src/OpenSSL/_native"
TABLE = ROOT / "tools/coverage_of_libssl.txt"
VERDICTS = ("equivalent", "unwanted", "left")


def linked() -> Path:
    """The file of the libssl that the core has loaded."""
    from OpenSSL import SSL  # noqa: F401  # loads it

    for line in Path("/proc/self/maps").read_text(encoding="ascii").splitlines():
        name = line.rpartition(" ")[2]
        if Path(name).name.startswith("libssl"):
            return Path(name)
    raise SystemExit("no libssl is loaded")


def exported(library: Path) -> list[str]:
    """The functions that a library exports, in order."""
    output = subprocess.run(
        ["nm", "--dynamic", "--defined-only", library],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {
        fields[2].partition("@")[0]
        for fields in map(str.split, output.splitlines())
        if len(fields) == 3 and fields[1] in "TtWi"
    }
    return sorted(found)


def listed(ordinals: Path) -> list[str]:
    """The functions that OpenSSL's own list has, in order; some builds may lack a few."""
    rows = map(str.split, ordinals.read_text(encoding="ascii").splitlines())
    found = {
        row[0]
        for row in rows
        if len(row) == 4 and row[3].startswith("EXIST:") and row[3].split(":")[2] == "FUNCTION"
    }
    return sorted(found)


def called(folder: Path = NATIVE) -> set[str]:
    """Every name in the code of the core, without what comments and docstrings speak of."""
    names: set[str] = set()
    for path in (*folder.rglob("*.pyx"), *folder.rglob("*.h")):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".pyx":
            text = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
            text = re.sub(r"#.*", "", text)
            text = re.sub(r"^cdef extern .*\n(?:(?: .*)?\n)*", "", text, flags=re.M)
        else:
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        names |= set(re.findall(r"\b\w+", text))
    return names


def reasons(text: str) -> dict[str, tuple[str, str]]:
    """The table: a name, or a pattern -> the verdict and the reason."""
    found: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, verdict, reason = (each.strip() for each in line.split("|"))
        if verdict not in VERDICTS or not reason or name in found:
            raise SystemExit(f"not a line of the table: {line}")
        found[name] = (verdict, reason)
    return found


def judge(
    functions: list[str], reached: set[str], table: dict[str, tuple[str, str]]
) -> tuple[dict[str, list[str]], list[str]]:
    """Each verdict -> its functions with reasons; and the lines that are wrong here."""
    found: dict[str, list[str]] = {each: [] for each in ("reached", *VERDICTS, "missing")}
    met: set[str] = set()
    for name in functions:
        line = next((each for each in table if fnmatch.fnmatchcase(name, each)), None)
        if name in reached:
            found["reached"].append(name)
        elif line is not None:
            met.add(line)
            verdict, reason = table[line]
            found[verdict].append(f"{name}: {reason}")
        else:
            found["missing"].append(name)
    wrong = [name for name in table if name not in met and name in reached]
    return found, wrong


def main(wanted: list[str]) -> int:
    """Print what there is to tell."""
    if wanted and wanted[0].endswith(".num"):
        library = Path(wanted[0])
        functions = listed(library)
        wanted = wanted[1:]
    else:
        library = linked()
        functions = exported(library)
    found, wrong = judge(functions, called(), reasons(TABLE.read_text(encoding="utf-8")))
    for verdict in wanted or ["missing"]:
        for line in found[verdict]:
            print(f"{verdict}  {line}")
    counts = ", ".join(f"{len(lines)} {verdict}" for verdict, lines in found.items())
    print(f"{library.name}: {len(functions)} functions: {counts}")
    for name in wrong:
        print(f"the table has a reason for {name}, which is reached", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
