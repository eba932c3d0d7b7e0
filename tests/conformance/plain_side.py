"""An SSL_CTX of plain libssl as the runner's flags want it."""

from __future__ import annotations

import ctypes
import os
from typing import Any

from flags import OutOfScope, Wishes
from plain_library import (
    CHOOSE,
    KEY_OF_CLIENT,
    KEY_OF_SERVER,
    MAKE_TICKET,
    NAME,
    NEW_SESSION,
    SELECT,
    STAPLE,
    TAKE_TICKET,
    VERIFY,
    s,
    words,
)  # fmt: skip

__all__ = ["REFUSED", "Side", "Wrong"]

_GROUPS = {21: "P-224", 23: "P-256", 24: "P-384", 25: "P-521", 29: "X25519"}
_SIGNATURES = {
    0x0101: "RSA+MD5", 0x0201: "RSA+SHA1", 0x0401: "RSA+SHA256", 0x0501: "RSA+SHA384",
    0x0601: "RSA+SHA512", 0x0203: "ECDSA+SHA1", 0x0403: "ECDSA+SHA256", 0x0503: "ECDSA+SHA384",
    0x0603: "ECDSA+SHA512", 0x0804: "rsa_pss_rsae_sha256", 0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519",
}  # fmt: skip
_CIPHERS = b"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_NO_RENEGOTIATION, _NO_COMPRESSION, _NO_TICKET = 1 << 30, 1 << 17, 1 << 14
_SERVER_PREFERENCE = 1 << 22
#: Bytes that the package keeps in a ticket; what becomes of a ticket, by what libssl says of it.
_NOTE = int(os.environ.get("CONFORMANCE_NOTE", "22"))
_TICKETS = {5: 3, 6: 4}
REFUSED = 50  # X509_V_ERR_APPLICATION_VERIFICATION


class Wrong(Exception):
    """Something is not as the test wants it, or libssl says no."""


def _names(numbers: list[int], names: dict[int, str]) -> bytes:
    known = [names[each] for each in numbers if each in names]
    if not known:
        raise OutOfScope("unknown-value", numbers)
    return ":".join(known).encode()


