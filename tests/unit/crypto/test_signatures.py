"""What other programs ask of classes and functions: signatures, modules, copies, notes."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import sys
import types
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from kit import contexts, pump
from OpenSSL import SSL, aio, crypto, fleet, rand

MODULES: tuple[types.ModuleType, ...] = (SSL, crypto, rand, fleet)
#: Exceptions without an ``__init__`` have none: ``inspect`` cannot tell of Python's own either.
SILENT = (BaseException,)


def public(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for name in module.__all__:
        try:
            yield name, getattr(module, name)
        except AttributeError:  # a constant that this OpenSSL lacks
            continue


def callables() -> Iterator[tuple[str, Any]]:
    for module in MODULES:
        for name, thing in public(module):
            place = f"{module.__name__}.{name}"
            if not callable(thing) or (isinstance(thing, type) and issubclass(thing, SILENT)):
                continue
            yield place, thing
            if isinstance(thing, type):
                for method in dir(thing):
                    if not method.startswith("_") and callable(getattr(thing, method)):
                        yield f"{place}.{method}", getattr(thing, method)


@pytest.mark.holds("U-B7")
def test_every_public_callable_has_a_signature() -> None:
    found = dict(callables())
    assert len(found) > 300
    silent = []
    for place, thing in found.items():
        try:
            inspect.signature(thing)
        except ValueError:
            silent.append(place)
    assert silent == []


def test_what_the_signatures_say() -> None:
    assert str(inspect.signature(SSL.Context)).startswith("(method: ")
    assert list(inspect.signature(SSL.Connection).parameters) == ["context", "socket"]
    assert list(inspect.signature(SSL.Session).parameters) == []
    assert list(inspect.signature(crypto.X509Name).parameters) == ["name"]

    class Mine(SSL.Connection):
        def __init__(self, host: str, context: SSL.Context) -> None:
            super().__init__(context, None)

    assert list(inspect.signature(Mine).parameters) == ["host", "context"]


@pytest.mark.holds("U-B7")
def test_specs_of_mock_hold_callers_to_them() -> None:
    kind = mock.create_autospec(SSL.Connection)
    kind(SSL.Context(SSL.TLS_METHOD), None)
    with pytest.raises(TypeError, match="missing a required argument: 'context'"):
        kind()
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        kind(context=None, sock=None)
    end = kind(None)
    end.set_tlsext_host_name(b"a.test")
    with pytest.raises(TypeError):
        end.set_tlsext_host_name(b"a.test", b"b.test")
    with pytest.raises(AttributeError):
        _ = end.no_such_thing
    assert isinstance(mock.create_autospec(SSL.Context, instance=True), SSL.Context)


def aio_anyio() -> types.ModuleType | None:
    try:
        return importlib.import_module("OpenSSL.aio.anyio")
    except ModuleNotFoundError:
        return None


@pytest.mark.holds("U-C4")
def test_classes_are_those_of_the_modules_that_people_import() -> None:
    wrong = [
        f"{module.__name__}.{name}: {thing.__module__}"
        for module in (SSL, crypto, fleet, aio, aio_anyio())
        if module is not None
        for name, thing in public(module)
        if isinstance(thing, type) and thing.__module__ != module.__name__
    ]
    assert wrong == []
    connection = SSL.Connection(SSL.Context(SSL.TLS_METHOD))
    assert repr(connection).startswith("<OpenSSL.SSL.Connection object at ")


def things() -> Iterator[Any]:
    context = SSL.Context(SSL.TLS_METHOD)
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 1024)
    yield from (context, SSL.Connection(context), SSL.Session(), key)
    yield from (crypto.X509(), crypto.X509Store(), crypto.X509Req(), crypto.CRL(), crypto.Revoked())
    yield crypto.NetscapeSPKI()
    yield crypto.X509Extension(b"basicConstraints", True, b"CA:TRUE")
    for made in (fleet.Fleet, fleet.MemoryStore, fleet.SessionCache, fleet.SharedFile):
        yield made.__new__(made)
    yield from (fleet.Counters(), fleet.Valkey("valkey://127.0.0.1:1/0"))


@pytest.mark.parametrize("thing", list(things()), ids=lambda thing: type(thing).__name__)
@pytest.mark.parametrize("call", [copy.copy, copy.deepcopy, pickle.dumps])
def test_what_cannot_be_copied_says_so(thing: Any, call: Any) -> None:
    with pytest.raises(TypeError, match=type(thing).__name__ + " (cannot be|is not)"):
        call(thing)


def test_names_can_be_copied_and_not_pickled() -> None:
    name = crypto.X509().get_subject()
    name.CN = "a"
    assert copy.copy(name) == name
    with pytest.raises(TypeError, match=r"X509Name cannot be pickled; store what der\(\)"):
        pickle.dumps(name)


# ---- notes

notes = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="exceptions have notes since Python 3.11"
)


def notes_of(error: BaseException) -> str:
    return "\n".join(getattr(error, "__notes__", ()))


@notes
@pytest.mark.holds("U-B2")
def test_a_file_that_is_not_there_is_named() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    for call in (context.use_certificate_chain_file, context.use_privatekey_file):
        with pytest.raises(SSL.Error) as caught:
            call("/no/such/file.pem")
        assert "/no/such/file.pem" in notes_of(caught.value)
        assert "No such file or directory" in notes_of(caught.value)
        assert caught.value.args == ([*map(tuple, caught.value.args[0])],)
        assert all(len(entry) == 3 for entry in caught.value.args[0])


@notes
@pytest.mark.holds("U-B2")
def test_a_group_that_nobody_knows_is_named() -> None:
    with pytest.raises(SSL.Error) as caught:
        SSL.Context(SSL.TLS_METHOD).set_groups_list(b"X25519:no-such-group")
    # From OpenSSL 3.5 on libssl leaves the name to us.
    assert "no-such-group" in f"{caught.value}{notes_of(caught.value)}"
    assert "X25519" not in f"{caught.value}{notes_of(caught.value)}"


@notes
@pytest.mark.holds("U-B2")
def test_a_refused_certificate_says_why() -> None:
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(), client))
    assert outcome.client is not None
    assert "unable to get local issuer certificate (verify code 20)" in notes_of(outcome.client)


@notes
def test_an_error_told_again_has_notes_of_its_own() -> None:
    client = SSL.Context(SSL.TLS_METHOD)
    client.set_verify(SSL.VERIFY_PEER)
    ends = pump.pair(contexts.server_context(), client)
    first = pump.handshake_outcome(*ends).client
    assert first is not None
    first.add_note("mine")
    with pytest.raises(SSL.Error) as caught:
        ends.client.do_handshake()
    assert "verify code 20" in notes_of(caught.value)
    assert "mine" not in notes_of(caught.value)
