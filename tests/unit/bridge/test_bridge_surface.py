"""Every name of `ssl`'s context, socket and object, held against ours: forms, answers, refusals.

What is compared is what this Python's own module does with the same calls, bad ones included.
"""

from __future__ import annotations

import inspect
import ssl
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit.bridged_pairs import KINDS, client, in_memory, server, talking
from OpenSSL._bridge import SSLContext
from OpenSSL._bridge.objects import SSLObject
from OpenSSL._bridge.sockets import SSLSocket

CLASSES = [(ssl.SSLContext, SSLContext), (ssl.SSLSocket, SSLSocket), (ssl.SSLObject, SSLObject)]
PROTOCOLS = [ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER]
#: Bad input of every kind, and some that is good.
JUNK: list[Any] = [
    *(None, "", "x", b"", b"x", "\0", "a\0b", "é", -1, 0, 1, 2, 1 << 31, 1 << 63, 1 << 70),
    *(1.5, True, [], {}, (1, 2), object(), bytearray(b"a"), len),
]
#: Where ours is stricter, or laxer, on purpose: name of an attribute -> (values, why).
OTHERWISE: dict[str, tuple[Callable[[Any], bool], str]] = {
    "options": (lambda value: value in (-1, 1 << 63), "Pythons differ in what is too much"),
    "verify_flags": (lambda value: value in (-1, 1 << 70), "ssl keeps the bits that fit"),
}


def names_of(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]


def is_method(kind: type, name: str) -> bool:
    found = inspect.getattr_static(kind, name)
    return callable(found) or isinstance(found, (staticmethod, classmethod))


def form(function: Any) -> list[tuple[str, Any, Any]] | None:
    """Names, kinds and defaults of parameters; None where nobody knows."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [(each.name, each.kind, each.default) for each in found if each.name != "self"]


@pytest.mark.parametrize(("theirs", "ours"), CLASSES)
def test_names_and_signatures_are_those_of_ssl(theirs: type, ours: type) -> None:
    assert issubclass(ours, theirs)
    for name in names_of(theirs):
        # Not left to the module's own C object: see test_nothing_goes_to_the_modules_own_object.
        assert is_method(theirs, name) == is_method(ours, name), name
        if not is_method(theirs, name):
            continue
        expected = form(getattr(theirs, name))
        if expected is not None:
            assert form(getattr(ours, name)) == expected, name


def outcome(call: Callable[[], Any]) -> tuple[Any, ...]:
    """What it returns, by its kind, or how it refuses."""
    try:
        answer = call()
    except Exception as error:
        number = error.errno if isinstance(error, OSError) else None
        return type(error), number, getattr(error, "reason", None)
    if isinstance(answer, (tuple, list)):
        return type(answer), [type(each) for each in answer][:3]
    if isinstance(answer, dict):
        return dict, sorted(answer)
    return (type(answer), answer if isinstance(answer, (int, str, bytes)) else None)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_attributes_begin_alike_and_take_and_refuse_alike(
    protocol: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # names of files are among the junk
    names = [name for name in names_of(ssl.SSLContext) if not is_method(ssl.SSLContext, name)]
    for name in names:
        if name in ("sslsocket_class", "sslobject_class"):
            continue
        values = [repr(getattr(kind(protocol), name)) for kind in (ssl.SSLContext, SSLContext)]
        assert values[0] == values[1], name
        for junk in JUNK:
            if name in OTHERWISE and OTHERWISE[name][0](junk):
                continue
            seen = [
                set_and_get(kind(protocol), name, junk) for kind in (ssl.SSLContext, SSLContext)
            ]
            assert seen[0] == seen[1], (name, junk)


def set_and_get(context: Any, name: str, value: Any) -> tuple[Any, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        set_it = outcome(lambda: setattr(context, name, value))[0]
        return set_it, repr(getattr(context, name))


def arguments_of(most: int) -> Iterator[tuple[Any, ...]]:
    yield ()
    for one in JUNK:
        yield (one,)
    if most > 1:
        for one in (None, "x", b"x", 1, object()):
            for two in (None, "x", 1, object()):
                yield (one, two)


def called(context: Any, name: str, given: tuple[Any, ...]) -> type:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kind: type = outcome(lambda: getattr(context, name)(*given))[0]
        return kind


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_methods_of_a_context_answer_and_refuse_alike(protocol: Any) -> None:
    for name in names_of(ssl.SSLContext):
        if not is_method(ssl.SSLContext, name) or name.startswith("set_psk_"):
            continue
        for given in arguments_of(2):
            seen = [called(kind(protocol), name, given) for kind in (ssl.SSLContext, SSLContext)]
            assert seen[0] == seen[1], (name, given)


# ---- connections

#: Arguments that some method takes, and some that none does.
GIVEN: list[tuple[Any, ...]] = [
    *((), (None,), (0,), (5,), (-1,), ("x",), (b"x",), (b"ro",), (object(),), (1.5,), (1 << 70,)),
    *((bytearray(4),), (bytearray(0),), (memoryview(b"abcdefgh")[::2],), ("tls-unique",)),
    *((1, bytearray(4)), (0, bytearray(4)), (-1, bytearray(4)), (9, bytearray(4)), (1, b"ro")),
    *((1, "x"), (bytearray(4), 2), (bytearray(4), 9), (bytearray(4), -1), (b"x", 0), (b"x", 1)),
    ([1],),
]
#: What may wait for ever, gives the descriptor away, or is the plain socket's alone.
LEFT_OUT = {
    *("accept", "bind", "connect", "connect_ex", "detach", "fileno", "listen", "makefile"),
    *("get_inheritable", "set_inheritable", "getsockname", "getpeername", "getsockopt"),
    *("setsockopt", "gettimeout", "settimeout", "setblocking", "getblocking", "sendfile"),
    *("share", "family", "proto", "timeout", "type"),
}
#: On purpose ours has no words for nothing: `send(b"")` is 0 whatever the state.
NOTHING = [b"", bytearray()]


def calls(kind: type) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Each name, with what it is given one after the other."""
    for name in names_of(kind):
        if name in LEFT_OUT:
            continue
        # do_handshake(True) waits.
        alone = not is_method(kind, name) or name == "do_handshake"
        silent = name in ("send", "sendall", "write")
        yield (
            name,
            [()]
            if alone
            else [given for given in GIVEN if not (silent and given and given[0] in NOTHING)],
        )


