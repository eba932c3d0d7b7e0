"""A connection keeps the hooks that its Context had when it was made, whatever follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kit import contexts, pump
from OpenSSL import SSL

Told = list[str]
Setter = Callable[[SSL.Context, SSL.Context, Any], object]

# Who is asked, how, and what a hook answers.
HOOKS: dict[str, tuple[Setter, object]] = {
    "alpn": (lambda server, client, hook: server.set_alpn_select_callback(hook), b"h2"),
    "server name": (
        lambda server, client, hook: server.set_tlsext_servername_callback(hook),
        None,
    ),
    "ocsp server": (
        lambda server, client, hook: server.set_ocsp_server_callback(hook),
        contexts.STAPLE,
    ),
    "ocsp client": (lambda server, client, hook: client.set_ocsp_client_callback(hook), True),
    "keylog": (lambda server, client, hook: server.set_keylog_callback(hook), None),
    "info": (lambda server, client, hook: server.set_info_callback(hook), None),
}


def make(server: SSL.Context, client: SSL.Context) -> pump.Pair:
    ends = pump.pair(server, client)
    ends.client.set_tlsext_host_name(b"localhost")
    ends.client.request_ocsp()
    return ends


@pytest.mark.parametrize("name", HOOKS)
def test_a_removed_hook_is_asked_by_connections_made_before(name: str) -> None:
    install, answer = HOOKS[name]
    server, client = contexts.server_context(), contexts.client_context()
    client.set_alpn_protos([b"h2"])
    told: Told = []

    def hook(*_: object) -> Any:
        told.append(name)
        return answer

    install(server, client, hook)
    before = make(server, client)
    install(server, client, None)
    after = make(server, client)
    assert pump.handshake_outcome(*after) == (None, None)
    assert told == []
    assert pump.handshake_outcome(*before) == (None, None)
    assert set(told) == {name}


@pytest.mark.parametrize("name", HOOKS)
def test_a_new_hook_is_not_asked_by_connections_made_before(name: str) -> None:
    install, answer = HOOKS[name]
    server, client = contexts.server_context(), contexts.client_context()
    client.set_alpn_protos([b"h2"])
    told: Told = []

    def hook(*_: object) -> Any:
        told.append(name)
        return answer

    before = make(server, client)
    install(server, client, hook)
    assert pump.handshake_outcome(*before) == (None, None)
    assert told == []
    assert pump.handshake_outcome(*make(server, client)) == (None, None)
    assert set(told) == {name}


def test_a_removed_judge_of_staples_still_refuses() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    client.set_ocsp_client_callback(lambda *_: False)
    ends = make(server, client)
    client.set_ocsp_client_callback(None)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.server is not None
