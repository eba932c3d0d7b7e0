"""Turn tools/constants.txt into the C table, its stub and the tables of the docs.

``python tools/make_constants.py`` writes the files; with ``--check`` it
writes nothing and fails when one of them is not what the list says.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools/constants.txt"
TABLE = ROOT / "src/OpenSSL/_native/common/constants.h"
STUB = ROOT / "src/OpenSSL/_native/common/constants.pyi"
DOCS = ROOT / "docs/api/common/constants.md"
VERSIONS = ROOT / "docs/openssl-versions.md"
#: Where the generated part of that page begins.
MARK = "<!-- From here on generated from tools/constants.txt by tools/make_constants.py. -->"

#: Group: (where the names are found, heading in the docs), in the docs' order.
GROUPS = {
    "method": ("SSL", "Protocols of a Context"),
    "version": ("SSL", "Protocol versions"),
    "verify": ("SSL", "Verification"),
    "hostname": ("SSL", "Comparing host names"),
    "option": ("SSL", "Options"),
    "museum": ("SSL", "Options that do nothing any more"),
    "mode": ("SSL", "Modes"),
    "cache": ("SSL", "Session cache"),
    "ticket": ("SSL", "Ticket callbacks"),
    "security": ("SSL", "Security callbacks"),
    "shutdown": ("SSL", "Shutdown state"),
    "state": ("SSL", "Info callback"),
    "alert": ("SSL", "Alerts"),
    "chain": ("SSL", "Checking a chain"),
    "extension": ("SSL", "Custom extensions"),
    "library": ("SSL", "The library"),
    "filetype": ("BOTH", "File types"),
    "keytype": ("CRYPTO", "Key types"),
    "code": ("CODE", "`X509VerificationCodes`"),
    "flag": ("FLAG", "`X509StoreFlags`"),
}
CLASSES = {
    "CODE": ("X509VerificationCodes", "What a check of a certificate chain can find."),
    "FLAG": ("X509StoreFlags", "How an X509Store checks a certificate chain."),
}


class Constant(NamedTuple):
    """One line of the list."""

    name: str
    macro: str
    group: str
    since: str
    meaning: str

    @property
    def home(self) -> str:
        """Where the name is found: SSL, CRYPTO, BOTH, CODE or FLAG."""
        return GROUPS[self.group][0]


def parse(text: str) -> list[Constant]:
    """Read the list, refusing lines that do not keep the format."""
    constants: list[Constant] = []
    seen: set[tuple[str, str]] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("|", 4)]
        if len(fields) != 5 or not all(fields):
            raise ValueError(f"line {number}: five fields between bars are needed")
        constant = Constant(*fields)
        if constant.group not in GROUPS:
            raise ValueError(f"line {number}: no group {constant.group!r}")
        if not constant.name.isidentifier():
            raise ValueError(f"line {number}: {constant.name!r} is no name")
        major, _, minor = constant.since.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise ValueError(f"line {number}: {constant.since!r} is no version")
        family = constant.home if constant.home in CLASSES else ""
        if (family, constant.name) in seen:
            raise ValueError(f"line {number}: {constant.name} stands there twice")
        seen.add((family, constant.name))
        constants.append(constant)
    return constants


def table(constants: Iterable[Constant]) -> Iterator[str]:
    """The C table; the compiler fills the values in."""
    yield "/* Generated from tools/constants.txt by tools/make_constants.py. */"
    yield "#ifndef BRISKTLS_CONSTANTS_H"
    yield "#define BRISKTLS_CONSTANTS_H"
    yield ""
    yield '#include "numbers.h"'
    yield ""
    yield "enum { BRISK_SSL, BRISK_CRYPTO, BRISK_BOTH, BRISK_CODE, BRISK_FLAG };"
    yield ""
    yield "typedef struct {"
    yield "    const char *name;"
    yield "    const char *since; /* NULL: the headers have it */"
    yield "    int home;"
    yield "    long long value;"
    yield "} brisk_constant;"
    yield ""
    yield "static const brisk_constant brisk_constants[] = {"
    for each in constants:
        there = f'    {{"{each.name}", NULL, BRISK_{each.home}, (long long)({each.macro})}},'
        lacking = "NULL" if each.group == "museum" else f'"{each.since}"'
        yield f"#ifdef {each.macro}"
        yield there
        yield "#else"
        yield f'    {{"{each.name}", {lacking}, BRISK_{each.home}, 0}},'
        yield "#endif"
    yield "    {NULL, NULL, 0, 0},"
    yield "};"
    yield ""
    yield "#endif"


def stub(constants: list[Constant]) -> Iterator[str]:
    """The stub of the native module: every name of the list, present or not."""
    plain = [each for each in constants if each.home not in CLASSES]
    for_ssl = [each for each in plain if each.home != "CRYPTO"]
    yield '"""Constants of OpenSSL; the values come from the compiler.'
    yield ""
    yield "Generated from tools/constants.txt by tools/make_constants.py."
    yield '"""'
    yield ""
    yield "from typing import Final"
    yield ""
    yield "__all__ = ["
    for name in sorted([each.name for each in for_ssl] + [CLASSES["CODE"][0]]):
        yield f'    "{name}",'
    yield "]"
    yield ""
    yield "# Names the headers of this build lack, with the OpenSSL version that has them."
    yield "absent: Final[dict[str, str]]"
    yield ""
    for each in plain:
        yield f"{each.name}: Final[int]"
        yield f'"""{each.meaning}"""'
    for home, (name, meaning) in CLASSES.items():
        yield ""
        yield f"class {name}:"
        yield f'    """{meaning}"""'
        yield ""
        for each in constants:
            if each.home == home:
                yield f"    {each.name}: Final[int]"
                yield f'    """{each.meaning}"""'


