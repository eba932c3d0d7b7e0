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
    "client hello": (
        lambda server, client, hook: server.set_client_hello_callback(hook),
        True,
    ),
    "cert verify": (
        lambda server, client, hook: client.set_cert_verify_callback(hook),
        True,
    ),
    "ocsp server": (
        lambda server, client, hook: server.set_ocsp_server_callback(hook),
        contexts.STAPLE,
    ),
    "ocsp client": (lambda server, client, hook: client.set_ocsp_client_callback(hook), True),
    "keylog": (lambda server, client, hook: server.set_keylog_callback(hook), None),
    "message": (lambda server, client, hook: server.set_message_callback(hook), None),
    "session": (lambda server, client, hook: server.set_session_new_callback(hook), None),
    "ticket": (lambda server, client, hook: server.set_session_ticket_callback(hook), b"x"),
    "padding": (lambda server, client, hook: server.set_record_padding_callback(hook), 0),
    "security": (lambda server, client, hook: server.set_security_callback(hook), True),
    "info": (lambda server, client, hook: server.set_info_callback(hook), None),
}


def make(server: SSL.Context, client: SSL.Context) -> pump.Pair:
    ends = pump.pair(server, client)
    ends.client.set_tlsext_host_name(b"localhost")
    ends.client.request_ocsp()
    return ends


class Bench:
    """Two Contexts for one hook, and who was asked."""

    def __init__(self, name: str) -> None:
        self._install, self._answer = HOOKS[name]
        self._server, self._client = contexts.server_context(), contexts.client_context()
        self._client.set_alpn_protos([b"h2"])
        self.told: Told = []
        self.name = name

    def _hook(self, *_: object) -> Any:
        self.told.append(self.name)
        return self._answer

    def add(self) -> None:
        self._install(self._server, self._client, self._hook)

    def remove(self) -> None:
        self._install(self._server, self._client, None)

    def make(self) -> pump.Pair:
        return make(self._server, self._client)


@pytest.mark.parametrize("name", HOOKS)
def test_a_removed_hook_is_asked_by_connections_made_before(name: str) -> None:
    bench = Bench(name)
    bench.add()
    before = bench.make()
    bench.remove()
    after = bench.make()
    assert pump.handshake_outcome(*after) == (None, None)
    assert bench.told == []
    assert pump.handshake_outcome(*before) == (None, None)
    assert set(bench.told) == {name}


@pytest.mark.parametrize("name", HOOKS)
def test_a_new_hook_is_not_asked_by_connections_made_before(name: str) -> None:
    bench = Bench(name)
    before = bench.make()
    bench.add()
    assert pump.handshake_outcome(*before) == (None, None)
    assert bench.told == []
    assert pump.handshake_outcome(*bench.make()) == (None, None)
    assert set(bench.told) == {name}


def test_a_removed_ocsp_callback_still_refuses() -> None:
    server, client = contexts.server_context(), contexts.client_context()
    client.set_ocsp_client_callback(lambda *_: False)
    ends = make(server, client)
    client.set_ocsp_client_callback(None)
    outcome = pump.handshake_outcome(*ends)
    assert isinstance(outcome.client, SSL.Error)
    assert outcome.server is not None
