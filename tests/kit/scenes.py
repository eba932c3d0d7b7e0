"""Every hook that a handshake runs, in a handshake that runs it: one table for many tests."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from kit import authority, contexts, pump, shared
from OpenSSL import SSL, crypto
from OpenSSL._native.ssl.early_data import set_once_hook

__all__ = ["ALL", "ANSWERS", "DATAGRAMS", "HOOKS", "VERSIONS", "WAITING", "Scene", "cells"]

Hook = Callable[..., Any]
NAME = b"server.test"
NUMBER = 65_300
IN_HELLOS = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_2_SERVER_HELLO | SSL.EXT_TLS1_3_ENCRYPTED_EXTENSIONS
COOKIE = b"a cookie"
DATAGRAMS = "DTLSv1.2"
#: What a hook returns that lets the handshake pass, where that is not True.
ANSWERS: dict[str, object] = {
    "alpn": b"h2",
    "staple-server": contexts.STAPLE,
    "psk-server": shared.KEY,
    "psk-find": shared.KEY,
    "psk-client": (shared.IDENTITY, shared.KEY),
    "psk-use": (shared.IDENTITY, shared.KEY),
    "ticket-generate": b"data",
    "ticket-decrypt": SSL.TICKET_RETURN_USE,
    "session-get": None,
    "extension-add-client": b"body",
    "extension-add-server": b"body",
    "cookie-generate": COOKIE,
    "padding": 0,
    "timer": 1.0,
}


@functools.cache
def vault() -> tuple[crypto.X509, ec.EllipticCurvePrivateKey]:
    who = authority.identity("ecdsa")
    assert isinstance(who.private_key, ec.EllipticCurvePrivateKey)
    return crypto.X509.from_cryptography(who.certificate), who.private_key


def sign_by(hook: Hook, end: Callable[[], SSL.Connection]) -> crypto.PKey:
    """A key whose function asks the hook first; its True stands for a good signature."""
    certificate, key = vault()

    def sign(algorithm: crypto.SigningAlgorithm, message: bytes) -> bytes:
        answer = hook(end(), algorithm, message)
        if answer is not True:
            wrong: bytes = answer
            return wrong
        digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
        assert algorithm.digest is not None
        return key.sign(message, ec.ECDSA(digest[algorithm.digest]))

    return crypto.PKey.from_signer(certificate, sign)


def about(operation: int, hook: Hook) -> Hook:
    """A security callback that asks a hook when both sides have said something."""
    return lambda *asked: hook(*asked) if asked[1] == operation else True


class Scene:
    """Two contexts with one hook under test, and which end runs it."""

    def __init__(self, name: str, hook: Hook, version: str) -> None:
        self.version = version
        if version == DATAGRAMS:
            self.server, self.client = (SSL.Context(SSL.DTLS_METHOD) for _ in range(2))
            contexts.use_identity(self.server, authority.identity())
            self.client.load_verify_locations(str(authority.trust_file()))
            self.client.set_verify(SSL.VERIFY_PEER)
        else:
            self.server = contexts.server_context(version=version)
            self.client = contexts.client_context(version=version)
        self.ends = pump.Pair(*(None,) * 2)  # type: ignore[arg-type]
        self.per_connection: Hook = lambda ends: None
        self.runs_on = "server"
        self.early = False
        # Interned: CPython's cache of attributes keeps every string that it is asked by.
        getattr(self, sys.intern(name.replace("-", "_")))(hook)

    # ---- verification

    def verify(self, hook: Hook) -> None:
        self.client.set_verify(SSL.VERIFY_PEER, hook)
        self.runs_on = "client"

    def verify_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.client.set_verify(SSL.VERIFY_PEER, hook)
        self.runs_on = "client"

    def verify_server(self, hook: Hook) -> None:
        self.ask_client()
        contexts.use_identity(self.client, authority.client_identity())
        self.server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, hook)

    def cert_verify(self, hook: Hook) -> None:
        self.client.set_cert_verify_callback(hook)
        self.runs_on = "client"

    def cert_verify_server(self, hook: Hook) -> None:
        self.ask_client()
        contexts.use_identity(self.client, authority.client_identity())
        self.server.set_cert_verify_callback(hook)

    def security(self, hook: Hook) -> None:
        self.server.set_security_callback(about(SSL.SECOP_CIPHER_SHARED, hook))

    def security_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_security_callback(
            about(SSL.SECOP_CIPHER_SHARED, hook)
        )

    def security_client(self, hook: Hook) -> None:
        self.client.set_security_callback(about(SSL.SECOP_CIPHER_CHECK, hook))
        self.runs_on = "client"

    # ---- what a client's hello decides

    def alpn(self, hook: Hook) -> None:
        self.server.set_alpn_select_callback(hook)
        self.client.set_alpn_protos([b"h2"])

    def client_hello(self, hook: Hook) -> None:
        self.server.set_client_hello_callback(hook)

    def servername(self, hook: Hook) -> None:
        self.server.set_tlsext_servername_callback(hook)

    def cookie_generate(self, hook: Hook) -> None:
        self.server.set_options(SSL.OP_COOKIE_EXCHANGE)
        self.server.set_cookie_generate_callback(hook)
        self.server.set_cookie_verify_callback(lambda _, cookie: cookie == COOKIE)

    def cookie_verify(self, hook: Hook) -> None:
        self.server.set_options(SSL.OP_COOKIE_EXCHANGE)
        self.server.set_cookie_generate_callback(lambda _: COOKIE)
        self.server.set_cookie_verify_callback(hook)

    def extension_add_client(self, hook: Hook) -> None:
        self.client.add_custom_ext(NUMBER, IN_HELLOS, hook)
        self.runs_on = "client"

    def extension_add_server(self, hook: Hook) -> None:
        self.client.add_custom_ext(NUMBER, IN_HELLOS, lambda *_: b"")
        self.server.add_custom_ext(NUMBER, IN_HELLOS, hook)

    def extension_parse_server(self, hook: Hook) -> None:
        self.client.add_custom_ext(NUMBER, IN_HELLOS, lambda *_: b"")
        self.server.add_custom_ext(NUMBER, IN_HELLOS, None, hook)

    def extension_parse_client(self, hook: Hook) -> None:
        self.client.add_custom_ext(NUMBER, IN_HELLOS, lambda *_: b"", hook)
        self.server.add_custom_ext(NUMBER, IN_HELLOS, lambda *_: b"")
        self.runs_on = "client"

    # ---- certificates and keys

    def certificate(self, hook: Hook) -> None:
        self.server.set_cert_callback(hook)

    def certificate_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_cert_callback(hook)

    def certificate_client(self, hook: Hook) -> None:
        self.ask_client()
        self.client.set_cert_callback(hook)
        self.runs_on = "client"

    def signer(self, hook: Hook) -> None:
        self.server.use_certificate_chain_file(str(authority.identity("ecdsa").files.chain))
        self.server.use_privatekey(sign_by(hook, lambda: self.ends.server))

    def signer_client(self, hook: Hook) -> None:
        self.ask_client()
        self.client.use_certificate(vault()[0])
        self.client.use_privatekey(sign_by(hook, lambda: self.ends.client))
        # The authority's certificates are for servers.
        self.server.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        self.runs_on = "client"

    def psk_server(self, hook: Hook) -> None:
        shared.serve(self.server).set_psk_server_callback(hook)
        shared.ask(self.client)

    def psk_find(self, hook: Hook) -> None:
        self.server.set_psk_find_session_callback(hook)
        shared.ask(self.client)

    def psk_client(self, hook: Hook) -> None:
        shared.serve(self.server)
        shared.ask(self.client).set_psk_client_callback(hook)
        self.runs_on = "client"

    def psk_use(self, hook: Hook) -> None:
        shared.serve(self.server)
        self.client.set_psk_use_session_callback(hook)
        self.runs_on = "client"

    # ---- sessions

    def session_new(self, hook: Hook) -> None:
        self.server.set_options(SSL.OP_NO_TICKET)
        self.server.set_session_new_callback(hook)

    def session_new_client(self, hook: Hook) -> None:
        self.client.set_session_cache_mode(SSL.SESS_CACHE_CLIENT)
        self.client.set_session_new_callback(hook)
        self.runs_on = "client"

    def session_get(self, hook: Hook) -> None:
        self.server.set_options(SSL.OP_NO_TICKET)
        self.come_again()
        self.server.set_session_cache_mode(SSL.SESS_CACHE_SERVER | SSL.SESS_CACHE_NO_INTERNAL)
        self.server.set_session_get_callback(hook)

    def ticket_generate(self, hook: Hook) -> None:
        self.server.set_session_ticket_callback(hook)

    def ticket_decrypt(self, hook: Hook) -> None:
        self.come_again()
        self.server.set_session_ticket_callback(None, hook)

    def early_data(self, hook: Hook) -> None:
        self.server.set_max_early_data(1000)
        self.come_again()
        self.server.set_allow_early_data_callback(hook)
        self.early = True

    def early_once(self, hook: Hook) -> None:
        """What a fleet is asked, beside the program's own callback."""
        self.early_data(lambda _: True)
        set_once_hook(self.server, hook)

    # ---- observers and staples

    def info_client(self, hook: Hook) -> None:
        self.client.set_info_callback(hook)
        self.runs_on = "client"

    def info_connection(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_info_callback(hook)

    def info_server(self, hook: Hook) -> None:
        self.server.set_info_callback(hook)

    def keylog_client(self, hook: Hook) -> None:
        self.client.set_keylog_callback(hook)
        self.runs_on = "client"

    def keylog_server(self, hook: Hook) -> None:
        self.server.set_keylog_callback(hook)

    def message_client(self, hook: Hook) -> None:
        self.client.set_message_callback(hook)
        self.runs_on = "client"

    def message_server(self, hook: Hook) -> None:
        self.server.set_message_callback(hook)

    def padding(self, hook: Hook) -> None:
        self.server.set_record_padding_callback(hook)

    def staple_client(self, hook: Hook) -> None:
        self.server.set_ocsp_server_callback(lambda connection, data: contexts.STAPLE)
        self.client.set_ocsp_client_callback(hook)
        self.per_connection = lambda ends: ends.client.request_ocsp()
        self.runs_on = "client"

    def staple_server(self, hook: Hook) -> None:
        self.server.set_ocsp_server_callback(hook)
        self.per_connection = lambda ends: ends.client.request_ocsp()

    def timer(self, hook: Hook) -> None:
        self.per_connection = lambda ends: ends.server.set_timer_callback(hook)

    # ---- how

    def ask_client(self) -> None:
        self.server.load_verify_locations(str(authority.trust_file()))
        self.server.set_verify(SSL.VERIFY_PEER)

    def come_again(self) -> None:
        """Have the client offer a session of an earlier visit."""
        self.server.set_session_id(b"scene")
        ends = pump.connected(self.server, self.client, NAME)
        pump.drain(ends.client)
        session = ends.client.get_session()
        if session is None:
            raise ValueError("there was no memory for a session")
        pump.shutdown(ends.client, ends.server)
        self.per_connection = lambda ends: ends.client.set_session(session)

    def begin(self) -> pump.Pair:
        """The two ends, about to shake hands."""
        self.ends = pump.pair(self.server, self.client, NAME)
        self.per_connection(self.ends)
        if self.early:
            assert self.ends.client.write_early_data(b"early") == 5
        return self.ends

    def drive(self, end: SSL.Connection) -> None:
        """One step of a handshake."""
        if self.early and end is self.ends.server:
            while end.read_early_data(100):
                pass
            self.early = False
        end.do_handshake()

    def run(self) -> tuple[BaseException | None, BaseException | None, SSL.Connection]:
        """What came out at the end under test, what at the other; and the former."""
        self.begin()
        ours = self.ends.server if self.runs_on == "server" else self.ends.client
        results: dict[SSL.Connection, BaseException | None] = {}
        for _ in range(8):
            for end in (self.ends.client, self.ends.server):
                if end in results:
                    continue
                try:
                    self.drive(end)
                    results[end] = None
                except (SSL.WantReadError, SSL.WantX509LookupError):
                    pass
                except BaseException as error:
                    results[end] = error
            pump.exchange(*self.ends)
        theirs = self.ends.client if ours is self.ends.server else self.ends.server
        other = results.get(theirs, TimeoutError())
        if other is None:
            # Done too early to know: its next read tells.
            try:
                theirs.recv(1)
            except BaseException as error:
                other = error
        return results.get(ours, TimeoutError()), other, ours


#: For each hook the versions in which a handshake runs it, the newest first.
ALL = ("TLSv1.3", "TLSv1.2", DATAGRAMS)
VERSIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            *("verify", "verify-connection", "verify-server", "cert-verify", "cert-verify-server"),
            *("alpn", "client-hello", "servername", "info-client", "info-connection"),
            *("info-server", "keylog-client", "keylog-server", "message-client"),
            *("message-server", "staple-client", "staple-server", "certificate"),
            *("certificate-connection", "certificate-client", "signer", "signer-client"),
            *("psk-server", "psk-client", "session-new", "session-get", "ticket-generate"),
            *("ticket-decrypt", "extension-add-client", "extension-add-server"),
            *("extension-parse-client", "extension-parse-server", "security"),
            *("security-client", "security-connection"),
        ),
        ALL,
    ),
    # After a handshake of TLS 1.3 it comes out of a read.
    "session-new-client": ("TLSv1.2", DATAGRAMS),
    **dict.fromkeys(("psk-find", "psk-use", "early-data", "early-once", "padding"), ("TLSv1.3",)),
    **dict.fromkeys(("cookie-generate", "cookie-verify", "timer"), (DATAGRAMS,)),
}
HOOKS = tuple(VERSIONS)
#: Those that may ask for time, by WantX509LookupError.
WAITING = (
    *("client-hello", "certificate", "certificate-connection", "certificate-client"),
    "cert-verify",  # on a client; a server of libssl would take it for a yes
)
#: Those that come in the middle of libssl's lists, and may not ask their connection either.
WALKING = ("security", "security-client", "security-connection")


def cells(*versions: str) -> list[tuple[str, str]]:
    """Each hook with each of these versions that runs it."""
    return [(name, each) for name in HOOKS for each in versions if each in VERSIONS[name]]