def docs(constants: list[Constant]) -> Iterator[str]:
    """The table people read."""
    yield "<!-- Generated from tools/constants.txt by tools/make_constants.py. -->"
    yield ""
    yield "# Constants"
    yield ""
    yield "Values come from the OpenSSL headers of the build. A name those headers lack is"
    yield "absent: asking for it raises `AttributeError` naming the OpenSSL version that has it."
    places = {
        "SSL": "In `OpenSSL.SSL`.",
        "CRYPTO": "In `OpenSSL.crypto`.",
        "BOTH": "In `OpenSSL.SSL` and `OpenSSL.crypto`.",
        "CODE": "Attributes of `OpenSSL.SSL.X509VerificationCodes`.",
        "FLAG": "Attributes of `OpenSSL.crypto.X509StoreFlags`.",
    }
    for group, (home, heading) in GROUPS.items():
        yield ""
        yield f"## {heading}"
        yield ""
        place = places[home]
        if group == "museum":
            place += " Always there; 0 where OpenSSL no longer defines them."
        yield place
        yield ""
        yield "| name | OpenSSL's macro | since | meaning |"
        yield "|---|---|---|---|"
        for each in constants:
            if each.group == group:
                macro = "ours" if each.macro.startswith("BRISK_") else f"`{each.macro}`"
                yield f"| `{each.name}` | {macro} | {each.since} | {each.meaning} |"


def versions(constants: list[Constant]) -> Iterator[str]:
    """The page about versions: its written part, and the names each version brought."""
    yield VERSIONS.read_text(encoding="utf-8").partition(MARK)[0].rstrip("\n")
    yield ""
    yield MARK
    newer = [each for each in constants if each.since != "3.0"]
    for since in sorted({each.since for each in newer}, key=lambda text: text.split(".")):
        yield ""
        yield f"## OpenSSL {since}"
        yield ""
        yield "| name | where | meaning |"
        yield "|---|---|---|"
        for each in newer:
            if each.since == since:
                yield f"| `{each.name}` | {GROUPS[each.group][1]} | {each.meaning} |"


def outputs(constants: list[Constant]) -> dict[Path, str]:
    """Every generated file and its whole text."""
    made = {
        TABLE: table(constants),
        STUB: stub(constants),
        DOCS: docs(constants),
        VERSIONS: versions(constants),
    }
    return {path: "\n".join(lines) + "\n" for path, lines in made.items()}


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` compare them."""
    stale = []
    for path, text in outputs(parse(LIST.read_text(encoding="utf-8"))).items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            stale.append(path.relative_to(ROOT).as_posix())
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"not what tools/constants.txt says: {', '.join(stale)}", file=sys.stderr)
        print("run: python tools/make_constants.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
