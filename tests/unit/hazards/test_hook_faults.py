"""Every hook by every fault: what it raises comes out where it ran, and nothing fails open."""

from __future__ import annotations

import asyncio
import functools
import gc
import threading
import weakref

import pytest

from kit import contexts, pump, verdicts
from kit.scenes import ALL, ANSWERS, DATAGRAMS, HOOKS, VERSIONS, WAITING, WALKING, Scene, cells
from OpenSSL import SSL

FAULTS: list[type[BaseException]] = [
    ValueError, RuntimeError, MemoryError, KeyboardInterrupt, SystemExit, GeneratorExit,
    asyncio.CancelledError, StopIteration, SSL.Error,
]  # fmt: skip
#: Other versions take the same paths; two faults show that.
CELLS = [
    *((*cell, fault) for cell in cells("TLSv1.3") for fault in FAULTS),
    *((*cell, fault) for cell in cells("TLSv1.2", DATAGRAMS) for fault in (ValueError, SystemExit)),
]
EVERY = pytest.mark.parametrize(("name", "version"), cells(*ALL))
#: The newest version in which a hook is run.
ONCE = pytest.mark.parametrize(
    ("name", "version"), [(name, versions[0]) for name, versions in VERSIONS.items()]
)


def is_told(outcome: BaseException | None) -> bool:
    """Whether this is what becomes of the peer of an end where a hook failed."""
    return isinstance(outcome, SSL.Error) and not isinstance(outcome, SSL.WantReadError)


@pytest.mark.parametrize(("name", "version", "fault"), CELLS)
@pytest.mark.holds("D5", "D6", "D7", "D8", "C5", "C6", "C7", "CVE-2026-27448")
def test_what_a_hook_raises_comes_out_and_the_handshake_is_over(
    name: str, version: str, fault: type[BaseException]
) -> None:
    raised: list[BaseException] = []

    def hook(*args: object) -> bool:
        # Some hooks run often: fail at the last moment they can be told to.
        error = fault("from the hook")
        raised.append(error)
        raise error

    scene = Scene(name, hook, version)
    ours, theirs, end = scene.run()
    assert ours is raised[0]
    assert ours.__traceback__ is not None
    frame = ours.__traceback__
    while frame.tb_next is not None:
        frame = frame.tb_next
    assert frame.tb_frame.f_code is hook.__code__, "the traceback leads into the hook"
    assert is_told(theirs), "the peer must not think that all is well"
    with pytest.raises(SSL.Error):
        end.do_handshake()
    for call in (lambda: end.send(b"x"), lambda: end.recv(1)):
        with pytest.raises(SSL.Error):
            call()


#: Hooks whose answer is a yes or a no.
DECIDING = (
    "verify", "verify-connection", "verify-server", "cert-verify", "cert-verify-server",
    "client-hello", "staple-client", "extension-parse-client", "extension-parse-server",
    "early-data", "early-once", "cookie-verify", "security", "security-client",
    "security-connection",
)  # fmt: skip
#: Those whose answer is bytes, and whether None stands for nothing.
TELLING = {
    "alpn": False, "staple-server": False, "cookie-generate": False, "signer": False,
    "signer-client": False, "psk-server": True, "psk-find": True, "ticket-generate": True,
    "extension-add-client": True, "extension-add-server": True,
}  # fmt: skip
NONSENSE = ("text", 1, 1.5, bytearray(b"h2"), [b"h2"], object())
#: A wrong answer for each hook that is asked something, and what must come of it.
WRONG: list[tuple[str, object, type[Exception]]] = [
    *((name, answer, TypeError)
      for name in DECIDING for answer in ("nonsense", b"yes", 1.5, object(), [True])),
    *((name, answer, TypeError) for name in TELLING for answer in NONSENSE
      # A signature may be in any buffer; this one is a bad signature.
      if not (name.startswith("signer") and isinstance(answer, bytearray))),
    *((name, None, TypeError) for name, empty in TELLING.items() if not empty),
    *(("alpn", answer, ValueError) for answer in (b"http/1.1", b"h", b"h22", b"x" * 256)),
    ("staple-server", b"x" * 2**24, ValueError),
    ("cookie-generate", b"x" * 256, ValueError),
    ("ticket-generate", b"x" * 2**16, ValueError),
    *((name, b"x" * 2**16, ValueError)
      for name in ("extension-add-client", "extension-add-server")),
    *((name, answer, ValueError)
      for name in ("psk-server", "psk-find") for answer in (b"", b"x" * 513)),
    *((name, answer, TypeError) for name in ("psk-client", "psk-use")
      for answer in (b"key", 1, (b"who",), (b"who", 1), (1, b"key"), (b"who", b"key", 1, 1))),
    *((name, answer, ValueError) for name in ("psk-client", "psk-use")
      for answer in ((b"who", b""), (b"who", b"x" * 513))),
    ("psk-use", (b"", b"key"), ValueError),     # up to TLS 1.2 libssl has it
    *(("session-get", answer, TypeError) for answer in (*NONSENSE, b"id", True)),
    *(("ticket-decrypt", answer, TypeError) for answer in (None, "use", 1.5, object())),
    *(("ticket-decrypt", answer, ValueError) for answer in (-1, 77, 2**70)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "error"), WRONG)
