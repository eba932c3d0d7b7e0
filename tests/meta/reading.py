"""Reading the package's sources as text: what the laws' checks have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/OpenSSL"
NATIVE = PACKAGE / "_native"
FACE = PACKAGE / "_face"

_NOT_CODE = re.compile(
    r"""
    (?P<text>[bBrRfFuUcC]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}
        |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<comment>\#[^\n]*)
    """,
    re.VERBOSE | re.DOTALL,
)


def code_of(text: str) -> str:
    """The source with texts emptied and comments gone; line numbers stay."""

    def blank(match: re.Match[str]) -> str:
        lines = "\n" * match.group().count("\n")
        return lines if match.group("comment") is not None else f'""{lines}'

    return _NOT_CODE.sub(blank, text)


def statements(text: str) -> Iterator[tuple[int, str]]:
    """Each logical line of the code: its first line's number and its text on one line.

    The indentation stays at the front.
    """
    depth = 0
    held: list[str] = []
    first = 0
    for number, line in enumerate(code_of(text).splitlines(), 1):
        if not held:
            if not line.strip():
                continue
            first = number
            held = [line.rstrip().rstrip("\\")]
        else:
            held.append(line.strip().rstrip("\\"))
        depth += sum(line.count(each) for each in "([{") - sum(line.count(each) for each in ")]}")
        if depth <= 0 and not line.rstrip().endswith("\\"):
            yield first, " ".join(part for part in held if part)
            held, depth = [], 0
    if held:
        yield first, " ".join(held)


def sources(*patterns: str, under: Path = PACKAGE) -> dict[str, str]:
    """Path relative to ``under`` -> text, of every file that matches one of the patterns."""
    found = sorted({path for pattern in patterns for path in under.rglob(pattern)})
    return {path.relative_to(under).as_posix(): path.read_text(encoding="utf-8") for path in found}


#: What a .pyx declares of OpenSSL for itself.
_DECLARED = re.compile(r'^cdef extern from "compat\.h".*\n(?:(?: .*)?\n)*', re.MULTILINE)


def declarations() -> dict[str, str]:
    """Path -> what it declares of OpenSSL: all of a .pxd, and those blocks of a .pyx."""
    found = sources("*.pxd", under=NATIVE)
    for path, text in sources("*.pyx", under=NATIVE).items():
        found[path] = "".join(_DECLARED.findall(text))
    return found


def without_declarations(text: str) -> str:
    """The rest of a .pyx; line numbers stay."""
    return _DECLARED.sub(lambda match: "\n" * match.group().count("\n"), text)


def c_functions(text: str) -> dict[str, tuple[str, list[str]]]:
    """Of the extern blocks of a .pxd or .pyx: name -> (result type, parameters)."""
    found: dict[str, tuple[str, list[str]]] = {}
    extern = False
    for _number, line in statements(text):
        if not line.startswith(" "):
            extern = line.startswith("cdef extern")
            continue
        match = re.match(
            r"\s+(?!ctypedef)((?:const |unsigned |long |struct )*[\w.]+[\s*]+)(\w+)\(", line
        )
        if extern and match:
            inside = line[match.end() : line.rindex(")")]
            found[match.group(2)] = (match.group(1).strip(), split_arguments(inside))
    return found


def split_arguments(text: str) -> list[str]:
    """Split at the commas that are in no parenthesis."""
    parts, depth, current = [], 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(current.strip())
            current = ""
        else:
            current += letter
    return [*parts, current.strip()] if current.strip() else parts


def calls(line: str) -> Iterator[tuple[str, list[str]]]:
    """Every call in a logical line: the function's last name and its arguments."""
    for match in re.finditer(r"\b(\w+)\(", line):
        depth, start = 1, match.end()
        for position in range(start, len(line)):
            depth += (line[position] in "([{") - (line[position] in ")]}")
            if depth == 0:
                yield match.group(1), split_arguments(line[start:position])
                break
