"""What OpenSSL prints is never cut at a NUL byte, and never said to be too much for memory."""

from __future__ import annotations

import pytest

from kit import der
from kit.der import element, extension, identifier, sequence
from OpenSSL import crypto
from OpenSSL._native.crypto import descriptions

GOOD = b"good.test"
EVIL = b"good.test\0.evil.test"

#: Kinds of general names: their tags, and what is in them.
KINDS = {
    "email": lambda text: element(0x81, text),
    "DNS": lambda text: element(0x82, text),
    "URI": lambda text: element(0x86, text),
    "UPN": lambda text: other("1.3.6.1.4.1.311.20.2.3", 12, text),
    "SmtpUTF8Mailbox": lambda text: other("1.3.6.1.5.5.7.8.9", 12, text),
    "XmppAddr": lambda text: other("1.3.6.1.5.5.7.8.5", 12, text),
    "SRVName": lambda text: other("1.3.6.1.5.5.7.8.7", 22, text),
    "NAIRealm": lambda text: other("1.3.6.1.5.5.7.8.8", 12, text),
}


def other(dotted: str, tag: int, text: bytes) -> bytes:
    return element(0xA0, identifier(dotted), element(0xA0, element(tag, text)))


def policy(*qualifiers: bytes) -> bytes:
    return sequence(sequence(identifier("1.2.3.4"), sequence(*qualifiers)))


def notice(tag: int, text: bytes) -> bytes:
    return policy(sequence(identifier("1.3.6.1.5.5.7.2.2"), sequence(element(tag, text))))


def places() -> dict[str, object]:
    """Extensions with a text in them, as functions of the text."""
    return {
        "certificate policy": lambda text: extension(
            "2.5.29.32", policy(sequence(identifier("1.3.6.1.5.5.7.2.1"), element(22, text)))
        ),
        "notice": lambda text: extension("2.5.29.32", notice(12, text)),
        "visible notice": lambda text: extension("2.5.29.32", notice(26, text)),
        "nsComment": lambda text: extension("2.16.840.1.113730.1.13", element(22, text)),
        "nsBaseUrl": lambda text: extension("2.16.840.1.113730.1.2", element(22, text)),
        "points": lambda text: extension(
            "2.5.29.31",
            sequence(sequence(element(0xA0, element(0xA0, element(0x86, text))))),
        ),
        "proxy": lambda text: extension(
            "1.3.6.1.5.5.7.1.14",
            sequence(sequence(identifier("1.3.6.1.5.5.7.21.1"), element(4, text))),
        ),
        "signing tool": lambda text: extension("1.2.643.100.111", element(12, text)),
    }


def named() -> dict[str, object]:
    """Extensions with a general name in them, as functions of the name."""
    return {
        "issuerAltName": lambda name: extension("2.5.29.18", sequence(name)),
        "access": lambda name: extension(
            "1.3.6.1.5.5.7.1.1", sequence(sequence(identifier("1.3.6.1.5.5.7.48.1"), name))
        ),
        "constraints": lambda name: extension("2.5.29.30", sequence(element(0xA0, sequence(name)))),
        "authority key": lambda name: extension(
            "2.5.29.35",
            sequence(element(0x80, b"\1\0\2"), element(0xA1, name), element(0x82, b"A\0B")),
        ),
        "points": lambda name: extension(
            "2.5.29.31", sequence(sequence(element(0xA0, element(0xA0, name))))
        ),
    }


NAMED, PLACES = named(), places()
CASES = [
    *((where, kind) for where in NAMED for kind in KINDS),
    *((where, "") for where in PLACES),
]


def made(where: str, kind: str, text: bytes) -> bytes:
    if kind:
        return NAMED[where](KINDS[kind](text))  # type: ignore[operator, no-any-return]
    return PLACES[where](text)  # type: ignore[operator, no-any-return]


def loaded(*extensions: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der.certificate(*extensions))


def whole(text: str) -> str:
    """Where OpenSSL puts a dot for what cannot be printed, it is no end either."""
    return text.replace("good.test..evil", "good.test\0.evil")


