"""A Context and a Connection as the runner's flags want them."""

from __future__ import annotations

import os
from typing import Any

from flags import OutOfScope, Wishes
from notes import Notes

from OpenSSL import SSL, crypto

VERSIONS = {
    0x0301: SSL.TLS1_VERSION,
    0x0302: SSL.TLS1_1_VERSION,
    0x0303: SSL.TLS1_2_VERSION,
    0x0304: SSL.TLS1_3_VERSION,
    # The same numbers of DTLS, and those that the wire has.
    0xFEFF: 0xFEFF,
    0xFEFD: 0xFEFD,
}
GROUPS = {21: "P-224", 23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519"}
SIGNATURES = {
    0x0101: "RSA+MD5",
    0x0201: "RSA+SHA1",
    0x0401: "RSA+SHA256",
    0x0501: "RSA+SHA384",
    0x0601: "RSA+SHA512",
    0x0203: "ECDSA+SHA1",
    0x0403: "ECDSA+SHA256",
    0x0503: "ECDSA+SHA384",
    0x0603: "ECDSA+SHA512",
    0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512",
    0x0807: "ed25519",
}

#: Settings that libssl has for all certificates alike.
_OF_ONE = ("signing-prefs", "ocsp-response", "signed-cert-timestamps")
#: Milliseconds until the first timeout that the runner takes for granted, and at most.
_FIRST_TIMEOUT, _LAST_TIMEOUT = 400, 60_000

_NOW: list[Any] = []
#: Signed certificate timestamps (RFC 6962).
_SCT = 18
#: In the order that the runner takes for granted.
_NEW_CIPHERS = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"


def _groups(numbers: list[int]) -> str:
    """Those of a list that libssl has: the runner's longest has all that BoringSSL knows."""
    known = [each for each in numbers if each in GROUPS]
    return _named(known or numbers, GROUPS)


def _named(numbers: list[int], names: dict[int, str]) -> str:
    if unknown := [each for each in numbers if each not in names]:
        raise OutOfScope("unknown-value", unknown)
    return ":".join(names[each] for each in numbers)


def version(number: int, dtls: bool) -> int:
    if dtls and number == 0xFEFC:
        raise OutOfScope("unknown-value", "DTLS 1.3")
    return VERSIONS[number]


def bounds(wishes: Wishes) -> tuple[int, int]:
    """The lowest and the highest version; what the runner takes for granted included."""
    dtls = bool(wishes["dtls"])
    if dtls:
        lowest, highest = 0xFEFF, 0xFEFD
    else:
        lowest, highest = SSL.TLS1_VERSION, SSL.TLS1_3_VERSION
    if wishes["min-version"]:
        lowest = version(wishes["min-version"], dtls)
    if wishes["max-version"]:
        highest = version(wishes["max-version"], dtls)
    return lowest, highest


def make_context(wishes: Wishes, notes: Notes, old: SSL.Context | None) -> SSL.Context:
    """Everything that is said to a Context; the one that the sessions belong to is told again."""
    dtls = bool(wishes["dtls"])
    context = old or SSL.Context(SSL.DTLS_METHOD if dtls else SSL.TLS_METHOD)
    context.set_security_level(0)
    lowest, highest = bounds(wishes)
    context.set_min_proto_version(lowest)
    context.set_max_proto_version(highest)
    context.set_cipher_list(_ciphers(wishes))
    context.set_tls13_ciphersuites(_NEW_CIPHERS)
    context.set_message_callback(notes.message)
    context.set_keylog_callback(notes.secret)
    _rules(context, wishes)
    _sessions(context, wishes, notes)
    _credentials(context, wishes)
    _verification(context, wishes, notes)
    _callbacks(context, wishes, notes)
    _stapling(context, wishes)
    _timestamps(context, wishes, notes, old is None)
    _psk(context, wishes)
    if wishes["max-send-fragment"]:
        context.set_max_send_fragment(wishes["max-send-fragment"])
    if wishes["max-cert-list"]:
        context.set_max_cert_list(wishes["max-cert-list"])
    if wishes["srtp-profiles"]:
        context.set_tlsext_use_srtp(wishes["srtp-profiles"])
    return context


def _ciphers(wishes: Wishes) -> bytes:
    # Equal preference, in brackets, is BoringSSL's own.
    text = wishes["cipher"]
    if text is None:
        return b"ALL:PSK:@SECLEVEL=0" if wishes["psk"] else b"ALL:!aNULL:!PSK:!SRP:@SECLEVEL=0"
    if b"[" in text:
        raise OutOfScope("unknown-value", text)
    names = ":".join(_openssl_name(each) for each in text.decode().split(":"))
    return names.encode() + b":@SECLEVEL=0"


def _openssl_name(name: str) -> str:
    """A suite's name in a list of libssl 3.0, which knows none of the standard's before TLS 1.3."""
    how, _, rest = name.removeprefix("TLS_").partition("_WITH_")
    if not rest:
        return name
    for theirs, ours in (
        ("AES_", "AES"),
        ("_CBC", ""),
        ("POLY1305_SHA256", "POLY1305"),
        ("3DES_EDE", "DES_CBC3"),
    ):
        rest = rest.replace(theirs, ours)
    return (rest if how == "RSA" else f"{how}_{rest}").replace("_", "-")


def _rules(context: SSL.Context, wishes: Wishes) -> None:
    options = SSL.OP_NO_COMPRESSION
    for flag, option in (
        ("no-tls13", SSL.OP_NO_TLSv1_3),
        ("no-tls12", SSL.OP_NO_DTLSv1_2 if wishes["dtls"] else SSL.OP_NO_TLSv1_2),
        ("no-tls11", SSL.OP_NO_TLSv1_1),
        ("no-tls1", SSL.OP_NO_DTLSv1 if wishes["dtls"] else SSL.OP_NO_TLSv1),
        ("no-ticket", SSL.OP_NO_TICKET),
        ("server-preference", SSL.OP_CIPHER_SERVER_PREFERENCE),
    ):
        if wishes[flag]:
            options |= option
        else:
            context.clear_options(option)
    context.set_options(options)
    if wishes["renegotiate-freely"] or wishes["renegotiate-explicit"]:
        context.clear_options(SSL.OP_NO_RENEGOTIATION)
    else:
        context.set_options(SSL.OP_NO_RENEGOTIATION)
    if wishes["fallback-scsv"]:
        context.set_mode(SSL.MODE_SEND_FALLBACK_SCSV)
    if wishes["partial-write"]:
        context.set_mode(SSL.MODE_ENABLE_PARTIAL_WRITE)
    if wishes["curves"]:
        context.set_groups_list(_groups(wishes["curves"]))
    else:
        context.set_groups_list("X25519:P-256:P-384")
    signing, verifying = wishes["signing-prefs"], wishes["verify-prefs"]
    if wishes["server"]:
        own, peers = context.set_sigalgs_list, context.set_client_sigalgs_list
    else:
        own, peers = context.set_client_sigalgs_list, context.set_sigalgs_list
    if signing:
        own(_named(signing, SIGNATURES))
    if verifying:
        peers(_named(verifying, SIGNATURES))


def _sessions(context: SSL.Context, wishes: Wishes, notes: Notes) -> None:
    context.set_session_cache_mode(SSL.SESS_CACHE_BOTH)
    context.set_session_id(b"conformance")
    # As long as sessions of BoringSSL; some tests take minutes of the clock that is turned.
    context.set_timeout(7200)
    context.set_session_new_callback(notes.session)
    if wishes["server"]:
        context.set_num_tickets(1)
        if wishes["ticket-key"]:
            context.set_ticket_keys([wishes["ticket-key"]])
    if wishes["skip-ticket"]:
        context.set_ticket_keys([])
    elif wishes["use-ticket-callback"]:
        context.set_session_ticket_callback(None, lambda *which: _ticket(wishes, *which))
    if wishes["enable-early-data"]:
        context.set_max_early_data(16384 if wishes["server"] else 0)
        context.set_recv_max_early_data(16384)
        # The runner takes it for granted that nothing looks out for replays.
        context.set_options(SSL.OP_NO_ANTI_REPLAY)


def _ticket(
    wishes: Wishes, connection: SSL.Connection, session: Any, name: bytes, status: int
) -> int:
    if status not in (SSL.TICKET_SUCCESS, SSL.TICKET_SUCCESS_RENEW):
        return SSL.TICKET_RETURN_IGNORE_RENEW
    if wishes["renew-ticket"]:
        return SSL.TICKET_RETURN_USE_RENEW
    return SSL.TICKET_RETURN_USE


def credentials(wishes: Wishes) -> list[Wishes]:
    """All certificates to choose from, in the order in which they are preferred, each once."""
    found: dict[bytes, Wishes] = {}
    for each in (*wishes["credentials"], wishes):
        if each is not wishes and any(each[flag] for flag in _OF_ONE):
            raise OutOfScope("new-x509-credential")
        if each["cert-file"]:
            found.setdefault(each["cert-file"], each)
    return list(found.values())


def install(target: Any, wishes: Wishes) -> None:
    """Give a Context or a Connection the certificate that the flags name."""
    for each in credentials(wishes):
        chain, key = _files(each)
        target.use_certificate_pem(chain, key)


def _files(credential: Wishes) -> tuple[bytes, bytes]:
    with open(credential["cert-file"], "rb") as chain, open(credential["key-file"], "rb") as key:
        return chain.read(), key.read()


def _fits(connection: SSL.Connection, credential: Wishes) -> bool:
    chain, key = _files(credential)
    leaf, *others = crypto.load_certificates(crypto.FILETYPE_PEM, chain)
    secret = crypto.load_privatekey(crypto.FILETYPE_PEM, key)
    kind = "rsa_sign" if secret.type() == crypto.TYPE_RSA else "ecdsa_sign"
    # Up to TLS 1.2 a server names kinds of keys, which libssl leaves to the program.
    asked = None if connection.is_server() else connection.get_client_certificate_types()
    if asked and kind not in asked:
        return False
    return bool(connection.check_chain(leaf, secret, others) & SSL.CERT_PKEY_VALID)


def _chooses(wishes: Wishes) -> bool:
    """Whether the program has to choose a certificate.

    A server of libssl does it by itself where they are for different kinds of keys, of which it
    has one each; a client takes the one that it was given last, before TLS 1.2.
    """
    found = credentials(wishes)
    kinds = {crypto.load_privatekey(crypto.FILETYPE_PEM, _files(it)[1]).type() for it in found}
    alone = wishes["server"] and not wishes["async"] and len(kinds) == len(found)
    return len(found) > 1 and not alone


def _credentials(context: SSL.Context, wishes: Wishes) -> None:
    late = ("async", "use-old-client-cert-callback", "use-early-callback", "fail-cert-callback")
    chooses = _chooses(wishes)
    if not any(wishes[flag] for flag in late) and not chooses:
        install(context, wishes)
    else:
        if wishes["server"]:
            # A server without a certificate has no cipher; what it has is replaced.
            install(context, wishes)
        context.set_cert_callback(lambda connection: _choose(connection, wishes, chooses))


class Refused(Exception):
    """What a callback raises that the test wants to fail."""


def refusal(alert: int) -> SSL.Error:
    """What a callback raises to choose the alert itself."""
    error = SSL.Error([("shim", "", "refused")])
    error.alert = alert
    return error


def _choose(connection: SSL.Connection, wishes: Wishes, chooses: bool) -> None:
    if wishes["fail-cert-callback"]:
        raise Refused("the certificate callback")
    if not chooses:
        install(connection, wishes)
        return
    connection.clear_certificates()
    for each in credentials(wishes):
        if _fits(connection, each):
            connection.use_certificate_pem(*_files(each))
            return


def _verification(context: SSL.Context, wishes: Wishes, notes: Notes) -> None:
    mode = SSL.VERIFY_NONE
    if wishes["require-any-client-certificate"]:
        mode = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
    if wishes["verify-peer"]:
        mode = SSL.VERIFY_PEER
    if wishes["trust-cert"]:
        context.load_verify_locations(os.fsdecode(wishes["trust-cert"]))
    if mode == SSL.VERIFY_NONE or wishes["resume-count"]:
        # Sessions of a Context with a callback are not resumed.
        context.set_verify(mode)
    else:
        # The runner's certificates come from nowhere that is trusted.
        context.set_verify(mode, lambda *which: True)
    context.set_cert_verify_callback((lambda *which: False) if wishes["verify-fail"] else None)
    if wishes["use-client-ca-list"] and wishes["server"]:
        context.set_client_ca_list(_authorities(wishes["use-client-ca-list"]))


def _authorities(text: bytes) -> list[crypto.X509Name]:
    if text in (b"<NULL>", b"<EMPTY>"):
        return []
    return [crypto.X509Name.from_der(bytes.fromhex(each.decode())) for each in text.split(b",")]


def _callbacks(context: SSL.Context, wishes: Wishes, notes: Notes) -> None:
    if wishes["server"]:
        context.set_client_hello_callback(lambda connection, hello: _hello(notes, wishes, hello))
        # libssl keeps a name that somebody has looked at.
        context.set_tlsext_servername_callback(lambda connection: None)
        if any(
            wishes[f] for f in ("select-alpn", "decline-alpn", "reject-alpn", "select-empty-alpn")
        ):
            context.set_alpn_select_callback(
                lambda connection, offers: _alpn(notes, wishes, offers)
            )


def _hello(notes: Notes, wishes: Wishes, hello: SSL.ClientHello) -> None:
    notes.hellos += 1
    if wishes["fail-early-callback"]:
        raise refusal(40)
    if wishes["fail-ddos-callback"]:
        raise refusal(80)


def _alpn(notes: Notes, wishes: Wishes, offers: list[bytes]) -> Any:
    wanted = wishes["expect-advertised-alpn"]
    offered = b"".join(bytes([len(each)]) + each for each in offers)
    if wanted is not None and wanted != offered:
        raise Refused(f"ALPN offered {offered!r}, not {wanted!r}")
    if wishes["decline-alpn"]:
        return SSL.NO_OVERLAPPING_PROTOCOLS
    if wishes["reject-alpn"]:
        # The empty name refuses: no_application_protocol.
        return b""
    if wishes["select-empty-alpn"]:
        return b""
    return wishes["select-alpn"]


def _stapling(context: SSL.Context, wishes: Wishes) -> None:
    response = wishes["ocsp-response"]
    if wishes["server"]:
        if response or wishes["use-ocsp-callback"]:
            context.set_ocsp_server_callback(lambda connection, data: _staple(wishes))
    elif wishes["use-ocsp-callback"]:
        context.set_ocsp_client_callback(lambda connection, staple, data: _judge(wishes))


def _timestamps(context: SSL.Context, wishes: Wishes, notes: Notes, first: bool) -> None:
    # An extension is added once, so it looks for what is wanted now.
    _NOW[:] = [wishes, notes]
    if first and (wishes["signed-cert-timestamps"] or wishes["enable-signed-cert-timestamps"]):
        places = SSL.EXT_CLIENT_HELLO | SSL.EXT_TLS1_2_SERVER_HELLO
        if bounds(wishes)[1] == SSL.TLS1_3_VERSION:
            # A client that reads extensions of certificates resumes no sessions.
            places |= SSL.EXT_TLS1_3_CERTIFICATE
        read = None if wishes["server"] else _hear_timestamps
        context.add_custom_ext(_SCT, places, _say_timestamps, read)


def _say_timestamps(connection: SSL.Connection, place: int, certificate: Any) -> bytes | None:
    wishes, notes = _NOW
    if not wishes["server"]:
        return b""
    if notes.timestamps or connection.session_reused():
        # With its own certificate, not with those of the chain.
        return None
    notes.timestamps.append(wishes["signed-cert-timestamps"] or b"")
    return wishes["signed-cert-timestamps"]


def _hear_timestamps(connection: SSL.Connection, place: int, body: bytes, leaf: Any) -> None:
    wishes, notes = _NOW
    if not wishes["server"]:
        notes.timestamps.append(body)


def _staple(wishes: Wishes) -> bytes:
    if wishes["fail-ocsp-callback"]:
        raise Refused("the OCSP callback")
    return b"" if wishes["decline-ocsp-callback"] else wishes["ocsp-response"] or b""


def _judge(wishes: Wishes) -> bool:
    return not wishes["fail-ocsp-callback"]


def _psk(context: SSL.Context, wishes: Wishes) -> None:
    key = wishes["psk"]
    if not key:
        return
    name = wishes["psk-identity"] or b""
    if wishes["server"]:
        context.set_psk_server_callback(
            lambda connection, offered: key if offered == name else None
        )
        if name:
            context.use_psk_identity_hint(name)
    else:
        context.set_psk_client_callback(lambda connection, hint: (name, key))


def prepare(connection: SSL.Connection, wishes: Wishes, session: SSL.Session | None) -> None:
    """Everything that is said to a Connection."""
    if wishes["server"]:
        connection.set_accept_state()
    else:
        connection.set_connect_state()
        if session is not None:
            connection.set_session(session)
        if wishes["enable-ocsp-stapling"]:
            connection.request_ocsp()
    if wishes["host-name"]:
        connection.set_tlsext_host_name(wishes["host-name"])
    if wishes["advertise-alpn"]:
        connection.set_alpn_protos(split_names(wishes["advertise-alpn"]))
    if wishes["dtls"]:
        first = (wishes["initial-timeout-duration-ms"] or _FIRST_TIMEOUT) / 1000
        connection.set_timer_callback(
            lambda _, before: min(2 * before, _LAST_TIMEOUT / 1000) or first
        )
    if wishes["mtu"]:
        connection.set_options(SSL.OP_NO_QUERY_MTU)
        connection.set_ciphertext_mtu(wishes["mtu"])


def split_names(wire: bytes) -> list[bytes]:
    names = []
    while wire:
        names.append(wire[1 : 1 + wire[0]])
        wire = wire[1 + wire[0] :]
    return names
