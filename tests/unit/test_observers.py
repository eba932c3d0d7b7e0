"""Watching handshakes: what the hooks are told."""

from __future__ import annotations

import pytest

from kit import contexts, pump
from OpenSSL import SSL


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
