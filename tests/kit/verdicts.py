"""The four endings a call can have, each told apart from its neighbours.

A want-state, a clean close, a dirty close and a protocol error are children
of one class, so ``pytest.raises(SSL.Error)`` alone proves little.  These look
at the exact class and at what it carries.
"""

from __future__ import annotations

import contextlib
import errno
import re
from collections.abc import Iterator

import pytest

from OpenSSL import SSL

#: The transport ended where TLS did not: what ``SysCallError`` carries then.
UNEXPECTED_EOF = (-1, "Unexpected EOF")


def is_protocol_error(error: BaseException | None, pattern: str = "") -> bool:
    """True for a plain ``Error`` whose reasons match ``pattern``."""
    if type(error) is not SSL.Error:
        return False
    entries = error.args[0]
    assert entries, "an Error with an empty list says nothing"
    return re.search(pattern, ", ".join(reason for _, _, reason in entries)) is not None


def says_something(error: BaseException) -> bool:
    """True for an exception that a person can act on."""
    if isinstance(error, SSL.Error):
        assert type(error) is SSL.Error
        assert error.args[0], "an Error with an empty list says nothing"
        return any(reason for _, _, reason in error.args[0])
    return bool(str(error))


@contextlib.contextmanager
def protocol_error(pattern: str = "") -> Iterator[None]:
    """The peers do not understand or do not accept each other."""
    with pytest.raises(SSL.Error) as caught:
        yield
    assert is_protocol_error(caught.value, pattern), repr(caught.value)


@contextlib.contextmanager
def clean_close() -> Iterator[None]:
    """The peer sent close_notify."""
    with pytest.raises(SSL.Error) as caught:
        yield
    assert type(caught.value) is SSL.ZeroReturnError, repr(caught.value)


@contextlib.contextmanager
def dirty_close() -> Iterator[None]:
    """The transport ended without close_notify."""
    with pytest.raises(SSL.Error) as caught:
        yield
    assert isinstance(caught.value, SSL.SysCallError), repr(caught.value)
    assert caught.value.args == UNEXPECTED_EOF


@contextlib.contextmanager
def system_error(*numbers: int) -> Iterator[None]:
    """The transport failed with one of ``numbers``."""
    with pytest.raises(SSL.Error) as caught:
        yield
    assert isinstance(caught.value, SSL.SysCallError), repr(caught.value)
    assert caught.value.args in [(number, errno.errorcode[number]) for number in numbers]


@contextlib.contextmanager
def wants_read() -> Iterator[None]:
    """Nothing is wrong: bytes from the peer are needed first."""
    with pytest.raises(SSL.Error) as caught:
        yield
    assert type(caught.value) is SSL.WantReadError, repr(caught.value)
