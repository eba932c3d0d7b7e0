"""Fingerprints of what a client says first: which program it may be."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from OpenSSL._face.ssl.client_hello import ClientHello

__all__ = ["ja3", "ja4_parts"]

_SERVER_NAME, _ALPN, _VERSIONS = 0, 16, 43
#: JA4's names of versions.
_JA4_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


def _is_grease(number: int) -> bool:
    """Return whether a number stands for nothing, so that servers learn to pass over it."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def ja3(hello: ClientHello) -> str:
    """Return the text of JA3: version, suites, extensions, groups and formats of points."""
    lists = (
        hello.cipher_suites,
        tuple(kind for kind, _ in hello.extensions),
        hello.groups,
        hello.point_formats,
    )
    return ",".join(
        [
            str(hello.legacy_version),
            *("-".join(str(each) for each in one if not _is_grease(each)) for one in lists),
        ]
    )


def ja4_parts(hello: ClientHello) -> tuple[str, str, str]:
    """Return what JA4 says openly, and the two lists that it digests."""
    kinds = [kind for kind, _ in hello.extensions if not _is_grease(kind)]
    suites = [each for each in hello.cipher_suites if not _is_grease(each)]
    signatures = [each for each in hello.signature_algorithms if not _is_grease(each)]
    first = (
        f"{'d' if hello.is_dtls else 't'}{_ja4_version(hello)}"
        f"{'d' if _SERVER_NAME in kinds else 'i'}"
        f"{min(len(suites), 99):02}{min(len(kinds), 99):02}{_ja4_protocol(hello)}"
    )
    others = _hexadecimal(sorted(each for each in kinds if each not in {_SERVER_NAME, _ALPN}))
    if others and signatures:
        others += "_" + _hexadecimal(signatures)
    return first, _hexadecimal(sorted(suites)), others


def _ja4_version(hello: ClientHello) -> str:
    offered = [each for each in hello.supported_versions if not _is_grease(each)]
    if hello.extension(_VERSIONS) is None:
        offered = [hello.legacy_version]
    # Numbers of DTLS count downwards.
    newest = (min if hello.is_dtls else max)(offered, default=0)
    return _JA4_VERSIONS.get(newest, "00")


def _ja4_protocol(hello: ClientHello) -> str:
    protocols = hello.alpn_protocols
    name = protocols[0] if protocols else b""
    if not name:
        return "00"
    # Letters and digits of ASCII alone: `isalnum` of bytes asks for no others.
    if not (name[:1] + name[-1:]).isalnum():
        return name.hex()[0] + name.hex()[-1]
    return (name[:1] + name[-1:]).decode("ascii")


def _hexadecimal(numbers: list[int]) -> str:
    return ",".join(f"{each:04x}" for each in numbers)
