"""What the runner asks of the shim: its flags, and which of them libssl can do.

A flag that is in scope.txt is something this library has no counterpart for; the test is
out of scope then, and the shim says so with exit code 89.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any


class OutOfScope(Exception):
    """The test asks for something that libssl does not have: a word of scope.txt, and more."""


def scope() -> dict[str, str]:
    """The words of scope.txt, and why each is out of scope."""
    reasons, reason = {}, ""
    for line in Path(__file__).with_name("scope.txt").read_text().splitlines():
        if line.startswith("["):
            reason = line.strip("[]")
        elif not line.startswith("#"):
            reasons.update(dict.fromkeys(line.split(), reason))
    return reasons


def _packed(text: str) -> bytes:
    return base64.b64decode(text)


def _raw(text: str) -> bytes:
    # An argument's bytes are kept by Python with surrogates.
    return text.encode("utf-8", "surrogateescape")


def _number(text: str) -> int:
    return int(text, 0)


def split_words(text: str) -> list[str]:
    return text.split()


#: Flags without a value.
SWITCHES = split_words(
    """
ipv6 server dtls fallback-scsv require-any-client-certificate async
write-different-record-sizes partial-write no-tls13 no-tls12 no-tls11 no-tls1 no-ticket
shim-writes-first decline-alpn reject-alpn select-empty-alpn expect-session-miss
expect-extended-master-secret enable-ocsp-stapling enable-signed-cert-timestamps
implicit-handshake use-early-callback fail-early-callback fail-cert-callback
install-ddos-callback fail-ddos-callback use-export-context tls-unique expect-ticket-renewal
expect-no-session expect-ticket-supports-early-data expect-accept-early-data
expect-reject-early-data expect-no-offer-early-data expect-no-server-name use-ticket-callback
renew-ticket skip-ticket enable-early-data check-close-notify shim-shuts-down verify-fail
verify-peer expect-verify-result renegotiate-freely use-old-client-cert-callback peek-then-read
use-exporter-between-reads read-with-unfinished-write expect-secure-renegotiation
expect-no-secure-renegotiation expect-session-id expect-no-session-id no-op-extra-handshake
handshake-twice use-custom-verify-callback server-preference export-traffic-secrets key-update
key-update-before-read expect-hrr expect-no-hrr use-ocsp-callback set-ocsp-in-callback
decline-ocsp-callback fail-ocsp-callback is-handshaker-supported handshake-never-done
renegotiate-explicit
"""
)

#: Flags with a number, a text, bytes in base64; several times the same one makes a list.
NUMBERS = split_words(
    """
port shim-id resume-count min-version max-version expect-version mtu export-keying-material
expect-total-renegotiations expect-peer-signature-algorithm expect-curve-id expect-cipher-aes
expect-cipher-no-aes expect-cipher resumption-delay max-send-fragment read-size
max-cert-list initial-timeout-duration-ms expect-selected-credential quic-use-legacy-codepoint
"""
)
TEXTS = split_words(
    """
trust-cert expect-server-name host-name psk psk-identity srtp-profiles cipher
use-client-ca-list expect-client-ca-list cert-file key-file expect-peer-cert-file
expect-msg-callback advertise-alpn expect-alpn expect-advertised-alpn select-alpn export-label
export-context expect-early-data-reason
"""
)
PACKED = split_words(
    """
expect-certificate-types expect-signed-cert-timestamps signed-cert-timestamps
expect-ocsp-response ocsp-response ticket-key
"""
)
LISTS = split_words(
    """
verify-prefs expect-peer-verify-pref curves signing-prefs
"""
)

#: What belongs to the certificate that was begun last, where there is a list of them.
OF_CREDENTIALS = split_words(
    """
cert-file key-file signing-prefs ocsp-response signed-cert-timestamps
"""
)

_READ: dict[str, Any] = {
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(TEXTS, _raw),
    **dict.fromkeys(PACKED, _packed),
    **dict.fromkeys(LISTS, _number),
}
_PLACES = ("initial", "resume", "retry")


class Wishes(dict[str, Any]):
    """The flags of one connection; what was not given is false, and lists are empty."""

    def __missing__(self, name: str) -> Any:
        return [] if name in LISTS or name == "credentials" else None

    def take(self, name: str, value: Any) -> None:
        """Note one flag; those of a certificate with the last one of the list, if there is any."""
        if name == "new-x509-credential":
            self["credentials"] = [*self["credentials"], Wishes()]
        elif name in OF_CREDENTIALS and self["credentials"]:
            self["credentials"][-1][name] = value
        elif name in LISTS:
            self[name] = [*self[name], value]
        else:
            self[name] = value


def parse(arguments: list[str]) -> dict[str, Wishes]:
    """The wishes for the first connection, those that resume, and those that try again."""
    wishes = {place: Wishes() for place in _PLACES}
    left, beyond = iter(arguments), scope()
    for argument in left:
        name = argument.removeprefix("-")
        if name.startswith("on-handshaker-"):
            raise OutOfScope("handoff")
        name = name.removeprefix("on-shim-")
        places = [place for place in _PLACES if name.startswith(f"on-{place}-")]
        if places:
            name = name.removeprefix(f"on-{places[0]}-")
        if name in SWITCHES or name == "new-x509-credential":
            value: Any = True
        elif name in _READ:
            value = _READ[name](next(left))
        elif name in beyond:
            raise OutOfScope(name)
        else:
            raise ValueError(f"unknown flag {argument}")
        for place in places or _PLACES:
            wishes[place].take(name, value)
    return wishes
