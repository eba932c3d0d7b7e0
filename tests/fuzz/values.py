"""Arguments that nobody should pass, and some that look nearly right."""

from __future__ import annotations

import array
import datetime
import enum
import functools
import pathlib
import random
from collections.abc import Callable
from typing import Any

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto


class Evil(Exception):
    """What an argument's own method raises."""


class Raises:
    """Raises whatever it is asked."""

    def __getattr__(self, name: str) -> Any:
        raise Evil(name)

    def _raise(self, *_: Any) -> Any:
        raise Evil("method")

    __index__ = __int__ = __len__ = __iter__ = __bool__ = __fspath__ = _raise
    __eq__ = __call__ = __getitem__ = __bytes__ = __str__ = __repr__ = __float__ = _raise
    __hash__ = object.__hash__


class Lies(bytes):
    """Bytes that claim another length, and another order."""

    def __len__(self) -> int:
        return 10**6

    def __iter__(self) -> Any:
        return iter([b"a", 3])


class Indexed:
    """An integer by its own word only."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __index__(self) -> Any:
        return self.value


class Mad(int):
    def __lt__(self, other: Any) -> bool:
        raise Evil("compared")

    __gt__ = __le__ = __ge__ = __lt__


class Numbers(enum.IntEnum):
    ONE = 1
    LARGE = 2**40


class Endless:
    def __iter__(self) -> Any:
        yield b"h2"
        raise Evil("iterated")


class PathLike:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def __fspath__(self) -> Any:
        return self.answer


def wrong_hook(*_: Any) -> Any:
    return Raises()


def raising_hook(*_: Any) -> Any:
    raise Evil("hook")


def circle() -> list[Any]:
    made: list[Any] = [b"a"]
    made.append(made)
    return made


SIMPLE: list[Any] = [
    *(None, True, False, ..., NotImplemented, 1.5, float("nan"), float("inf"), 1j),
    *(0, 1, 2, 3, -1, -2, 5, 16, 255, 256, 771, 772, 65535, 65536, 10**6),
    *(2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64, -(2**31) - 1, -(2**63), 10**40),
    *("", "a", "a\0b", "\xfc", "\ud800", "x" * 300, "x" * 70000, "/no/such/file", "sha256"),
    *("prime256v1", "DEFAULT", "TLS_AES_128_GCM_SHA256", "127.0.0.1", "20300101000000Z", "::1"),
    *(b"", b"a", b"a\0b", b"\xff" * 300, b"x" * 70000, b"20300101000000Z", b"h2", b"DEFAULT"),
    *(bytearray(), bytearray(b"abc"), memoryview(b"abc"), memoryview(b"abcdef")[::2]),
    *(array.array("d", [1.0]), memoryview(bytearray(8)).cast("I"), Lies(b"abc"), b"x" * 256),
    *([], [b"h2"], [b""], [b"x" * 256], [None], [b"a"] * 70000, (1, 2), (), {}, {1: 2}, set()),
    *(circle(), Endless(), range(3), object(), int, Exception("x"), Evil, len, wrong_hook),
    *(raising_hook, print, functools.partial(int, "x"), Raises(), Indexed(3), Indexed(-1)),
    *(Indexed(2**70), Indexed("x"), Mad(3), Numbers.ONE, Numbers.LARGE, PathLike("a\0")),
    *(PathLike(b"/no/such"), PathLike(3), pathlib.Path("/"), datetime.datetime(2030, 1, 1)),
    *(datetime.datetime(1, 1, 1), datetime.datetime.max, datetime.date(2030, 1, 1)),
    datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc),
]


def contexts_made() -> tuple[SSL.Context, SSL.Context]:
    return contexts.server_context(), contexts.client_context()


@functools.cache
def contexts_shared() -> tuple[SSL.Context, SSL.Context]:
    return contexts_made()


def refresh() -> None:
    """Use other Contexts from now on."""
    contexts_shared.cache_clear()


def connection(chance: random.Random) -> SSL.Connection:
    """A connection in any state."""
    ends = pump.pair(*contexts_shared())
    state = chance.randrange(4)
    if state == 1:
        pump.step(ends.client.do_handshake)
    elif state >= 2:
        pump.handshake(*ends)
        if state == 3:
            ends.client.send(b"x" * 1000)
            pump.exchange(*ends)
    return chance.choice(ends)


def session() -> SSL.Session:
    ends = pump.connected(*contexts_made())
    found = ends.client.get_session()
    assert found is not None
    return found


def name() -> crypto.X509Name:
    return certificate().get_subject()


def certificate() -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)


def key() -> crypto.PKey:
    return crypto.load_privatekey(crypto.FILETYPE_PEM, authority.identity().key_pem)


def request() -> crypto.X509Req:
    made = crypto.X509Req()
    made.set_pubkey(key())
    made.sign(key(), "sha256")
    return made


def archive() -> crypto.PKCS12:
    made = crypto.PKCS12()
    made.set_certificate(certificate())
    made.set_privatekey(key())
    return made


def store_context() -> crypto.X509StoreContext:
    return crypto.X509StoreContext(crypto.X509Store(), certificate())


def extension() -> crypto.X509Extension:
    return certificate().get_extension(0)


def message() -> crypto.PKCS7:
    return crypto.PKCS7.__new__(crypto.PKCS7)


MAKERS: dict[type, Callable[[random.Random], Any]] = {
    SSL.Connection: connection,
    SSL.Context: lambda chance: chance.choice(contexts_made()),
    SSL.Session: lambda _: session(),
    crypto.X509: lambda _: certificate(),
    crypto.X509Name: lambda _: name(),
    crypto.PKey: lambda _: key(),
    crypto.X509Req: lambda _: request(),
    crypto.PKCS12: lambda _: archive(),
    crypto.PKCS7: lambda _: message(),
    crypto.CRL: lambda _: crypto.CRL(),
    crypto.Revoked: lambda _: crypto.Revoked(),
    crypto.NetscapeSPKI: lambda _: crypto.NetscapeSPKI(),
    crypto.X509Store: lambda _: crypto.X509Store(),
    crypto.X509StoreContext: lambda _: store_context(),
    crypto.X509Extension: lambda _: extension(),
}
