"""Stapled OCSP responses: given, judged, absent."""

from __future__ import annotations

import pytest

from kit import contexts, pump, verdicts
from OpenSSL import SSL, crypto


def run(
    server: SSL.Context, client: SSL.Context, ask: bool = True
) -> tuple[pump.Pair, pump.Outcome]:
    ends = pump.pair(server, client)
    if ask:
        ends.client.request_ocsp()
    return ends, pump.handshake_outcome(*ends)


@pytest.mark.promises(
    "Context.set_ocsp_client_callback",
    "Context.set_ocsp_server_callback",
    "Connection.request_ocsp",
)
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_staple_reaches_the_client(version: str) -> None:
    told: list[tuple[object, ...]] = []
    server = contexts.server_context(version=version)
    client = contexts.client_context(version=version)
    server.set_ocsp_server_callback(lambda *args: told.append(args) or contexts.STAPLE, "served")

    def judge(*args: object) -> bool:
        told.append(args)
        return True

    client.set_ocsp_client_callback(judge, "asked")
    ends, outcome = run(server, client)
    assert outcome == (None, None) or isinstance(outcome.client, SSL.WantReadError)
    assert told == [(ends.server, "served"), (ends.client, contexts.STAPLE, "asked")]
    assert ends.client.get_tlsext_status_ocsp_resp() == contexts.STAPLE


def test_what_is_no_response_is_stapled_or_refused() -> None:
    """OpenSSL from 3.6 on reads the response; what it cannot read must not vanish."""
    server, client = contexts.server_context(), contexts.client_context()
    server.set_ocsp_server_callback(lambda *_: b"garbage")
    client.set_ocsp_client_callback(lambda *_: True)
    ends, outcome = run(server, client)
    if isinstance(outcome.server, ValueError):
        assert outcome.client is not None
    else:
        assert outcome.server is None
        assert ends.client.get_tlsext_status_ocsp_resp() == b"garbage"


@pytest.mark.promises("Context.set_ocsp_server_callback")
@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_no_staple_is_empty_bytes(version: str) -> None:
    told: list[bytes] = []
    server = contexts.server_context(version=version)
    server.set_ocsp_server_callback(lambda *_: b"")
    client = contexts.client_context(version=version)
    client.set_ocsp_client_callback(lambda _, response, data: told.append(response) or True)
    ends, outcome = run(server, client)
    assert outcome.client is None
    assert told == [b""]
    assert ends.client.get_tlsext_status_ocsp_resp() is None


@pytest.mark.promises("Connection.request_ocsp")
def test_nobody_staples_unasked() -> None:
    server = contexts.server_context()
    calls: list[object] = []
    server.set_ocsp_server_callback(lambda *_: calls.append(1) or contexts.STAPLE)
    client = contexts.client_context()
    client.set_ocsp_client_callback(lambda *_: calls.append(2) or True)
    _, outcome = run(server, client, ask=False)
    assert outcome.client is None
    assert not calls


@pytest.mark.promises("Context.set_ocsp_client_callback")
def test_a_refused_staple_ends_the_handshake() -> None:
    server = contexts.server_context()
    server.set_ocsp_server_callback(lambda *_: contexts.STAPLE)
    client = contexts.client_context()
    client.set_ocsp_client_callback(lambda *_: False)
    _, outcome = run(server, client)
    assert verdicts.is_protocol_error(outcome.client, "invalid status response")
    assert verdicts.is_protocol_error(outcome.server, "bad certificate status response")


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
@pytest.mark.parametrize("how", ["false", "raised", "required", "another"])
def test_the_server_is_told_that_its_staple_was_refused(version: str, how: str) -> None:
    server, client = contexts.server_context(version=version), contexts.client_context()

    def judge(_end: SSL.Connection, _response: bytes, _data: object) -> bool:
        if how == "raised":
            raise crypto.OCSPError("revoked", "no more")
        return False

    if how == "another":
        server.set_ocsp_server_callback(lambda _end, _data: contexts.STAPLE)
    if how in ("required", "another"):
        client.set_ocsp_verify(required=True)
    else:
        client.set_ocsp_client_callback(judge)
    ends = pump.pair(server, client)
    ends.client.request_ocsp()
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.Error if how == "false" else crypto.OCSPError)
    assert isinstance(outcome.server, SSL.Error)
    assert outcome.server.alert == SSL.AD_BAD_CERTIFICATE_STATUS_RESPONSE


@pytest.mark.holds("D10")
def test_both_hooks_live_on_one_context() -> None:
    """A Context of both roles, as proxies have: neither setter may displace the other."""
    context = contexts.server_context()
    judged: list[bytes] = []
    context.set_ocsp_server_callback(lambda *_: contexts.STAPLE)
    context.set_ocsp_client_callback(lambda _, response, data: judged.append(response) or True)
    _, outcome = run(context, context)
    assert outcome.client is None
    assert judged == [contexts.STAPLE]
    context.set_ocsp_client_callback(None)
    ends, _ = run(context, context)
    assert ends.client.get_tlsext_status_ocsp_resp() == contexts.STAPLE


@pytest.mark.parametrize("value", [42, "callback", object()])
@pytest.mark.holds("D11")
def test_what_cannot_be_called_is_refused(value: object) -> None:
    context = contexts.client_context()
    for call in (context.set_ocsp_client_callback, context.set_ocsp_server_callback):
        with pytest.raises(TypeError, match="callable"):
            call(value)  # type: ignore[arg-type]
