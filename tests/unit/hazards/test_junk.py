"""Junk in every argument of every public call."""

from __future__ import annotations

import warnings

import pytest

from kit import contexts, pump
from OpenSSL import SSL, crypto


@pytest.fixture(scope="module")
def both():
    return contexts.server_context(), contexts.client_context()


JUNK = [None, "text", b"bytes", -1, 0, 1 << 40, 2**70, 1.5, object(), [], {}, print]
FAMILY = (
    TypeError,
    ValueError,
    OverflowError,
    MemoryError,
    AttributeError,
    BufferError,
    SSL.Error,
    crypto.Error,
)


def make(cls, state, both):
    if state == "unmade":
        return cls.__new__(cls)
    if cls is SSL.Context:
        return contexts.blank_context()
    return (pump.connected if state == "connected" else pump.pair)(*both).client


@pytest.mark.parametrize("count", [0, 1, 2, 3])
@pytest.mark.parametrize("state", ["unmade", "new", "connected"])
@pytest.mark.parametrize("kind", ["Context", "Connection"])
def test_junk_everywhere(kind, state, count, both):
    """No argument at all may crash a call or raise something outlandish from it."""
    cls = getattr(SSL, kind)
    for name in [name for name in dir(cls) if not name.startswith("_")]:
        target = make(cls, state, both)
        for junk in JUNK if count else [None]:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    member = getattr(target, name)
                    if callable(member):
                        member(*[junk] * count)
            except NotImplementedError:
                pass
            except FAMILY as error:
                assert type(error) is not SystemError
                if state != "unmade" and not isinstance(error, SSL.WantReadError):
                    assert str(error), f"{name}({junk!r}) says nothing"
