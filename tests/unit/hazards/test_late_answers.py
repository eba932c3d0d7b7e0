"""An answer that is yet to come is none: no hook takes a coroutine for a yes, or for "go on"."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from kit import authority, contexts, pump
from kit.scenes import ALL, VERSIONS, Scene, cells
from OpenSSL import SSL, crypto

EVERY = pytest.mark.parametrize(("name", "version"), cells(*ALL))
#: The newest version in which a hook is run.
ONCE = pytest.mark.parametrize(
    ("name", "version"), [(name, versions[0]) for name, versions in VERSIONS.items()]
)
REFUSED = "must be an ordinary function"


class Later:
    """Something to be awaited that is no coroutine."""

    def __await__(self) -> Iterator[bool]:
        yield True


class Lateness:
    """Functions that answer later, in every way there is; none of their bodies may count."""

    async def coroutine(self) -> bool:
        return True

    def generator(self) -> Iterator[bool]:
        yield True

    async def asynchronous_generator(self) -> AsyncIterator[bool]:
        yield True

    def awaitable(self) -> Later:
        return Later()


KINDS = ("coroutine", "generator", "asynchronous_generator", "awaitable")


def late(kind: str) -> Callable[..., Any]:
    """An ordinary function, as far as can be seen, whose answer is of that kind."""
    return lambda *_: getattr(Lateness(), kind)()


def run_quietly(scene: Scene) -> tuple[BaseException | None, BaseException | None]:
    """Run it; nobody may be told that a coroutine was never awaited."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        ours, theirs, end = scene.run()
        with pytest.raises(SSL.Error):
            end.send(b"x")
        gc.collect()
    assert not [each for each in told if "never awaited" in str(each.message)]
    return ours, theirs


def is_told(outcome: BaseException | None) -> bool:
    return isinstance(outcome, SSL.Error) and not isinstance(outcome, SSL.WantReadError)


@EVERY
@pytest.mark.differs("a coroutine function as a callback")
def test_a_hook_that_returns_a_coroutine_ends_the_handshake(name: str, version: str) -> None:
    ours, theirs = run_quietly(Scene(name, late("coroutine"), version))
    assert isinstance(ours, TypeError)
    assert REFUSED in str(ours)
    assert str(ours).endswith("it returned a coroutine")
    assert is_told(theirs), "the peer must not think that all is well"


@ONCE
@pytest.mark.parametrize("kind", KINDS[1:])
def test_so_does_whatever_else_has_not_run_yet(name: str, version: str, kind: str) -> None:
    ours, theirs = run_quietly(Scene(name, late(kind), version))
    assert isinstance(ours, TypeError)
    assert REFUSED in str(ours)
    assert is_told(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_removed_session_is_told_to_nobody_who_answers_later(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", told.append)
    server = contexts.server_context(version="TLSv1.2")
    server.set_options(SSL.OP_NO_TICKET)
    server.set_session_id(b"late")
    server.set_session_remove_callback(late(kind))
    ends = pump.connected(server, contexts.client_context(version="TLSv1.2"))
    session = ends.server.get_session()
    assert session is not None
    server.remove_session(session)
    assert [type(each.exc_value) for each in told] == [TypeError]
    assert REFUSED in str(told[0].exc_value)


def test_one_that_only_watches_may_leave_its_work_to_a_loop() -> None:
    seen: list[object] = []

    async def main() -> None:
        tasks: list[asyncio.Future[None]] = []

        async def note(what: object) -> None:
            seen.append(what)

        def later(what: object) -> asyncio.Future[None]:
            tasks.append(asyncio.ensure_future(note(what)))
            return tasks[-1]

        context = contexts.server_context(version="TLSv1.2")
        context.set_info_callback(lambda *_: later("info"))
        context.set_keylog_callback(lambda *_: later("key"))
        context.set_message_callback(lambda *_: later("message"))
        context.set_session_new_callback(lambda *_: later("new"))
        context.set_session_remove_callback(lambda *_: later("removed"))
        context.set_options(SSL.OP_NO_TICKET)
        context.set_session_id(b"watched")
        ends = pump.connected(context, contexts.client_context(version="TLSv1.2"))
        session = ends.server.get_session()
        assert session is not None
        context.remove_session(session)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert set(seen) == {"info", "key", "message", "new", "removed"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_passphrase_that_comes_later_opens_nothing(kind: str) -> None:
    key = crypto.PKey()
    key.generate_key(crypto.TYPE_RSA, 2048)
    sealed = crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes256", b"word")
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_passwd_cb(late(kind))
    calls: list[Callable[[], object]] = [
        lambda: crypto.load_privatekey(crypto.FILETYPE_PEM, sealed, late(kind)),
        lambda: crypto.dump_privatekey(crypto.FILETYPE_PEM, key, "aes256", late(kind)),
        lambda: context.use_privatekey_file(str(authority.identity().files.key_encrypted)),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=REFUSED):
            call()