@pytest.mark.holds("C8")
def test_a_wrong_answer_is_never_accepted(
    name: str, answer: object, error: type[Exception]
) -> None:
    ours, theirs, _ = Scene(name, lambda *_: answer, VERSIONS[name][0]).run()
    assert type(ours) is error
    assert str(ours)
    assert is_told(theirs)


@pytest.mark.parametrize(
    "name",
    [*("verify", "verify-connection", "verify-server", "cert-verify"),
     *("cert-verify-server", "staple-client")],
)  # fmt: skip
@pytest.mark.parametrize("answer", [False, 0, None])
def test_a_no_is_a_no(name: str, answer: object) -> None:
    ours, theirs, _ = Scene(name, lambda *_: answer, "TLSv1.3").run()
    assert verdicts.is_protocol_error(ours, "certificate verify failed|invalid status response")
    assert verdicts.is_protocol_error(theirs, "alert|bad certificate status response")


@EVERY
def test_a_hook_that_answers_well_lets_the_handshake_pass(name: str, version: str) -> None:
    calls: list[tuple[object, ...]] = []

    def hook(*args: object) -> object:
        calls.append(args)
        return ANSWERS.get(name, True)

    ours, theirs, end = Scene(name, hook, version).run()
    assert ours is None
    assert isinstance(theirs, SSL.WantReadError)
    assert calls
    assert all(args[0] is end for args in calls), "the hook is told its own connection"


@pytest.mark.parametrize("last", ["answers", "raises"])
@pytest.mark.parametrize(("name", "version"), [each for each in cells(*ALL) if each[0] in WAITING])
def test_a_hook_that_waits_is_asked_again(name: str, version: str, last: str) -> None:
    calls = 0

    def hook(*args: object) -> object:
        nonlocal calls
        calls += 1
        if calls <= 3:
            raise SSL.WantX509LookupError
        if last == "raises":
            raise LookupError("in the end")
        return True

    ours, theirs, _ = Scene(name, hook, version).run()
    assert calls == 4
    assert isinstance(ours, LookupError) if last == "raises" else ours is None
    assert isinstance(theirs, SSL.Error)
    assert isinstance(theirs, SSL.WantReadError) == (last == "answers")


@pytest.mark.differs("a callback that raises WantReadError")
@pytest.mark.parametrize("sign", [SSL.WantReadError, SSL.WantWriteError, SSL.WantX509LookupError])
@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_that_cannot_wait_fails(name: str, sign: type[SSL.Error]) -> None:
    """Libssl would take "not yet" for something else, and the program would wait for nothing."""
    if name in WAITING and sign is SSL.WantX509LookupError:
        return

    def hook(*args: object) -> object:
        raise sign

    ours, theirs, _ = Scene(name, hook, VERSIONS[name][0]).run()
    assert verdicts.is_protocol_error(ours, f"a callback raised {sign.__name__}, and cannot wait")
    assert isinstance(ours.__cause__, sign)
    assert is_told(theirs)


@ONCE
@pytest.mark.holds("C27")
def test_a_hook_may_use_tls_itself_and_collect(name: str, version: str) -> None:
    server, client = contexts.server_context(), contexts.client_context()
    calls = 0

    def hook(*args: object) -> object:
        nonlocal calls
        calls += 1
        if calls <= 2:  # observers are told twenty times
            pump.connected(server, client)
            gc.collect()
        return ANSWERS.get(name, True)

    ours, _, _ = Scene(name, hook, version).run()
    assert ours is None


