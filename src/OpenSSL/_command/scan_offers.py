"""What can be offered to a server by this libssl, and why the rest cannot.

A scan can only find what it can ask for.  What the library leaves out is told as
"not tried", because nobody knows what the server would have answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from OpenSSL import SSL

from .settings import DTLS_VERSIONS, VERSIONS

__all__ = ["Offers", "Untried", "offers"]

#: Everything that the library has, however weak: a scan sends no secrets.
_WEAK = "@SECLEVEL=0"
_EVERYTHING = f"ALL:COMPLEMENTOFALL:{_WEAK}"
_LEFT_OUT = "left out of this build of libssl"
_UNKNOWN = "this libssl does not know it"

#: Kinds of old suites by the word of cipher strings, for the reader of "not tried".
_KINDS = {
    "eNULL": "suites without encryption",
    "aNULL": "suites without a certificate",
    "EXPORT": "export suites",
    "RC2": "RC2 suites",
    "RC4": "RC4 suites",
    "DES": "DES suites",
    "3DES": "3DES suites",
    "IDEA": "IDEA suites",
    "SEED": "SEED suites",
    "CAMELLIA": "Camellia suites",
    "ARIA": "ARIA suites",
    "GOST": "GOST suites",
    "aDSS": "DSA suites",
}
_SUITES_1_3 = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256",
    "TLS_AES_128_CCM_8_SHA256",
    "TLS_SHA384_SHA384",
    "TLS_SHA256_SHA256",
)
_HYBRIDS = (
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "MLKEM512",
    "MLKEM768",
    "MLKEM1024",
)
_CURVES = ("x25519", "secp256r1", "x448", "secp384r1", "secp521r1")
_FINITE = ("ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192")
_BRAINPOOL = ("brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")
_GROUPS_1_3 = (*_HYBRIDS, *_CURVES, *_FINITE, *(f"{each}tls13" for each in _BRAINPOOL))
#: Every curve that a certificate may have, though most clients do not offer the last six.
GROUPS_1_2 = (*_CURVES, *_BRAINPOOL, "secp256k1", "secp224r1", "secp192r1")

_MODERN_SIGNATURES = (
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
    "ed25519",
    "ed448",
    "rsa_pss_rsae_sha256",
    "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512",
    "rsa_pss_pss_sha256",
    "rsa_pss_pss_sha384",
    "rsa_pss_pss_sha512",
)
_SIGNATURES_1_3 = (*_MODERN_SIGNATURES, "mldsa44", "mldsa65", "mldsa87")
_SIGNATURES_1_2 = (
    *_MODERN_SIGNATURES,
    "rsa_pkcs1_sha256",
    "rsa_pkcs1_sha384",
    "rsa_pkcs1_sha512",
    "rsa_pkcs1_sha224",
    "rsa_pkcs1_sha1",
    "ecdsa_sha224",
    "ecdsa_sha1",
)
#: What OpenSSL writes otherwise than the registry of TLS.
_SPELLINGS = {
    "rsa_pkcs1_sha224": "RSA+SHA224",
    "ecdsa_sha224": "ECDSA+SHA224",
    "ecdsa_sha1": "ECDSA+SHA1",
}


@dataclass(frozen=True)
class Untried:
    """Something that was not asked for, and why."""

    what: str
    reason: str


@dataclass
class Offers:
    """What there is to ask for; versions newest first, by their names in options."""

    versions: list[str]
    suites: list[str]
    suites_1_3: list[str]
    groups: dict[str, list[str]]
    signatures: dict[str, dict[str, str]]
    untried: list[Untried] = field(default_factory=list)

    def suites_of(self, version: str) -> list[str]:
        """Return the suites to offer in *version*."""
        return self.suites_1_3 if version == "1.3" else self.suites


def offers(*, datagrams: bool) -> Offers:
    """Find out what the library can offer, by asking it."""
    untried: list[Untried] = []
    numbers = DTLS_VERSIONS if datagrams else VERSIONS
    kind = "DTLS" if datagrams else "TLS"
    versions = [each for each in reversed(numbers) if _can(_sets_version(numbers[each], datagrams))]
    for version in numbers.keys() - set(versions):
        untried.append(Untried(f"{kind} {version}", _LEFT_OUT))
    if not datagrams:
        reason = "no current libssl speaks it"
        untried += [Untried("SSL 2.0", reason), Untried("SSL 3.0", reason)]
    for word, what in _KINDS.items():
        if not _can(_sets_suites(word)):
            untried.append(Untried(what, _LEFT_OUT))
    untried.append(Untried("suites with a pre-shared key or password", "they need its secret"))
    modern = [] if datagrams else _kept(_SUITES_1_3, _sets_modern, untried)
    signatures = {"1.2": _signatures(_SIGNATURES_1_2, untried)}
    groups = {"1.2": _kept(GROUPS_1_2, _sets_group, untried)}
    if not datagrams:
        signatures["1.3"] = _signatures(_SIGNATURES_1_3, untried)
        groups["1.3"] = _kept(_GROUPS_1_3, _sets_group, untried)
    return Offers(versions, _old_suites(), modern, groups, signatures, list(dict.fromkeys(untried)))


def _old_suites() -> list[str]:
    context = _blank()
    context.set_cipher_list(_EVERYTHING.encode("ascii"))
    names = SSL.Connection(context).get_cipher_list()
    secret = ("PSK", "SRP", "TLS_")
    return [name for name in names if not any(word in name for word in secret)]


def _blank() -> SSL.Context:
    return SSL.Context(SSL.TLS_CLIENT_METHOD)


def _can(call: Callable[[], object]) -> bool:
    try:
        call()
    except (SSL.Error, ValueError, NotImplementedError):
        return False
    return True


def _sets_version(number: int, datagrams: bool) -> Callable[[], object]:
    def call() -> None:
        context = SSL.Context(SSL.DTLS_CLIENT_METHOD if datagrams else SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(number)
        context.set_max_proto_version(number)

    return call


def _sets_suites(word: str) -> Callable[[], object]:
    return lambda: _blank().set_cipher_list(f"{word}:{_WEAK}".encode("ascii"))


def _sets_modern(name: str) -> Callable[[], object]:
    return lambda: _blank().set_tls13_ciphersuites(name.encode("ascii"))


def _sets_group(name: str) -> Callable[[], object]:
    return lambda: _blank().set_groups_list(name)


def _sets_signature(name: str) -> Callable[[], object]:
    return lambda: _blank().set_sigalgs_list(name)


def _kept(
    names: Iterable[str], setter: Callable[[str], Callable[[], object]], untried: list[Untried]
) -> list[str]:
    kept = []
    for name in names:
        if _can(setter(name)):
            kept.append(name)
        else:
            untried.append(Untried(name, _UNKNOWN))
    return kept


def _signatures(names: Iterable[str], untried: list[Untried]) -> dict[str, str]:
    """Return the registry's name of each that can be asked for, with OpenSSL's."""
    spelt = {_SPELLINGS.get(name, name): name for name in names}
    refused: list[Untried] = []
    kept = _kept(spelt, _sets_signature, refused)
    untried += [Untried(spelt[each.what], each.reason) for each in refused]
    return {spelt[each]: each for each in kept}
