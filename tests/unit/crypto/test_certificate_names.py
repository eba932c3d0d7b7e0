"""Whom a certificate is for."""

from __future__ import annotations

import pytest
from cryptography import x509

from kit import authority
from OpenSSL import SSL, crypto

EMAIL = "someone@brisk.test"


def with_email() -> authority.Identity:
    return authority.authority().issue(
        "e-mail",
        client=True,
        extensions=[x509.SubjectAlternativeName([x509.RFC822Name(EMAIL)])],
    )


def certificate(who: authority.Identity) -> crypto.X509:
    return crypto.X509.from_cryptography(who.certificate)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("brisk.test", True),
        (b"BRISK.test", True),
        ("any.wild.test", True),
        ("a.b.wild.test", False),
        ("other.test", False),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        ("::1", True),
    ],
)
def test_a_certificate_is_for_a_host(name: str | bytes, expected: bool) -> None:
    assert certificate(authority.identity()).check_host(name) is expected


def test_flags_choose_how_names_match() -> None:
    subject = certificate(authority.identity())
    flags = SSL.X509_CHECK_FLAG_NO_WILDCARDS
    assert subject.check_host("any.wild.test")
    assert not subject.check_host("any.wild.test", flags)
    named = certificate(authority.authority().issue("common.test", client=True))
    assert not named.check_host("common.test")
    assert named.check_host("common.test", 0)


@pytest.mark.parametrize("name", ["", "a\0b", "a b", ".test", "010.0.0.1"])
def test_what_is_no_host(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        certificate(authority.identity()).check_host(name)


def test_a_certificate_is_for_an_address() -> None:
    subject = certificate(authority.identity())
    assert subject.check_ip("127.0.0.1") is True
    assert subject.check_ip(b"::1") is True
    assert subject.check_ip("192.0.2.1") is False
    for wrong in ("brisk.test", "0127.0.0.1", "1", ""):
        with pytest.raises(ValueError, match="address"):
            subject.check_ip(wrong)


def test_a_certificate_is_for_an_email_address() -> None:
    subject = certificate(with_email())
    assert subject.check_email(EMAIL) is True
    assert subject.check_email("other@brisk.test") is False
    assert certificate(authority.identity()).check_email(EMAIL) is False


def test_a_certificate_that_is_not_complete_is_for_nobody() -> None:
    assert crypto.X509().check_host("brisk.test") is False
