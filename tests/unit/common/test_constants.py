from __future__ import annotations

import copy
import pickle

import pytest

from OpenSSL import SSL
from OpenSSL._face.common.constants import lacking
from OpenSSL._native.common import constants as native


@pytest.mark.promises("SSLv2_METHOD, SSLv3_METHOD")
def test_methods_have_the_numbers_programs_know():
    names = [
        "SSLv2_METHOD",
        "SSLv3_METHOD",
        "SSLv23_METHOD",
        "TLSv1_METHOD",
        "TLSv1_1_METHOD",
        "TLSv1_2_METHOD",
        "TLS_METHOD",
        "TLS_SERVER_METHOD",
        "TLS_CLIENT_METHOD",
        "DTLS_METHOD",
        "DTLS_SERVER_METHOD",
        "DTLS_CLIENT_METHOD",
    ]
    assert [getattr(SSL, name) for name in names] == list(range(1, 13))


@pytest.mark.promises("FILETYPE_PEM, FILETYPE_ASN1")
def test_file_types_have_the_numbers_programs_know():
    assert (SSL.FILETYPE_PEM, SSL.FILETYPE_ASN1, native.FILETYPE_TEXT) == (1, 2, 65535)


@pytest.mark.promises(
    "OP_EPHEMERAL_RSA", "OP_NO_SSLv2", "OP_SINGLE_DH_USE, OP_SINGLE_ECDH_USE, OP_EPHEMERAL_RSA"
)
def test_museum_options_are_zero():
    for name in ("OP_NO_SSLv2", "OP_SINGLE_DH_USE", "OP_EPHEMERAL_RSA", "OP_TLS_D5_BUG"):
        assert getattr(SSL, name) == 0


def test_wire_versions():
    assert (SSL.SSL3_VERSION, SSL.TLS1_3_VERSION) == (0x300, 0x304)
    assert (SSL.DTLS1_VERSION, SSL.DTLS1_2_VERSION) == (0xFEFF, 0xFEFD)


@pytest.mark.promises("SSLEAY_VERSION, SSLEAY_CFLAGS")
def test_old_names_of_the_versions_lines():
    for old in ("VERSION", "CFLAGS", "BUILT_ON", "PLATFORM", "DIR"):
        assert getattr(SSL, f"SSLEAY_{old}") == getattr(SSL, f"OPENSSL_{old}")


def test_verification_codes_are_attributes():
    codes = SSL.X509VerificationCodes
    assert (codes.OK, codes.ERR_CERT_HAS_EXPIRED, codes.ERR_HOSTNAME_MISMATCH) == (0, 10, 62)
    assert codes.__module__ == "OpenSSL.SSL"


def test_a_constant_the_headers_lack_names_the_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(native.absent, "OP_FROM_THE_FUTURE", "9.1")
    assert "OP_FROM_THE_FUTURE" not in SSL.__all__
    with pytest.raises(AttributeError, match=r"SSL\.OP_FROM_THE_FUTURE needs OpenSSL 9\.1") as info:
        SSL.OP_FROM_THE_FUTURE  # noqa: B018
    assert info.value.name == "OP_FROM_THE_FUTURE"
    assert getattr(SSL, "OP_FROM_THE_FUTURE", None) is None


def test_any_other_name_gets_the_usual_words():
    with pytest.raises(AttributeError, match=r"^module 'OpenSSL\.SSL' has no attribute 'nothing'$"):
        SSL.nothing  # noqa: B018
    assert str(lacking("m", "x")) == "module 'm' has no attribute 'x'"


@pytest.mark.promises("NO_OVERLAPPING_PROTOCOLS")
def test_no_overlapping_protocols_is_one_object():
    nothing = SSL.NO_OVERLAPPING_PROTOCOLS
    assert repr(nothing) == "OpenSSL.SSL.NO_OVERLAPPING_PROTOCOLS"
    assert pickle.loads(pickle.dumps(nothing)) is nothing
    assert copy.copy(nothing) is nothing
    assert copy.deepcopy(nothing) is nothing