class Side:
    """An SSL_CTX as the flags want it, and what its callbacks have seen."""

    def __init__(self, wishes: Wishes, key: bytes, context: int | None) -> None:
        self.wishes = wishes
        self.sessions: list[int] = []
        #: libssl calls these for as long as it lives.
        self.kept: list[Any] = []
        method = s.DTLS_method() if wishes["dtls"] else s.TLS_method()
        # Sessions without tickets are in the one of the connection before.
        self.context = context or s.SSL_CTX_new(method)
        self._versions()
        self._rules()
        self._sessions(key)
        self._verification()
        self._callbacks()

    def ctrl(self, command: int, number: int = 0, pointer: Any = None) -> int:
        return s.SSL_CTX_ctrl(self.context, command, number, pointer)

    def keep(self, kind: Any, function: Any) -> Any:
        made = ctypes.cast(kept := kind(function), ctypes.c_void_p)
        self.kept.append(kept)
        return made

    def _versions(self) -> None:
        dtls = bool(self.wishes["dtls"])
        lowest, highest = (0xFEFF, 0xFEFD) if dtls else (0x0301, 0x0304)
        for command, flag, usual in ((123, "min-version", lowest), (124, "max-version", highest)):
            wanted = self.wishes[flag] or usual
            if wanted == 0xFEFC:
                raise OutOfScope("unknown-value", "DTLS 1.3")
            self.ctrl(command, wanted)
        bits = {"no-tls13": 1 << 29, "no-tls12": 1 << 27, "no-tls11": 1 << 28, "no-tls1": 1 << 26}
        for flag, bit in bits.items():
            change = s.SSL_CTX_set_options if self.wishes[flag] else s.SSL_CTX_clear_options
            change(self.context, bit)

    def _rules(self) -> None:
        wishes = self.wishes
        s.SSL_CTX_set_security_level(self.context, 0)
        options = _NO_COMPRESSION
        options |= _NO_TICKET if wishes["no-ticket"] else 0
        options |= _SERVER_PREFERENCE if wishes["server-preference"] else 0
        if not (wishes["renegotiate-freely"] or wishes["renegotiate-explicit"]):
            options |= _NO_RENEGOTIATION
        s.SSL_CTX_clear_options(self.context, _NO_RENEGOTIATION | _NO_TICKET | _SERVER_PREFERENCE)
        s.SSL_CTX_set_options(self.context, options)
        if wishes["fallback-scsv"]:
            self.ctrl(33, 0x80)
        text = wishes["cipher"]
        if text is None:
            text = b"ALL:PSK" if wishes["psk"] else b"ALL:!aNULL:!PSK:!SRP"
        elif b"[" in text or b"TLS_" in text:
            raise OutOfScope("unknown-value", text)
        if s.SSL_CTX_set_cipher_list(self.context, text + b":@SECLEVEL=0") != 1:
            raise Wrong(words())
        s.SSL_CTX_set_ciphersuites(self.context, _CIPHERS)
        groups = _names(wishes["curves"], _GROUPS) if wishes["curves"] else b"X25519:P-256:P-384"
        self.ctrl(92, 0, groups)
        own, peers = (98, 102) if wishes["server"] else (102, 98)
        for command, flag in ((own, "signing-prefs"), (peers, "verify-prefs")):
            if wishes[flag] and not self.ctrl(command, 0, _names(wishes[flag], _SIGNATURES)):
                raise Wrong(words())
        if wishes["max-send-fragment"]:
            self.ctrl(52, wishes["max-send-fragment"])
        if wishes["max-cert-list"]:
            self.ctrl(51, wishes["max-cert-list"])
        if wishes["srtp-profiles"]:
            s.SSL_CTX_set_tlsext_use_srtp(self.context, wishes["srtp-profiles"])

    def _sessions(self, key: bytes) -> None:
        wishes = self.wishes
        self.ctrl(44, 3)  # both sides
        s.SSL_CTX_set_session_id_context(self.context, bytes(32), 32)
        s.SSL_CTX_sess_set_new_cb(self.context, self.keep(NEW_SESSION, self._new_session))
        # How packets are filled depends on the size of a ticket: it is as large as the package's.
        make, take = self.keep(MAKE_TICKET, self._make), self.keep(TAKE_TICKET, self._take)
        s.SSL_CTX_set_session_ticket_cb(self.context, make, take, None)
        if wishes["server"]:
            s.SSL_CTX_set_num_tickets(self.context, 1)
            packed = wishes["ticket-key"] or key
            if self.ctrl(59, len(packed), packed) != 1:
                raise OutOfScope("plain", "ticket-key")

    def _new_session(self, _ssl: int, session: int) -> int:
        self.sessions.append(session)
        return 1

    @staticmethod
    def _make(ssl: int, _data: Any) -> int:
        return int(s.SSL_SESSION_set1_ticket_appdata(s.SSL_get_session(ssl), bytes(_NOTE), _NOTE))

    @staticmethod
    def _take(_ssl: int, _session: int, _name: int, _size: int, status: int, _data: Any) -> int:
        return _TICKETS.get(status, 2)

    def _verification(self) -> None:
        wishes = self.wishes
        mode = 1 if wishes["verify-peer"] else 0
        if wishes["require-any-client-certificate"]:
            mode = 3
        s.SSL_CTX_set_verify(self.context, mode, None)
        s.SSL_CTX_set_cert_verify_callback(self.context, self.keep(VERIFY, self._verify), None)
        if wishes["trust-cert"]:
            s.SSL_CTX_load_verify_locations(self.context, wishes["trust-cert"], None)
        if wishes["cert-file"] and not wishes["async"]:
            self._install(None)

    def _install(self, ssl: int | None) -> int:
        target = self.context if ssl is None else ssl
        kind = "SSL_CTX" if ssl is None else "SSL"
        good = getattr(s, f"{kind}_use_certificate_chain_file")(target, self.wishes["cert-file"])
        if good == 1:
            good = getattr(s, f"{kind}_use_PrivateKey_file")(target, self.wishes["key-file"], 1)
        return int(good)

    def _verify(self, store: int, _data: Any) -> int:
        if self.wishes["verify-fail"]:
            s.X509_STORE_CTX_set_error(store, REFUSED)
            return 0
        s.X509_STORE_CTX_set_error(store, 0)
        return 1

    def _callbacks(self) -> None:
        wishes = self.wishes
        if wishes["server"]:
            self.ctrl_callback(53, self.keep(NAME, self._heed_name))
        if wishes["async"] and wishes["cert-file"]:
            if wishes["server"]:
                self._install(None)
            choose = self.keep(CHOOSE, lambda ssl, _: self._install(ssl))
            s.SSL_CTX_set_cert_cb(self.context, choose, None)
        if wishes["use-ocsp-callback"] or (wishes["server"] and wishes["ocsp-response"]):
            self.ctrl_callback(63, self.keep(STAPLE, self._staple))
        flags = ("select-alpn", "decline-alpn", "reject-alpn", "select-empty-alpn")
        if wishes["server"] and any(wishes[flag] for flag in flags):
            s.SSL_CTX_set_alpn_select_cb(self.context, self.keep(SELECT, self._select), None)
        if wishes["psk"]:
            self._keys()

    @staticmethod
    def _heed_name(_ssl: int, _alert: Any, _data: Any) -> int:
        # The package's shim has such a callback, and libssl tells the peer that the name counted.
        return 0

    def ctrl_callback(self, command: int, function: Any) -> None:
        s.SSL_CTX_callback_ctrl(self.context, command, function)

    def _staple(self, ssl: int, _data: Any) -> int:
        wishes = self.wishes
        if not wishes["server"]:
            return 0 if wishes["fail-ocsp-callback"] else 1
        if wishes["fail-ocsp-callback"]:
            return 2
        response = wishes["ocsp-response"]
        if wishes["decline-ocsp-callback"] or not response:
            return 3
        copied = s.CRYPTO_malloc(len(response), b"", 0)
        ctypes.memmove(copied, response, len(response))
        s.SSL_ctrl(ssl, 71, len(response), copied)
        return 0

    def _select(self, _ssl: int, out: Any, size: Any, _offer: int, _length: int, _data: Any) -> int:
        wishes = self.wishes
        if wishes["decline-alpn"]:
            return 3
        if wishes["reject-alpn"]:
            return 2
        chosen = ctypes.create_string_buffer(wishes["select-alpn"] or b"")
        self.kept.append(chosen)
        out[0] = ctypes.addressof(chosen)
        size[0] = len(wishes["select-alpn"] or b"")
        return 0

    def _keys(self) -> None:
        key, name = self.wishes["psk"], self.wishes["psk-identity"] or b""

        def of_client(_ssl: int, _hint: Any, into: int, _room: int, out: int, _most: int) -> int:
            ctypes.memmove(into, name + b"\0", len(name) + 1)
            ctypes.memmove(out, key, len(key))
            return len(key)

        def of_server(_ssl: int, identity: bytes, out: int, _most: int) -> int:
            if identity != name:
                return 0
            ctypes.memmove(out, key, len(key))
            return len(key)

        if self.wishes["server"]:
            s.SSL_CTX_set_psk_server_callback(self.context, self.keep(KEY_OF_SERVER, of_server))
            if name:
                s.SSL_CTX_use_psk_identity_hint(self.context, name)
        else:
            s.SSL_CTX_set_psk_client_callback(self.context, self.keep(KEY_OF_CLIENT, of_client))
