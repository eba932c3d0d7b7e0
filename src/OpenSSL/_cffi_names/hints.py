"""Which public method to use instead of a C function; found by the docstrings.

Every public docstring names the C function it stands on in its last line.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

__all__ = ["lacking", "public_name"]

_MANUAL_PAGE = re.compile(r"\b([A-Za-z]\w+)\(3\)")


def _documented(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name in module.__all__:
        value = getattr(module, name)
        yield f"{module.__name__}.{name}", value
        if inspect.isclass(value):
            for method, function in inspect.getmembers(value, inspect.isroutine):
                if not method.startswith("_"):
                    yield f"{module.__name__}.{name}.{method}", function


@functools.cache
def _index() -> dict[str, str]:
    from OpenSSL import SSL, crypto

    found: dict[str, str] = {}
    for module in (SSL, crypto):
        for name, value in _documented(module):
            lines = (getattr(value, "__doc__", None) or "").strip().splitlines()
            for function in _MANUAL_PAGE.findall(lines[-1]) if lines else ():
                found.setdefault(function, name)
    return found


def public_name(function: str) -> str | None:
    """The public name that stands on a C function, or None."""
    known = _index()
    # A numbered variant takes or gives ownership; what it does is the same.
    plain = re.sub(r"(?<=_[gs]et)[01](?=_)|(?<=_add)[01](?=_)", "", function)
    similar = (each for each in known if re.sub(r"(?<=[gs]et|add)[01](?=_)", "", each) == plain)
    return known.get(function) or known.get(next(similar, ""))


def lacking(holder: str, name: str) -> AttributeError:
    """Make the error for a private name that is not answered."""
    instead = public_name(name)
    advice = f"use {instead}" if instead else "no public method stands on it"
    return AttributeError(
        f"{holder}.{name}: there is no cffi under this package; {advice}", name=name
    )
