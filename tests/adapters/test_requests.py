"""requests over a bridged context: an adapter of its own gives it to the pools."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT, Web, web


class Over(HTTPAdapter):
    """As its documentation says: whoever wants a context of their own passes it here."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self.context, **kwargs)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        # Otherwise the authorities of certifi would be trusted as well.
        pool.pop("ca_certs", None)
        return host, pool

    def cert_verify(self, *args: Any) -> None:
        """Leave trust to the context."""


def session(context: ssl.SSLContext) -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", Over(context))
    return made


def test_large_bodies_go_both_ways(server: Web) -> None:
    with session(bridges.asking()) as http:
        assert http.get(server.url(), timeout=PATIENCE).content == BODY
        assert http.post(server.url(), BODY, timeout=PATIENCE).content == BODY[::-1]
        with http.get(server.url(), stream=True, timeout=PATIENCE) as answer:
            assert b"".join(answer.iter_content(10_000)) == BODY
    assert not server.failures


def test_another_host_is_refused() -> None:
    with (
        web(bridges.serving(authority.wrong_host())) as server,
        session(bridges.asking()) as http,
    ):
        with pytest.raises(requests.exceptions.SSLError, match="not valid for 'localhost'"):
            http.get(server.url(), timeout=PATIENCE)
        assert not server.told


def test_an_unknown_authority_is_refused(server: Web) -> None:
    with session(bridges.asking(trusting=False)) as http:
        with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            http.get(server.url(), timeout=PATIENCE)
        assert not server.told


def test_a_cut_body_is_an_error(server: Web) -> None:
    with relay(server.port, CUT) as cutting, session(bridges.asking()) as http:
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            http.get(server.url(cutting.port), timeout=PATIENCE)
        assert cutting.cuts == 1


def test_clients_show_their_certificates() -> None:
    with web(bridges.serving(require_client=True)) as server:
        with session(bridges.asking(authority.client_identity())) as http:
            assert http.get(server.url(), timeout=PATIENCE).content == BODY
        for who in (None, authority.client_stranger()):
            with (
                session(bridges.asking(who)) as http,
                pytest.raises(requests.exceptions.ConnectionError),
            ):
                http.get(server.url(), timeout=PATIENCE)
        assert len(server.told) == 1
