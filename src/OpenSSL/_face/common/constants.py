"""Constants the headers of this build lack, explained to those who ask for one."""

from __future__ import annotations

from OpenSSL._native.common import constants as native

__all__ = ["lacking"]


def lacking(module: str, name: str) -> AttributeError:
    """Make the error for an attribute ``name`` that ``module`` does not have.

    A constant of the list says which OpenSSL version has it; any other name
    gets Python's usual words.
    """
    since = native.absent.get(name)
    if since is None:
        text = f"module {module!r} has no attribute {name!r}"
    else:
        text = f"{module}.{name} needs OpenSSL {since} or newer, and its headers at build time"
    return AttributeError(text, name=name)