@pytest.mark.parametrize(("where", "kind"), CASES)
@pytest.mark.holds("F13")
def test_the_text_of_an_extension_is_that_of_a_good_one_and_more(where: str, kind: str) -> None:
    plain = str(loaded(made(where, kind, GOOD)).get_extension(0))
    shown = str(loaded(made(where, kind, EVIL)).get_extension(0))
    assert "good.test" in plain
    assert whole(shown) == plain.replace("good.test", "good.test\0.evil.test")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.holds("F10")
def test_alternative_names(kind: str) -> None:
    certificate = loaded(extension("2.5.29.17", sequence(KINDS[kind](EVIL))))
    ((_word, value),) = certificate.get_subject_alt_names()
    assert value.endswith(EVIL.decode())
    assert EVIL.decode() in str(certificate.get_extension(0))
    described = descriptions.describe(certificate)["subjectAltName"]
    assert described[0][1].endswith(EVIL.decode())


@pytest.mark.parametrize(("where", "kind"), CASES)
@pytest.mark.holds("F13")
def test_text_dumps(where: str, kind: str) -> None:
    """Of certificates, requests and lists alike; the rest of them stays as it was."""

    def dumps(text: bytes) -> list[bytes]:
        one = made(where, kind, text)
        request = crypto.load_certificate_request(crypto.FILETYPE_ASN1, der.request(one))
        revoked = crypto.load_crl(crypto.FILETYPE_ASN1, der.crl(one))
        return [
            crypto.dump_certificate(crypto.FILETYPE_TEXT, loaded(one)),
            crypto.dump_certificate_request(crypto.FILETYPE_TEXT, request),
            crypto.dump_crl(crypto.FILETYPE_TEXT, revoked),
        ]

    for plain, shown in zip(dumps(GOOD), dumps(EVIL), strict=True):
        expected = plain.replace(b"good.test", b"good.test\0.evil.test")
        assert whole(shown.decode("latin-1")) == expected.decode("latin-1")


def test_parts_of_distinguished_names_are_escaped_as_what_they_are() -> None:
    part = sequence(identifier("2.5.4.3"), element(12, EVIL))
    for dotted in ("2.5.29.31", "2.5.29.46"):
        for name in (
            element(0xA1, part),
            element(0xA0, element(0xA4, sequence(element(49, part)))),
        ):
            relative = extension(dotted, sequence(sequence(element(0xA0, name))))
            assert "good.test\\00.evil.test" in str(loaded(relative).get_extension(0))


def test_what_is_no_text_stays_as_it_is() -> None:
    """Numbers and identifiers with zeros in them are printed digit by digit."""
    extensions = [
        extension("2.5.29.14", element(4, b"A\0B")),
        extension("2.5.29.35", sequence(element(0x80, b"A\0B"), element(0x82, b"A\0B"))),
        extension("2.5.29.36", sequence(element(0x80, b"\0"), element(0x81, b"\0"))),
        extension("2.5.29.19", sequence(element(1, b"\xff"), element(2, b"\0"))),
        extension("1.2.3.4.5", element(22, b"A\0B")),
    ]
    quiet = crypto.dump_certificate(crypto.FILETYPE_TEXT, loaded(*extensions))
    comment = made("nsComment", "", EVIL)
    shown = crypto.dump_certificate(crypto.FILETYPE_TEXT, loaded(*extensions, comment))
    assert b"41:00:42" in quiet
    for line in quiet.splitlines():
        assert line in shown


def test_texts_with_every_byte_there_is() -> None:
    """There is no byte left to stand for NUL, and it is still whole."""
    certificate = loaded(made("nsComment", "", bytes(range(32)) + EVIL))
    assert str(certificate.get_extension(0)).endswith(".evil.test")
    assert b".evil.test" in crypto.dump_certificate(crypto.FILETYPE_TEXT, certificate)


@pytest.mark.parametrize("cut", range(0, 60, 3))
def test_damaged_extensions(cut: int) -> None:
    """What is no DER is printed as OpenSSL prints it, or refused."""
    whole_value = sequence(KINDS["DNS"](EVIL), KINDS["UPN"](EVIL))
    certificate = loaded(extension("2.5.29.17", whole_value[:cut] + b"\0" * 5))
    assert b"Signature Algorithm" in crypto.dump_certificate(crypto.FILETYPE_TEXT, certificate)
    try:
        str(certificate.get_extension(0))
    except crypto.Error as error:
        assert not any("malloc" in each[-1] for each in error.args[0])
