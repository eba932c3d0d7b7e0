"""Watching handshakes: what the hooks are told."""

from __future__ import annotations

import pytest

from kit import contexts, pump
from OpenSSL import SSL


@pytest.mark.promises("Context.set_info_callback")
def test_info_tells_the_steps() -> None:
    steps: list[tuple[int, int]] = []
    client = contexts.client_context()
    client.set_info_callback(lambda connection, where, value: steps.append((where, value)))
    pump.connected(contexts.server_context(), client)
    places = [where for where, _ in steps]
    assert places[0] == SSL.SSL_CB_HANDSHAKE_START
    assert SSL.SSL_CB_HANDSHAKE_DONE in places
    assert SSL.SSL_CB_CONNECT_LOOP in places
    assert all(not where & SSL.SSL_ST_ACCEPT for where in places if where & SSL.SSL_CB_LOOP)


def test_info_tells_alerts() -> None:
    alerts: list[tuple[int, int]] = []

    def info(connection: SSL.Connection, where: int, value: int) -> None:
        if where & SSL.SSL_CB_ALERT:
            alerts.append((where, value))

    ends = pump.connected(contexts.server_context(), contexts.client_context())
    for end in ends:
        end.set_info_callback(info)
    pump.shutdown(ends.client, ends.server)
    assert (SSL.SSL_CB_WRITE_ALERT, 256) in alerts
    assert (SSL.SSL_CB_READ_ALERT, 256) in alerts


def test_a_connections_own_hook_comes_first_and_may_be_none() -> None:
    calls: list[str] = []
    client = contexts.client_context()
    client.set_info_callback(lambda *_: calls.append("context"))
    ends = pump.pair(contexts.server_context(), client)
    ends.client.set_info_callback(lambda *_: calls.append("own"))
    pump.handshake(*ends)
    assert set(calls) == {"own"}
    calls.clear()
    ends = pump.pair(contexts.server_context(), client)
    ends.client.set_info_callback(None)
    pump.handshake(*ends)
    assert not calls


@pytest.mark.promises("Context.set_keylog_callback")
@pytest.mark.parametrize(
    ("version", "labels"),
    [
        ("TLSv1.2", {b"CLIENT_RANDOM"}),
        (
            "TLSv1.3",
            {
                b"SERVER_HANDSHAKE_TRAFFIC_SECRET",
                b"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                b"EXPORTER_SECRET",
                b"SERVER_TRAFFIC_SECRET_0",
                b"CLIENT_TRAFFIC_SECRET_0",
            },
        ),
    ],
)
def test_both_sides_log_the_same_keys(version: str, labels: set[bytes]) -> None:
    lines: dict[str, set[bytes]] = {"server": set(), "client": set()}
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    server.set_keylog_callback(lambda connection, line: lines["server"].add(line))
    client.set_keylog_callback(lambda connection, line: lines["client"].add(line))
    ends = pump.connected(server, client)
    assert lines["server"] == lines["client"]
    assert {line.split()[0] for line in lines["client"]} == labels
    random = ends.client.client_random().hex().encode()
    assert all(line.split()[1] == random for line in lines["client"])


@pytest.mark.parametrize("value", [42, "callback", object()])
@pytest.mark.holds("D11")
def test_what_cannot_be_called_is_refused(value: object) -> None:
    context = contexts.client_context()
    connection = SSL.Connection(context)
    for call in (
        context.set_info_callback, context.set_keylog_callback, connection.set_info_callback,
    ):  # fmt: skip
        with pytest.raises(TypeError, match="callable"):
            call(value)  # type: ignore[arg-type]


def test_a_context_tells_its_hooks() -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    assert context.get_info_callback() is None
    assert context.get_keylog_callback() is None
    told: list[object] = []
    context.set_info_callback(lambda *step: told.append(step))
    context.set_keylog_callback(print)
    assert context.get_keylog_callback() is print
    assert context._keylog_callback is print
    step = context.get_info_callback()
    assert step is not None
    step(None, 1, 2)
    assert told == [(None, 1, 2)]
    context.set_keylog_callback(None)
    assert context.get_keylog_callback() is None


def shown(version: str, **mode: bool) -> tuple[list[tuple[bool, int, int, bytes]], pump.Pair]:
    """What the message callback of a client is shown in a handshake."""
    told: list[tuple[bool, int, int, bytes]] = []
    client = contexts.client_context(version=version)
    client.set_message_callback(lambda connection, *message: told.append(message))
    assert client.get_message_callback() is not None
    ends = pump.connected(contexts.server_context(version=version, **mode), client)
    return told, ends


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_messages_are_shown_decrypted_and_in_order(version: str) -> None:
    told, _ends = shown(version)
    handshakes = [(writing, data[0]) for writing, _, kind, data in told if kind == 22]
    # ClientHello, ServerHello, Certificate, and Finished of both sides.
    assert handshakes[:2] == [(True, 1), (False, 2)]
    assert (False, 11) in handshakes
    assert (True, 20) in handshakes and (False, 20) in handshakes
    assert all(len(data) == 5 for _, _, kind, data in told if kind == 256)
    assert {version for _, version, kind, _ in told if kind == 22} <= set(
        contexts.VERSIONS.values()
    ) | {SSL.TLS1_VERSION}


def test_alerts_are_messages_too() -> None:
    told, ends = shown("TLSv1.3")
    told.clear()
    pump.shutdown(ends.client, ends.server)
    assert [(writing, data) for writing, _, kind, data in told if kind == 21] == [
        (True, b"\x01\x00"),
        (False, b"\x01\x00"),
    ]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_an_exception_in_a_message_callback_ends_the_handshake(version: str) -> None:
    class Wrong(Exception):
        pass

    def message(*_: object) -> None:
        raise Wrong("no")

    client = contexts.client_context(version=version)
    client.set_message_callback(message)
    outcome = pump.handshake_outcome(*pump.pair(contexts.server_context(version=version), client))
    assert isinstance(outcome.client, Wrong)
    assert outcome.server is not None


def test_an_exception_after_the_handshake_comes_out_of_the_call() -> None:
    _told, ends = shown("TLSv1.3")
    context = contexts.client_context()

    def message(*_: object) -> None:
        raise ZeroDivisionError

    context.set_message_callback(message)
    ends.client.set_context(context)
    with pytest.raises(ZeroDivisionError):
        ends.client.send(b"x")
    ends.client.set_context(contexts.client_context())
    pump.exchange(*ends)
    assert ends.server.recv(9) == b"x"


def test_a_message_callback_goes_with_the_context() -> None:
    told: list[int] = []
    first, second = contexts.server_context(), contexts.server_context()
    second.set_message_callback(lambda c, writing, version, kind, data: told.append(kind))
    first.set_tlsext_servername_callback(lambda connection: connection.set_context(second))
    pump.connected(first, contexts.client_context(), b"localhost")
    assert 22 in told
    second.set_message_callback(None)
    assert second.get_message_callback() is None
    told.clear()
    pump.connected(second, contexts.client_context())
    assert not told
    with pytest.raises(TypeError, match="callable"):
        first.set_message_callback(42)  # type: ignore[arg-type]
