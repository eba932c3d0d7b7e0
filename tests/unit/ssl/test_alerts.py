"""``Error.alert`` is the number of an alert, or None; ``alert_sent`` says whose it was."""

from __future__ import annotations

import pytest

from kit import authority, contexts, pump
from OpenSSL import SSL


def flight_of(server: SSL.Connection, client: SSL.Connection) -> bytearray:
    """The server's first answer to the client, which has not got it yet."""
    assert not pump.step(client.do_handshake)
    pump.shuttle(client, server)
    assert not pump.step(server.do_handshake)
    return bytearray(pump.outgoing(server))


def judged(error: SSL.Error) -> tuple[int | None, bool]:
    assert error.alert is None or 0 <= error.alert <= 255, error.alert
    return error.alert, error.alert_sent


@pytest.mark.parametrize("at", range(0, 1000, 13))
@pytest.mark.holds("F8")
def test_whatever_is_damaged(at: int) -> None:
    """Every byte of a first flight in turn: nobody tells of an alert that was not sent."""
    ends = pump.pair(
        contexts.server_context(authority.identity("rsa"), version="TLSv1.2"),
        contexts.client_context(version="TLSv1.2"),
    )
    flight = flight_of(*ends)
    if at >= len(flight):
        pytest.skip("the flight is shorter")
    flight[at] ^= 0x55
    ends.client.bio_write(bytes(flight))
    outcome = pump.handshake_outcome(*ends)
    if not isinstance(outcome.client, SSL.Error) or isinstance(outcome.client, SSL.WantReadError):
        return
    if not outcome.client.args or not isinstance(outcome.client.args[0], list):
        return
    alert, ours = judged(outcome.client)
    if alert is None:
        return
    assert isinstance(outcome.server, SSL.Error)
    heard, own = judged(outcome.server)
    if not ours:
        # It was the server that noticed.
        assert (heard, own) == (alert, True)
        return
    # Before there is a version the server may not understand it.
    assert own or heard in (alert, None)


def test_a_certificate_that_is_none() -> None:
    """The reason comes from the decoder, and is one that all of OpenSSL's libraries share."""
    ends = pump.pair(
        contexts.server_context(version="TLSv1.2"), contexts.client_context(version="TLSv1.2")
    )
    flight = flight_of(*ends)
    flight[flight.find(b"\x30\x82", 60)] = 0x31
    ends.client.bio_write(bytes(flight))
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.Error)
    assert isinstance(outcome.server, SSL.Error)
    alert, ours = judged(outcome.client)
    assert ours
    assert judged(outcome.server) == (alert, False)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_refused_certificate(version: str) -> None:
    outcome = pump.handshake_outcome(
        *pump.pair(
            contexts.server_context(authority.stranger(), version=version),
            contexts.client_context(version=version),
        )
    )
    assert isinstance(outcome.client, SSL.Error)
    assert isinstance(outcome.server, SSL.Error)
    assert judged(outcome.client) == (48, True)  # unknown_ca
    assert judged(outcome.server) == (48, False)


@pytest.mark.holds("F8")
def test_errors_outside_connections_have_no_alert() -> None:
    with pytest.raises(SSL.Error) as caught:
        contexts.blank_context().use_certificate_file("/nowhere")
    assert judged(caught.value) == (None, False)
