"""One form of docstring: a summary, what is raised, and last the C function it stands on."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

from OpenSSL import SSL, crypto

FOUNDATION = re.compile(r"``\w+\(\d\)``(?:, ``\w+\(\d\)``)*")
#: What stands on no C function of its own: Python's, refused, or read from a hello's bytes.
NONE = {
    *("app_data", "detach", "dup", "makefile", "recvfrom", "recvfrom_into", "sendmsg_afalg"),
    *("sendto", "share", "get_app_data", "set_app_data", "describe", "is_due"),
    *("get_max_records_without_data", "set_max_records_without_data"),
}
#: Read from the bytes of a client's hello.
PARTS = SSL.ClientHello


def found() -> Iterator[tuple[str, object]]:
    """Every public function, method and property of the two modules."""
    for module in (SSL, crypto):
        for name in module.__all__:
            value = getattr(module, name, None)
            if not inspect.isclass(value):
                if callable(value):
                    yield f"{module.__name__}.{name}", value
                continue
            for each in dir(value):
                member = inspect.getattr_static(value, each)
                member = getattr(member, "__func__", member)
                owner = next(kind for kind in value.__mro__ if each in vars(kind))
                if each.startswith("_") or not owner.__module__.startswith("OpenSSL"):
                    continue
                if callable(member) or isinstance(member, property):
                    yield f"{module.__name__}.{name}.{each}", member


def wrong(text: str, needs_foundation: bool) -> str | None:
    """What is missing in a docstring."""
    lines = [line.strip() for line in text.splitlines()]
    if not lines or not re.split(r"\n\s*\n", text.strip())[0].endswith((".", ":")):
        return "no summary that ends with a full stop"
    last = next(line for line in reversed(lines) if line)
    if needs_foundation and not FOUNDATION.fullmatch(last):
        return f"the last line is not a C function as ``X(3)`` but {last!r}"
    bare = [line for line in lines if re.fullmatch(r"[A-Za-z_]\w*\(\d\)\.?", line)]
    return f"a C function without its quotes: {bare[0]}" if bare else None


def needs(name: str) -> bool:
    return name.rpartition(".")[2] not in NONE and f".{PARTS.__name__}." not in name


def test_every_public_docstring_has_the_form() -> None:
    wrongs = {
        name: told
        for name, member in found()
        if (told := wrong(inspect.getdoc(member) or "", needs(name)))
    }
    assert wrongs == {}


def test_there_is_something_to_look_at() -> None:
    assert sum(1 for _ in found()) > 800


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("Do it.\n\n``SSL_new(3)``", True),
        ("Do it.\n\n``SSL_new(3)``, ``SSL_free(3)``", True),
        ("Do it.\n\nSSL_new(3)", False),
        ("Do it.\n\nRaises Error.", False),
        ("do it\n\n``SSL_new(3)``", False),
        ("", False),
    ],
)
def test_the_check_sees_what_is_missing(text: str, good: bool) -> None:
    assert (wrong(text, True) is None) is good
