"""urllib3 over a bridged context."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3
from adapters.proxies import tunnel
from cryptography.hazmat.primitives import hashes
from urllib3.exceptions import MaxRetryError, ProtocolError, SSLError

from kit import authority, bridges
from kit.relays import relay
from kit.sockets import PATIENCE
from kit.web import BODY, CUT, Web, web


def pool(context: ssl.SSLContext, **options: Any) -> urllib3.PoolManager:
    return urllib3.PoolManager(ssl_context=context, timeout=PATIENCE, **options)


def test_large_bodies_go_both_ways(server: Web) -> None:
    with pool(bridges.asking()) as http:
        assert http.request("GET", server.url()).data == BODY
        assert http.request("POST", server.url(), body=BODY).data == BODY[::-1]
        # One connection for all of it.
        [only] = http.pools._container.values()
        assert only.num_connections == 1
    assert not server.failures


def test_a_body_is_streamed(server: Web) -> None:
    with pool(bridges.asking()) as http:
        answer = http.request("GET", server.url(), preload_content=False)
        assert b"".join(answer.stream(10_000)) == BODY
        answer.release_conn()

        def parts() -> Iterator[bytes]:
            for at in range(0, len(BODY), 30_000):
                yield BODY[at : at + 30_000]

        length = {"Content-Length": str(len(BODY))}
        answer = http.request("POST", server.url(), body=parts(), headers=length)
        assert answer.data == BODY[::-1]


@pytest.mark.parametrize("retries", [False, 1])
def test_another_host_is_refused(retries: Any) -> None:
    with web(bridges.serving(authority.wrong_host())) as server, pool(bridges.asking()) as http:
        with pytest.raises((SSLError, MaxRetryError)) as caught:
            http.request("GET", server.url(), retries=retries)
        error = caught.value.reason if isinstance(caught.value, MaxRetryError) else caught.value
        assert isinstance(error, SSLError)
        [inner] = error.args
        assert isinstance(inner, ssl.SSLCertVerificationError) and inner.verify_code == 62
        assert not server.told


def test_a_host_may_be_called_otherwise_than_its_address() -> None:
    with web(bridges.serving(authority.wrong_host())) as server:
        with pool(bridges.asking(), server_hostname="elsewhere.test") as http:
            assert http.request("GET", server.url()).data == BODY
        # urllib3 looks at the names itself then.
        with pool(bridges.asking(), assert_hostname="elsewhere.test") as http:
            assert http.request("GET", server.url()).data == BODY
        with (
            pool(bridges.asking(), assert_hostname="other.test") as http,
            pytest.raises(SSLError, match="doesn't match"),
        ):
            http.request("GET", server.url(), retries=False)


def test_a_fingerprint_is_compared() -> None:
    with web(bridges.serving()) as server:
        for right in (True, False):
            print_ = authority.identity().certificate.fingerprint(hashes.SHA256()).hex()
            wanted = print_ if right else print_[::-1]
            context = bridges.asking()
            with pool(context, assert_fingerprint=wanted) as http:
                if right:
                    assert http.request("GET", server.url()).data == BODY
                    continue
                with pytest.raises(SSLError, match="Fingerprints did not match"):
                    http.request("GET", server.url(), retries=False)


def test_an_unknown_authority_is_refused(server: Web) -> None:
    with pool(bridges.asking(trusting=False)) as http, pytest.raises(SSLError):
        http.request("GET", server.url(), retries=False)


def test_more_authorities_may_be_given(server: Web) -> None:
    context = bridges.asking(trusting=False)
    with pool(context, ca_certs=str(authority.trust_file())) as http:
        assert http.request("GET", server.url()).data == BODY


def test_a_cut_body_is_an_error(server: Web) -> None:
    with relay(server.port, CUT) as cutting, pool(bridges.asking()) as http:
        with pytest.raises(ProtocolError, match="IncompleteRead"):
            http.request("GET", server.url(cutting.port), retries=False)
        assert cutting.cuts == 1


def test_clients_show_their_certificates() -> None:
    with web(bridges.serving(require_client=True)) as server:
        with pool(bridges.asking(authority.client_identity())) as http:
            assert http.request("GET", server.url()).data == BODY
        for who in (None, authority.client_stranger()):
            with (
                pool(bridges.asking(who)) as http,
                pytest.raises((SSLError, ProtocolError)),
            ):
                http.request("GET", server.url(), retries=False)
        assert len(server.told) == 1


def test_tls_goes_through_tls_of_a_proxy(server: Web) -> None:
    with (
        tunnel(bridges.serving()) as proxy,
        urllib3.ProxyManager(
            f"https://localhost:{proxy.port}",
            proxy_ssl_context=bridges.asking(),
            ssl_context=bridges.asking(),
            timeout=PATIENCE,
        ) as http,
    ):
        assert http.request("GET", server.url()).data == BODY
        assert http.request("POST", server.url(), body=BODY).data == BODY[::-1]
    assert proxy.tunnels == 1