def ask(end: Any, name: str, given: tuple[Any, ...]) -> tuple[Any, ...]:
    fresh = tuple(bytearray(each) if isinstance(each, bytearray) else each for each in given)
    kind = type(end)
    if not is_method(kind, name):
        return outcome(lambda: getattr(end, name))
    return outcome(lambda: getattr(end, name)(*fresh))


def same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    if one[0] in (SSLContext, ssl.SSLContext):
        return other[0] in (SSLContext, ssl.SSLContext)
    if one[0].__name__ in ("Certificate", "SSLSession"):
        return bool(one[0].__name__ == other[0].__name__)
    # What is random or has a hidden class differs in its value only.
    return one == other or (one[0] is other[0] and one[0] in (bytes, list))


def differing(kind: type, asked: Callable[[str, str, Any], list[Any]]) -> list[Any]:
    wrong = []
    for name, several in calls(kind):
        seen = [asked(which, name, several) for which in ("standard", "ours")]
        for given, one, other in zip(several, *seen, strict=True):
            if not same(one, other):
                wrong.append((name, given, one, other))
    return wrong


@pytest.mark.parametrize("state", ["fresh", "done", "said", "ended", "both", "data"])
def test_an_object_answers_and_refuses_alike(state: str) -> None:
    contexts = {kind: (server(kind), client(kind)) for kind in KINDS}

    def made(kind: str) -> Any:
        one, other = contexts[kind]
        if state == "fresh":
            a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
            serving = one.wrap_bio(a, b, server_side=True)
            return serving, other.wrap_bio(b, a, server_hostname="localhost")
        *ends, _ = in_memory(one, other)
        if state in ("said", "both"):
            outcome(ends[0].unwrap)
        if state in ("ended", "both"):
            outcome(ends[1].unwrap)
        if state == "data":
            ends[1].write(b"hello")
        return ends

    def asked(kind: str, name: str, several: list[Any]) -> list[Any]:
        end, _other = made(kind)
        return [ask(end, name, given) for given in several]

    assert differing(ssl.SSLObject, asked) == []


@pytest.mark.parametrize("state", ["done", "said", "gone", "data", "closed"])
def test_a_socket_answers_and_refuses_alike(state: str) -> None:
    contexts = {kind: (server(kind), client(kind)) for kind in KINDS}

    def asked(kind: str, name: str, several: list[Any]) -> list[Any]:
        with talking(*contexts[kind]) as (other, end):
            for each in (end, other):
                each.setblocking(False)
            if state == "said":
                outcome(end.unwrap)
            elif state == "gone":
                other.close()
            elif state == "data":
                other.send(b"hello")
            elif state == "closed":
                end.close()
            return [ask(end, name, given) for given in several]

    found = differing(ssl.SSLSocket, asked)
    if state == "gone":
        # Older Pythons call a broken pipe an unexpected end; newer ones, and ours, what it is.
        found = [each for each in found if each[0] not in ("send", "sendall", "write")]
    assert found == []
