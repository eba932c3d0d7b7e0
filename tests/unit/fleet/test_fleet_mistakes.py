"""What people get wrong with fleets: each error says what was given, and never a secret."""

from __future__ import annotations

import datetime
import os
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import contexts
from OpenSSL import SSL
from OpenSSL.fleet import (
    Fleet,
    MemoryStore,
    Policy,
    SharedFile,
    StoreError,
    TicketKey,
    TicketKeys,
    Valkey,
    key_files,
)

SECRET = b"hunter2-hunter2-hunter2"
NAME, KEY = b"n" * 16, b"s" * 64
NAN = float("nan")
Call = Callable[[], Any]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mistaken address makes no file."""
    monkeypatch.chdir(tmp_path)
    yield
    assert os.listdir(tmp_path) == []


def fleet(where: Any = None, secret: Any = SECRET, **more: Any) -> None:
    Fleet(MemoryStore() if where is None else where, secret, **more).close()


def at(where: Any) -> Call:
    return lambda: Fleet(where, SECRET).close()


def secret(value: Any) -> Call:
    return lambda: fleet(secret=value)


def given(**more: Any) -> Call:
    return lambda: fleet(**more)


def attached(make: Call) -> Call:
    def call() -> None:
        with Fleet(MemoryStore(), SECRET) as made:
            made.attach(make())

    return call


def closed(use: Callable[[Fleet], object]) -> Call:
    def call() -> None:
        made = Fleet(MemoryStore(), SECRET)
        made.close()
        use(made)

    return call


def server() -> SSL.Context:
    return contexts.server_context()


PLAIN = "valkey://:hunter2@localhost"
#: Each mistake, what comes, and words that tell what was wrong.
MISTAKES: dict[str, tuple[Call, type[Exception], str]] = {
    # secrets
    "secret: short": (secret(b"hunter2"), ValueError, "at least 16 bytes, not 7"),
    "secret: none": (secret(None), TypeError, "text, bytes or several of them, not NoneType"),
    "secret: number": (secret(5), TypeError, "several of them, not int"),
    "secret: path": (secret(Path("/x")), TypeError, "several of them, not PosixPath"),
    "secret: empty list": (secret([]), ValueError, "at least one secret"),
    "secret: list of one short": (secret([SECRET, b"x"]), ValueError, "16 bytes, not 1"),
    "secret: list of numbers": (secret([1] * 32), TypeError, "not int"),
    # places
    "swapped": (lambda: Fleet(SECRET, "valkey://localhost"), TypeError, "not bytes"),  # type: ignore[arg-type]
    "place: number": (at(6379), TypeError, "an address or a path is needed, not int"),
    "place: dictionary": (at({}), TypeError, "not dict"),
    "place: class": (at(MemoryStore), TypeError, "not type"),
    "place: without a scheme": (at("localhost:6379"), ValueError, "valkey://localhost:6379/0"),
    "place: with a database": (at("redis.test:6379/0"), ValueError, "valkey://localhost:6379/0"),
    "place: one slash": (at("redis:/localhost"), ValueError, "two slashes"),
    "place: no slash": (at("redis:localhost"), ValueError, "two slashes"),
    "place: web": (at("http://localhost"), ValueError, "http:// is not the address"),
    "place: other": (at("mysql://u:hunter2@h/x"), ValueError, "mysql:// is not the address"),
    "place: misspelt": (at("valkys://localhost"), ValueError, "valkys:// is not the address"),
    "place: empty": (at(""), ValueError, "is empty"),
    "place: word as port": (at(f"{PLAIN}:nope/0"), ValueError, "the port is a number"),
    "place: large port": (at(f"{PLAIN}:99999/0"), ValueError, "the port is a number"),
    "place: database": (at(f"{PLAIN}/sessions"), ValueError, "the number of a database"),
    "place: password": (at("valkey://:hunter2#ss/w@h:1/0"), ValueError, "%2F, %23"),
    "place: sentinels": (at("valkey+sentinel://h:26379"), ValueError, "name of the service"),
    "place: cluster": (at("valkey+cluster://h/3"), ValueError, "no numbered databases"),
    "place: no folder": (at("/no/such/folder/x"), FileNotFoundError, "/no/such/folder/x"),
    "place: folder": (at("/tmp"), StoreError, "/tmp"),
    "place: text": (at(__file__), StoreError, "not a database"),
    "nobody there": (
        lambda: Valkey("valkey://:hunter2@127.0.0.1:1/0").get(b"x"),
        StoreError,
        "Connection refused",
    ),
    # stores
    "size": (lambda: MemoryStore(0), ValueError, "size must be positive"),
    "size: text": (lambda: MemoryStore("5"), TypeError, "size must be an int, not str"),  # type: ignore[arg-type]
    "size: file": (lambda: SharedFile("x", "5"), TypeError, "int, not str"),  # type: ignore[arg-type]
    "address: path": (lambda: Valkey(Path("x")), TypeError, "url must be str"),  # type: ignore[arg-type]
    "timeout": (lambda: Valkey(PLAIN, timeout="1"), TypeError, "seconds, not str"),  # type: ignore[arg-type]
    "prefix": (lambda: Valkey(PLAIN, prefix="x"), TypeError, "prefix must be bytes"),  # type: ignore[arg-type]
    "context without TLS": (
        lambda: Valkey(PLAIN, context=contexts.client_context()),
        ValueError,
        "does not ask for TLS",
    ),
    "context of ssl": (
        lambda: Valkey("valkeys://localhost", context=ssl.create_default_context()),  # type: ignore[arg-type]
        TypeError,
        "must be an OpenSSL.SSL.Context, not SSLContext",
    ),
    "context that verifies nobody": (
        lambda: Valkey("valkeys://localhost", context=SSL.Context(SSL.TLS_CLIENT_METHOD)),
        ValueError,
        "call set_verify",
    ),
    # rules
    "name": (given(name=5), TypeError, "name must be str, not int"),
    "policy: dictionary": (given(policy={}), TypeError, "must be a Policy, not dict"),
    "policy: class": (given(policy=Policy), TypeError, "not the class Policy"),
    "refresh: none": (given(refresh=0), ValueError, "must be positive"),
    "refresh: rare": (given(refresh=1000), ValueError, "too long"),
    "refresh: text": (given(refresh="5"), TypeError, "number of seconds, not str"),
    "refresh: nan": (given(refresh=NAN), ValueError, "not nan"),
    "patience: negative": (given(patience=-1), ValueError, "not be negative"),
    "patience: none": (given(patience=None), TypeError, "not NoneType"),
    "patience: nan": (given(patience=NAN), ValueError, "not nan"),
    "period: text": (lambda: Policy(period="12h"), TypeError, "period must be a number"),  # type: ignore[arg-type]
    "period: timedelta": (
        lambda: Policy(period=datetime.timedelta(hours=12)),  # type: ignore[arg-type]
        TypeError,
        "of seconds, not timedelta",
    ),
    "period: short": (lambda: Policy(period=60), ValueError, "spread must be"),
    "lifetime: nan": (lambda: Policy(lifetime=NAN), ValueError, "lifetime must be"),
    # Contexts
    "attach: none": (attached(lambda: None), TypeError, "SSL.Context, not NoneType"),
    "attach: class": (attached(lambda: SSL.Context), TypeError, "not the class Context"),
    "attach: connection": (
        attached(lambda: SSL.Connection(server(), None)),
        TypeError,
        "not Connection",
    ),
    "attach: of ssl": (attached(ssl.create_default_context), TypeError, "not SSLContext"),
    "attach: client": (
        attached(lambda: SSL.Context(SSL.TLS_CLIENT_METHOD)),
        ValueError,
        "for clients",
    ),
    # after close
    "closed: attach": (closed(lambda it: it.attach(server())), RuntimeError, "closed"),
    "closed: rotate": (closed(Fleet.rotate), RuntimeError, "closed"),
    "closed: revoke": (closed(Fleet.revoke), RuntimeError, "closed"),
    "closed: with": (closed(Fleet.__enter__), RuntimeError, "closed"),
    # keys
    "key: text as name": (lambda: TicketKey("n" * 16, KEY), TypeError, "name must be bytes"),  # type: ignore[arg-type]
    "key: text": (lambda: TicketKey(NAME, "s" * 64), TypeError, "secret must be bytes"),  # type: ignore[arg-type]
    "key: short name": (lambda: TicketKey(b"n", KEY), ValueError, "16 bytes, not 1"),
    "key: odd": (lambda: TicketKey(NAME, b"s" * 48), ValueError, "32 or 64 bytes"),
    "key: start": (lambda: TicketKey(NAME, KEY, "now"), TypeError, "starts must be"),  # type: ignore[arg-type]
    "key: cut": (lambda: TicketKey.from_bytes(b"x" * 47), ValueError, "48 or 80 bytes, not 47"),
    "key: all text": (lambda: TicketKey.from_bytes("x" * 48), TypeError, "data must be bytes"),  # type: ignore[arg-type]
    "ring: bytes": (lambda: TicketKeys([NAME + KEY]), TypeError, "a TicketKey, not bytes"),  # type: ignore[list-item]
    "ring: one": (lambda: TicketKeys(TicketKey.generate()), TypeError, "not one"),  # type: ignore[arg-type]
    "ring: none": (lambda: TicketKeys([]), ValueError, "at least one key"),
    "ring: twice": (
        lambda: TicketKeys([TicketKey(NAME, KEY)] * 2),
        ValueError,
        "have the same name",
    ),
    "ring: swapped": (
        lambda: TicketKeys.generate(Policy(), time.time()),  # type: ignore[arg-type]
        TypeError,
        "now must be a number of seconds, not Policy",
    ),
    "ring: date": (
        lambda: TicketKeys.generate(datetime.datetime.now()),  # type: ignore[arg-type]
        TypeError,
        "not datetime",
    ),
    "ring: to a Context": (
        lambda: server().set_ticket_keys(TicketKeys.generate(0.0)),  # type: ignore[arg-type]
        TypeError,
        "several byte strings, not TicketKeys",
    ),
    # files of others
    "nginx: text": (lambda: key_files.from_nginx("x" * 48), TypeError, "not str"),  # type: ignore[arg-type]
    "nginx: line": (lambda: key_files.from_nginx(b"x" * 48 + b"\n"), ValueError, "not 49"),
    "haproxy: bytes": (lambda: key_files.from_haproxy(b"x"), TypeError, "text must be str"),  # type: ignore[arg-type]
    "haproxy: words": (lambda: key_files.from_haproxy("\nno!"), ValueError, "line 2: Only base64"),
    "haproxy: short": (lambda: key_files.from_haproxy("eHg="), ValueError, "line 1: a ticket key"),
    "haproxy: from bytes": (
        lambda: key_files.to_haproxy([NAME + KEY]),  # type: ignore[list-item]
        TypeError,
        "a TicketKey, not bytes",
    ),
    "apache: long": (lambda: key_files.from_apache(NAME + KEY), ValueError, "not 80"),
    "apache: long key": (
        lambda: key_files.to_apache(TicketKey(NAME, KEY)),
        ValueError,
        "48 bytes only",
    ),
    "nginx: paths": (
        lambda: key_files.nginx_session_id(["x.pem"]),  # type: ignore[list-item]
        TypeError,
        "X509 instances, not str",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_called_by_its_name(name: str) -> None:
    call, kind, words = MISTAKES[name]
    if "valkey" in repr(call.__code__.co_names).lower() or "place" in name:
        pytest.importorskip("valkey")
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        call()
    shown = str(caught.value)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in str(error)
        error = error.__cause__ or error.__context__
    assert words in shown, shown
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_secret_is_text_or_bytes_of_any_kind(kind: type) -> None:
    fleet(secret=kind(SECRET))
    fleet(secret=[kind(SECRET), SECRET.decode()])


def test_a_file_may_have_a_colon_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "localhost:6379"
    for where in ("./localhost:6379", "localhost:6379"):  # once it is there, its name is enough
        Fleet(where, SECRET).close()
        assert path.exists()
    for each in tmp_path.iterdir():
        each.unlink()


def test_a_context_has_keys_of_the_last_fleet_alone() -> None:
    context = server()
    with Fleet(MemoryStore(), SECRET) as first, Fleet(MemoryStore(), SECRET) as second:
        first.attach(context)
        second.attach(context)
        assert list(first._contexts) == []
        assert list(second._contexts) == [context]
        first.revoke()
        assert tuple(second.ring.in_force(time.time())) == second._applied


def test_nothing_shows_secrets() -> None:
    ring = TicketKeys([TicketKey(NAME, b"hunter2!" * 8)])
    store = Valkey(PLAIN) if pytest.importorskip("valkey") else None
    with Fleet(MemoryStore(), SECRET) as made:
        for each in (ring, ring.keys[0], made, made.store, made.keeper, made.sessions, store):
            assert "hunter2" not in repr(each) + str(each)
