"""C declarations at home: a name is declared once, and in the file that alone calls it.

What one file calls is declared in that file, so that a new C function has one module built again;
what several call stands in `libssl.pxd` or `libcrypto.pxd`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest
from reading import NATIVE, code_of, sources

SHARED = ("common/libssl.pxd", "common/libcrypto.pxd")
BLOCK = re.compile(r"^cdef extern from .*\n(?:(?: .*)?\n)*", re.MULTILINE)
NAME = re.compile(r"\b(\w+)\((?!\*)")


def declared(text: str) -> Counter[str]:
    """Names of the C functions that the file declares, and how often."""
    found: Counter[str] = Counter()
    for block in BLOCK.findall(code_of(text)):
        for line in block.splitlines()[1:]:
            if re.match(r"    \w", line) and not line.lstrip().startswith("ctypedef"):
                match = NAME.search(line)
                if match:
                    found[match[1]] += 1
    return found


def used(files: Mapping[str, str]) -> dict[str, set[str]]:
    """Each word of the code outside declarations -> the files that it stands in."""
    found: dict[str, set[str]] = {}
    for path, text in files.items():
        for word in set(re.findall(r"\w+", BLOCK.sub("", code_of(text)))):
            found.setdefault(word, set()).add(path)
    return found


def astray(files: Mapping[str, str]) -> list[str]:
    """What is declared twice, or in another place than where it is called."""
    uses = used(files)
    homes: dict[str, list[str]] = {}
    found = []
    for path, text in files.items():
        for name, count in declared(text).items():
            homes.setdefault(name, []).append(path)
            users = uses.get(name, set())
            if count > 1:
                found.append(f"{path}: {name} twice")
            if path in SHARED and len(users) < 2:
                found.append(f"{path}: {name}, which {', '.join(users) or 'nobody'} alone calls")
            if path.endswith(".pyx") and path not in users:
                found.append(f"{path}: {name}, which it does not call")
    # Python's own, and what C headers of our own have, is declared wherever it is called.
    found += [
        f"{name}: in {', '.join(places)}"
        for name, places in homes.items()
        if len(places) > 1 and not name.startswith(("Py", "brisk_"))
    ]
    return found


def test_every_declaration_is_at_home() -> None:
    files = sources("*.pyx", "*.pxd", under=NATIVE)
    assert sum(declared(text).total() for text in files.values()) > 500
    assert astray(files) == []


HEAD = 'cdef extern from "compat.h" nogil:\n'
CALL = "cdef int f():\n    return s.SSL_up(x)\n"


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({SHARED[0]: f"{HEAD}    int SSL_up(SSL* ssl)\n", "a.pyx": CALL, "b.pyx": CALL}, 0),
        ({SHARED[0]: f"{HEAD}    int SSL_up(SSL* ssl)\n", "a.pyx": CALL}, 1),
        ({SHARED[0]: f"{HEAD}    int SSL_up(SSL* ssl)\n"}, 1),
        ({"a.pyx": f"{HEAD}    int SSL_up(SSL* ssl)\n{CALL}"}, 0),
        ({"a.pyx": f"{HEAD}    int SSL_up(SSL* ssl)\n    int SSL_up(SSL* ssl)\n{CALL}"}, 1),
        ({"a.pyx": f"{HEAD}    int SSL_up(SSL* ssl)\n# SSL_up()\n"}, 1),
        (dict.fromkeys(("a", "b"), f"{HEAD}    int SSL_up(\n        SSL* ssl)\n{CALL}"), 1),
    ],
)
def test_the_check_sees_what_is_astray(files: dict[str, str], count: int) -> None:
    assert len(astray(files)) == count
