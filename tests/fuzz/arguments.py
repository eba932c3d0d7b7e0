"""Bad arguments for every public callable: ``make fuzz`` runs it by way of ``bad.py``.

    arguments.py SEED TIMES TARGET

TARGET is ``SSL.Connection.send``, ``crypto.load_crl`` or the like; without it the
names of all targets are printed.  Only the exceptions of EXPECTED may come out, and
the object must answer afterwards.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import inspect
import random
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import values

from OpenSSL import SSL, crypto, rand

EXPECTED = (
    TypeError,
    ValueError,
    OverflowError,
    OSError,
    AttributeError,
    BufferError,
    NotImplementedError,
    SSL.Error,
    crypto.Error,
    crypto.X509StoreContextError,
    values.Evil,
)
#: Documented for these callables alone.
ALSO: dict[str, type[BaseException]] = {"crypto.X509.get_extension": IndexError}
#: Longest time for one call, in seconds.
PATIENCE = 60
#: Calls on one object.
LIFE = 40
SIZES_ALLOWED = 10**6
#: Where a large number is a legitimate request for a lot of work or memory.
WORKERS = {"rand.bytes", "crypto.PKey.generate_key", "crypto.PKCS12.export"}
SPECIAL = (
    *("__eq__", "__lt__", "__hash__", "__repr__", "__setattr__", "__getattribute__", "__init__"),
    *("__reduce_ex__", "__delattr__", "__str__", "__copy__", "__deepcopy__"),
)


def modules() -> dict[str, Any]:
    return {"SSL": SSL, "crypto": crypto, "rand": rand}


def targets() -> Iterator[str]:
    seen: set[int] = set()
    for where, module in modules().items():
        for name in sorted(module.__all__):
            found = getattr(module, name, None)
            if not callable(found) or id(found) in seen:
                continue
            seen.add(id(found))
            yield f"{where}.{name}"
            if found in values.MAKERS:
                for method in (*dir(found), *SPECIAL):
                    if (not method.startswith("_") or method in SPECIAL) and hasattr(found, method):
                        yield f"{where}.{name}.{method}"


class Caller:
    """Calls one target with one bad set of arguments after another."""

    def __init__(self, target: str, seed: int) -> None:
        self.target = target
        self.expected = (*EXPECTED, ALSO.get(target, TypeError))
        self.chance = random.Random(f"{target} {seed}")
        where, name, *method = target.split(".")
        self.owner: Any = getattr(modules()[where], name)
        self.method = method[0] if method else None
        self.pool = list(values.SIMPLE)
        self.names: list[str] = []
        found = getattr(self.owner, self.method) if self.method else self.owner
        with contextlib.suppress(TypeError, ValueError):
            self.names = list(inspect.signature(found).parameters)
        if target in WORKERS:
            self.pool = [
                each
                for each in self.pool
                if not (isinstance(each, int) and abs(each) > 1000)
                and not isinstance(each, values.Indexed)
            ]
        for maker in values.MAKERS.values():
            self.pool += [maker(self.chance), maker(self.chance)]
        self.pool += [kind.__new__(kind) for kind in values.MAKERS]

    def subject(self) -> Any:
        if self.method is None:
            return self.owner
        if self.chance.random() < 0.1:
            return self.owner.__new__(self.owner)
        return values.MAKERS[self.owner](self.chance)

    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        chance = self.chance
        count = min(int(chance.expovariate(0.6)), 6)
        positional = [chance.choice(self.pool) for _ in range(count)]
        keywords = {}
        if chance.random() < 0.2:
            for _ in range(chance.randrange(1, 3)):
                word = chance.choice([*self.names, "no_such_argument"])
                keywords[word] = chance.choice(self.pool)
        return positional, keywords

    def once(self, subject: Any) -> bool:
        """One call; whether it was refused.  What may not happen is raised."""
        call: Callable[..., Any]
        positional, keywords = self.arguments()
        try:
            call = subject if self.method is None else getattr(subject, self.method)
            if isinstance(call, property):
                return True
            call(*positional, **keywords)
        except self.expected:
            return True
        except BaseException as error:
            words = ", ".join(shown(each) for each in positional)
            words += "".join(f", {name}={shown(value)}" for name, value in keywords.items())
            raise AssertionError(f"{self.target}({words[:1500]})") from error
        return False


def shown(value: Any) -> str:
    try:
        return repr(value)[:200]
    except values.Evil:
        return f"<{type(value).__name__}>"


def alive(subject: Any) -> None:
    """The object still answers, or says why not."""
    asks: tuple[Callable[[], Any], ...] = ()
    if isinstance(subject, SSL.Connection):
        asks = (subject.get_state_string, subject.pending, subject.get_context)
    elif isinstance(subject, SSL.Context):
        asks = (subject.get_timeout, lambda: SSL.Connection(subject, None))
    elif isinstance(subject, crypto.X509):
        asks = (subject.get_version, subject.get_subject)
    for ask in asks:
        try:
            ask()
        except EXPECTED:
            continue


def main(seed: int, times: int, target: str) -> int:
    faulthandler.enable()
    warnings.simplefilter("ignore")
    strange: list[str] = []
    sys.unraisablehook = lambda args: (
        None
        if args.exc_type is values.Evil
        else strange.append(f"{args.exc_type.__name__}: {args.exc_value} in {args.object!r}")
    )
    caller = Caller(target, seed)
    refused = 0
    subject = None
    for number in range(times):
        if number % LIFE == 0:
            if subject is not None:
                alive(subject)
            subject = caller.subject()
            faulthandler.cancel_dump_traceback_later()
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
        try:
            refused += caller.once(subject)
        except AssertionError:
            traceback.print_exc()
            return 1
        if strange:
            print("unraisable:", strange, file=sys.stderr)
            return 1
    gc.collect()
    print(refused)
    return 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        print(*targets(), sep="\n")
    else:
        sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