@pytest.mark.parametrize("name", [each for each in HOOKS if each not in WALKING])
def test_a_hook_may_ask_its_connection_but_not_drive_it(name: str) -> None:
    version = VERSIONS[name][0]
    refusals: list[BaseException] = []

    def hook(connection: SSL.Connection, *args: object) -> object:
        connection.get_shutdown()
        connection.pending()
        for call in (connection.do_handshake, lambda: connection.send(b"x")):
            try:
                call()
            except SSL.Error as error:
                refusals.append(error)
        return ANSWERS.get(name, True)

    ours, _, _ = Scene(name, hook, version).run()
    assert ours is None
    assert len(refusals) >= 2
    assert all(verdicts.is_protocol_error(each, "called from a callback") for each in refusals)


@pytest.mark.parametrize(("name", "version"), cells("TLSv1.3", "TLSv1.2"))
def test_what_comes_in_pieces_does_not_fail_after_a_hook(name: str, version: str) -> None:
    """Wherever libssl stops it looks into its queue, and takes what lies there for a failure."""
    scene = Scene(name, lambda *_: ANSWERS.get(name, True), version)
    ends = scene.begin()
    waiting = {ends.client, ends.server}
    for _ in range(pump.ROUNDS):
        for end, other in (ends, ends[::-1]):
            if end in waiting and pump.step(functools.partial(scene.drive, end)):
                waiting.discard(end)
            data = pump.outgoing(end)
            for at in range(0, len(data), 100):
                other.bio_write(data[at : at + 100])
                if other in waiting and pump.step(functools.partial(scene.drive, other)):
                    waiting.discard(other)
    assert not waiting
    assert pump.transfer(ends.client, ends.server, b"fine") == b"fine"


def test_a_second_failure_becomes_the_context_of_the_first() -> None:
    first, second = ValueError("verify"), KeyError("info")

    def verify(*args: object) -> bool:
        raise first

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        if first.__traceback__ is not None:
            raise second

    scene = Scene("verify", verify, "TLSv1.3")
    scene.client.set_info_callback(info)
    ours, _, _ = scene.run()
    assert ours is first
    assert ours.__context__ is second


@pytest.mark.holds("D4", "C4")
def test_a_failure_stays_with_its_own_connection() -> None:
    """Many threads, one Context: each exception belongs to the connection it names."""

    def verify(connection: SSL.Connection, *args: object) -> bool:
        raise LookupError(connection.get_app_data())

    server = contexts.server_context()
    client = contexts.client_context()
    client.set_verify(SSL.VERIFY_PEER, verify)
    wrong: list[object] = []

    def work(number: int) -> None:
        for turn in range(25):
            token = (number, turn)
            ends = pump.pair(server, client)
            ends.client.set_app_data(token)
            try:
                pump.handshake(*ends)
                wrong.append("no failure")
            except LookupError as error:
                if error.args != (token,):
                    wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_connection_keeps_the_hooks_it_was_created_with() -> None:
    calls: list[str] = []
    server, client = contexts.server_context(), contexts.client_context()
    client.set_info_callback(lambda *_: calls.append("old"))
    ends = pump.pair(server, client)
    client.set_info_callback(lambda *_: calls.append("new"))
    pump.handshake(*ends)
    assert set(calls) == {"old"}
    calls.clear()
    pump.connected(server, client)
    assert set(calls) == {"new"}


def test_a_replaced_hook_is_collectable() -> None:
    class Hooked:
        def __call__(self, *args: object) -> None: ...

    context = contexts.client_context()
    hook = Hooked()
    gone = weakref.ref(hook)
    context.set_info_callback(hook)
    context.set_info_callback(None)
    del hook
    gc.collect()
    assert gone() is None


@pytest.mark.holds("C26")
def test_a_hook_may_drop_the_last_reference_to_its_connection() -> None:
    holder: list[SSL.Connection] = []

    def verify(connection: SSL.Connection, *args: object) -> bool:
        holder.clear()
        gc.collect()
        return True

    scene = Scene("verify", verify, "TLSv1.3")
    server, client = pump.pair(scene.server, scene.client)
    holder.append(client)
    with verdicts.wants_read():
        client.do_handshake()
    hello = pump.outgoing(client)
    server.bio_write(hello)
    with verdicts.wants_read():
        server.do_handshake()
    flight = pump.outgoing(server)
    del client
    holder[0].bio_write(flight)
    holder.pop().do_handshake()


def test_a_hook_may_replace_itself() -> None:
    calls: list[str] = []

    def first(connection: SSL.Connection, where: int, value: int) -> None:
        calls.append("first")
        connection.set_info_callback(lambda *_: calls.append("second"))
        gc.collect()

    server, client = pump.pair(contexts.server_context(), contexts.client_context())
    client.set_info_callback(first)
    pump.handshake(server, client)
    assert calls[0] == "first"
    assert set(calls[1:]) == {"second"}
