"""Arguments that do something while they are looked at: close, re-enter, change, raise, lie.

An ``Evil`` object answers every question that a conversion may ask of it, and before it answers it
acts on the very objects that the call is about.  ``Round`` makes calls with such arguments, from a
seed, and notes what came out that no documentation speaks of.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from kit import authority, contexts, pump
from OpenSSL import SSL, crypto, rand


class Mischief(Exception):
    """What evil arguments raise themselves; it has to come out as it is."""


#: What calls may raise; see the docstrings of the package.
EXPECTED = (
    *(TypeError, ValueError, OverflowError, SSL.Error, crypto.Error, OSError, BufferError),
    *(IndexError, crypto.X509StoreContextError, NotImplementedError, MemoryError, RecursionError),
    *(Mischief, DeprecationWarning),  # pytest makes errors of warnings
)
#: Special methods that Python calls for people; other names with underscores are left out.
SPECIAL = ("__init__", "__eq__", "__setattr__", "__reduce_ex__", "__copy__", "__contains__")
NUMBERS = (0, 1, 5, -1, 255, 2**31, 2**70)

Act = Callable[[], object]


class Evil:
    """Whatever is asked of it, it acts first."""

    def __init__(self, act: Act, number: int) -> None:
        self.__dict__.update(_act=act, _number=number)

    def _go(self) -> None:
        with contextlib.suppress(SSL.Error, ValueError, TypeError):
            self._act()

    def __index__(self) -> int:
        self._go()
        return self._number

    __int__ = __index__

    def __len__(self) -> int:
        self._go()
        return max(0, min(self._number, 10_000))  # tuple() clears so much memory

    def __bool__(self) -> bool:
        self._go()
        return True

    def __eq__(self, _: object) -> bool:
        self._go()
        return True

    def __hash__(self) -> int:
        self._go()
        return 3

    def __fspath__(self) -> str:
        self._go()
        return "/nonexistent/evil"

    def __iter__(self) -> Iterator[object]:
        self._go()
        yield b"h2"
        self._go()
        yield self

    def __call__(self, *_: object, **__: object) -> int:
        self._go()
        return self._number

    def __str__(self) -> str:
        self._go()
        return "evil"

    def __bytes__(self) -> bytes:
        self._go()
        return b"evil"

    def __float__(self) -> float:
        self._go()
        return 1.0

    def __buffer__(self, _: int) -> memoryview:  # from Python 3.12 on
        self._go()
        return memoryview(bytearray(b"evil"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._go()
        return self


class Lying(bytes):
    def __len__(self) -> int:
        return 10_000

    def __eq__(self, _: object) -> bool:
        return True

    __hash__ = bytes.__hash__

    def __iter__(self) -> Iterator[int]:
        return iter([999] * 5)

    def __getitem__(self, _: object) -> Any:
        return b"q"


class LyingArray(bytearray):
    def __len__(self) -> int:
        return 10_000


class LyingText(str):
    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"\0" * 5

    def __len__(self) -> int:
        return 10_000


class Emptied(list[Any]):
    """Empties itself while it is gone through."""

    def __len__(self) -> int:
        return 10_000

    def __iter__(self) -> Iterator[object]:
        yield b"h2"
        self.clear()
        yield b"x" * 300


class Refusing(dict[Any, Any]):
    def __getitem__(self, _: object) -> Any:
        raise Mischief


def evil_number(act: Act) -> int:
    """An int that acts when it is converted, compared or printed."""

    def go(self: int, *_: object) -> Any:
        with contextlib.suppress(SSL.Error, ValueError, TypeError):
            act()
        return 5

    def agree(self: int, *_: object) -> bool:
        return bool(go(self))

    names = {"__index__": go, "__int__": go, "__eq__": agree, "__hash__": int.__hash__}
    names |= dict.fromkeys(("__lt__", "__gt__", "__le__", "__ge__"), agree)
    return type("EvilNumber", (int,), names)(5)


def acts_on(ends: pump.Pair) -> list[Act]:
    """What is done in the middle of a call."""
    one = ends.client

    def boom() -> None:
        raise Mischief

    return [
        boom,
        lambda: one.shutdown(),
        lambda: one.set_context(contexts.client_context()),
        lambda: one.send(b"zz"),
        lambda: one.recv(10),
        lambda: one.set_connect_state(),
        lambda: one.get_context().set_verify(SSL.VERIFY_NONE),
        lambda: one.get_context().set_ticket_keys(None),
        lambda: one.set_app_data(object()),
        lambda: one.do_handshake(),
        lambda: one.bio_read(100),
        lambda: one.bio_shutdown(),
        lambda: gc.collect(),
    ]


def argument(chance: random.Random, act: Act) -> object:
    makers: list[Callable[[], object]] = [
        lambda: Evil(act, chance.choice(NUMBERS)),
        lambda: Evil(act, chance.choice(NUMBERS)),
        lambda: evil_number(act),
        lambda: Lying(b"ab\0c"),
        lambda: LyingText("host.test"),
        lambda: Emptied([b"a", b"b"]),
        lambda: Refusing(),
        lambda: LyingArray(b"abc"),
        lambda: memoryview(bytearray(b"0123456789"))[::2],
        lambda: memoryview(bytearray(64)),
    ]
    return chance.choice(makers)()


def subjects(ends: pump.Pair) -> list[Any]:
    """What calls are made on: objects of every kind, and the modules."""
    certificate = crypto.load_certificate(crypto.FILETYPE_PEM, authority.identity().pem)
    found = [
        *(ends.client, ends.server, ends.client.get_context(), ends.server.get_context()),
        *(ends.client.get_session(), SSL, crypto, rand, certificate, certificate.get_pubkey()),
        *(certificate.get_subject(), crypto.X509Store(), crypto.CRL(), crypto.PKCS12()),
        *(
            crypto.X509Req(),
            crypto.Revoked(),
            crypto.X509StoreContext(crypto.X509Store(), certificate),
        ),
    ]
    return [each for each in found if each is not None]


def callables(subject: Any, chance: random.Random) -> list[tuple[str, Callable[..., object]]]:
    found = []
    for name in dir(subject):
        if name.startswith("_") and (name not in SPECIAL or inspect.ismodule(subject)):
            continue
        call = getattr(subject, name, None)
        if callable(call):
            found.append((name, call))
    chance.shuffle(found)
    return found


def arguments(
    call: Callable[..., object], chance: random.Random, act: Act
) -> tuple[list[object], dict[str, object]]:
    try:
        named = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return [argument(chance, act) for _ in range(chance.randrange(4))], {}
    placed = [
        each for each in named if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    apart = [each.name for each in named if each.kind is each.KEYWORD_ONLY]
    number = chance.randint(max(0, len(placed) - 1), len(placed))
    return (
        [argument(chance, act) for _ in range(number)],
        {name: argument(chance, act) for name in apart if chance.random() < 0.5},
    )


class Round:
    """Calls with evil arguments, and what came of them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.calls = 0
        self.raised: Counter[str] = Counter()
        self.findings: list[str] = []

    def call(self, owner: str, name: str, call: Callable[..., object], act: Act) -> None:
        placed, named = arguments(call, self.chance, act)
        self.calls += 1
        try:
            call(*placed, **named)
        except EXPECTED as error:
            self.raised[type(error).__name__] += 1
        except BaseException as error:
            given = (*placed, *named.values())
            if isinstance(error, AttributeError) and all(error.obj is not each for each in given):
                self.raised["AttributeError"] += 1  # of a Connection over memory, as a socket's
                return
            if type(error).__module__.startswith("cryptography."):
                self.raised["cryptography's own"] += 1  # of what is handed to it
                return
            kinds = [type(each).__name__ for each in given]
            self.findings.append(f"{owner}.{name}({', '.join(kinds)}) raised {error!r}")

    def life(self, most: int) -> None:
        """Calls on fresh objects, until there were so many; then all is as it was."""
        ends = pump.connected(contexts.server_context(), contexts.client_context())
        acts = acts_on(ends)
        for subject in subjects(ends):
            owner = subject.__name__ if inspect.ismodule(subject) else type(subject).__name__
            for name, call in callables(subject, self.chance)[:most]:
                self.call(owner, name, call, self.chance.choice(acts))
        good = pump.connected(contexts.server_context(), contexts.client_context())
        if pump.transfer(good.client, good.server, b"fine") != b"fine":
            self.findings.append("afterwards another connection brought other bytes")
