from __future__ import annotations

import pytest

from OpenSSL import SSL
from OpenSSL._face.common import library


def test_version_is_bytes_of_the_library():
    assert SSL.OpenSSL_version(SSL.OPENSSL_VERSION).startswith(b"OpenSSL ")
    assert SSL.OpenSSL_version(SSL.OPENSSL_DIR).startswith(b"OPENSSLDIR")


@pytest.mark.promises("SSLeay_version")
def test_the_old_name_is_the_same_function():
    assert SSL.SSLeay_version is SSL.OpenSSL_version
    assert SSL.SSLeay_version(SSL.SSLEAY_PLATFORM).startswith(b"platform")


@pytest.mark.parametrize("kind", [-1, 4711, 2**31, -(2**31) - 1, 10**30])
def test_an_unknown_line_is_not_available(kind):
    assert SSL.OpenSSL_version(kind) == b"not available"


@pytest.mark.parametrize("kind", [None, "0", b"0", 0.0, object()])
def test_what_is_no_integer_is_refused(kind):
    with pytest.raises(TypeError, match="type must be an integer"):
        SSL.OpenSSL_version(kind)


@pytest.mark.promises("OPENSSL_VERSION_NUMBER")
def test_version_numbers():
    # A library keeps its major version, which is what it promises to its callers.
    assert SSL.OPENSSL_VERSION_NUMBER >> 28 == library.linked_version_number() >> 28 >= 3
    number = library.linked_version_number()
    dotted = f"{number >> 28}.{number >> 20 & 0xFF}.{number >> 4 & 0xFF}".encode()
    assert dotted in SSL.OpenSSL_version(SSL.OPENSSL_VERSION)


def test_features_follow_the_version():
    features = library.features()
    assert all(type(there) is bool for there in features.values())
    assert features["tls1_2"]
    if library.linked_version_number() < 0x30200000:
        assert not features["quic_client"]
        assert not features["raw_public_keys"]
    if library.linked_version_number() < 0x40000000:
        assert not features["ech"]
