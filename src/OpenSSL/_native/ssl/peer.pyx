"""What a connection knows about its peer and about itself: certificates, cipher, state."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.crypto.certificates cimport wrap_certificate, wrap_chain
from OpenSSL._native.crypto.keys cimport release_key
from OpenSSL._native.crypto.names cimport take_names
from OpenSSL._native.ssl.connection cimport Connection

cdef extern from "compat.h" nogil:
    c.X509* SSL_get1_peer_certificate(const s.SSL* ssl)
    c.X509_CHAIN* SSL_get_peer_cert_chain(const s.SSL* ssl)
    c.X509_CHAIN* SSL_get0_verified_chain(const s.SSL* ssl)
    c.X509_NAME_LIST* SSL_get_client_CA_list(const s.SSL* ssl)
    const char* SSL_CIPHER_standard_name(const s.SSL_CIPHER* cipher)
    const char* brisk_compression_name(const s.SSL* ssl)
    char* SSL_get_shared_ciphers(const s.SSL* ssl, char* text, int size)
    const char* SSL_get_version(const s.SSL* ssl)
    const char* SSL_state_string_long(const s.SSL* ssl)
    long SSL_get_peer_tmp_key(s.SSL* ssl, c.EVP_PKEY** key)
    long SSL_get_peer_signature_nid(s.SSL* ssl, int* nid)
    int SSL_get_peer_signature_type_nid(const s.SSL* ssl, int* nid)
    int SSL_get_signature_type_nid(const s.SSL* ssl, int* nid)
    long SSL_get_signature_nid(s.SSL* ssl, int* nid)
    int SSL_renegotiate(s.SSL* ssl)
    int SSL_CTRL_GET_TOTAL_RENEGOTIATIONS

cdef enum:
    CIPHERS_MAXIMUM = 16384     # bytes; a longer list is cut (SSL_get_shared_ciphers(3))
    NAME_MAXIMUM = 80           # bytes; the longest group name known has 21

ctypedef const char* (*cipher_text)(const s.SSL_CIPHER*) noexcept nogil


# ---- certificates

def get_certificate(Connection connection not None) -> X509 | None:
    cdef c.X509* certificate
    connection.enter()
    try:
        certificate = s.SSL_get_certificate(connection.handle)
        if certificate == NULL:
            return None
        errors.clear()
        if c.X509_up_ref(certificate) != 1:
            errors.fail_ssl("the certificate cannot be shared")
        return wrap_certificate(certificate)
    finally:
        connection.leave()


def get_peer_certificate(Connection connection not None) -> X509 | None:
    cdef c.X509* certificate
    connection.enter()
    try:
        certificate = SSL_get1_peer_certificate(connection.handle)
        return None if certificate == NULL else wrap_certificate(certificate)
    finally:
        connection.leave()


def get_peer_cert_chain(Connection connection not None) -> list[X509] | None:
    cdef const c.X509_CHAIN* chain
    connection.enter()
    try:
        chain = SSL_get_peer_cert_chain(connection.handle)
        return None if chain == NULL else wrap_chain(chain)
    finally:
        connection.leave()


def get_verified_chain(Connection connection not None) -> list[X509] | None:
    cdef const c.X509_CHAIN* chain
    connection.enter()
    try:
        chain = SSL_get0_verified_chain(connection.handle)
        return None if chain == NULL else wrap_chain(chain)
    finally:
        connection.leave()


def get_client_ca_list(Connection connection not None) -> list[X509Name]:
    cdef const c.X509_NAME_LIST* names
    cdef c.X509_NAME_LIST* copy = NULL
    connection.enter()
    try:
        # A server's list may be its Context's, which another thread may replace.
        connection.start_reading()
        errors.clear()
        names = SSL_get_client_CA_list(connection.handle)
        if names != NULL:
            copy = c.brisk_copy_names(names)
        connection.stop_reading()
        if names != NULL and copy == NULL:
            errors.fail_ssl("the list cannot be copied")
        return take_names(copy)
    finally:
        connection.leave()


def get_verify_result(Connection connection not None) -> int:
    connection.enter()
    try:
        return s.SSL_get_verify_result(connection.handle)
    finally:
        connection.leave()


# ---- cipher

cdef object cipher_says(Connection connection, cipher_text ask):
    cdef const s.SSL_CIPHER* cipher
    cdef const char* text
    connection.enter()
    try:
        cipher = s.SSL_get_current_cipher(connection.handle)
        if cipher == NULL:
            return None
        text = ask(cipher)
        return None if text == NULL else (<bytes>text).decode("ascii")
    finally:
        connection.leave()


def get_cipher_name(Connection connection not None) -> str | None:
    return cipher_says(connection, s.SSL_CIPHER_get_name)


def get_cipher_standard_name(Connection connection not None) -> str | None:
    return cipher_says(connection, SSL_CIPHER_standard_name)


def get_cipher_version(Connection connection not None) -> str | None:
    return cipher_says(connection, s.SSL_CIPHER_get_version)


def get_cipher_bits(Connection connection not None) -> int | None:
    cdef const s.SSL_CIPHER* cipher
    connection.enter()
    try:
        cipher = s.SSL_get_current_cipher(connection.handle)
        return None if cipher == NULL else s.SSL_CIPHER_get_bits(cipher, NULL)
    finally:
        connection.leave()


def get_compression(Connection connection not None) -> str | None:
    cdef bytes name = targets.text(connection, brisk_compression_name)
    return None if name is None else name.decode("ascii")


def get_shared_ciphers(Connection connection not None) -> list[str]:
    # Not on the stack, of which a thread may have little.
    cdef bytes room = PyBytes_FromStringAndSize(NULL, CIPHERS_MAXIMUM)
    cdef char* text = PyBytes_AS_STRING(room)
    cdef char* found
    text[0] = 0
    connection.enter()
    try:
        # Ours may be the Context's, which another thread may replace.
        connection.start_reading()
        found = SSL_get_shared_ciphers(connection.handle, text, CIPHERS_MAXIMUM)
        connection.stop_reading()
        # None at all: 3.0 answers with NULL, 3.5 and 4.0 with an empty text.
        if found == NULL or text[0] == 0:
            return []
        return (<bytes>text).decode("ascii").split(":")
    finally:
        connection.leave()


# ---- how the peer proved itself

def get_server_tmp_key(Connection connection not None) -> tuple[str, int, str] | None:
    """Kind, bits and group of the peer's share of the key exchange, or None."""
    cdef c.EVP_PKEY* key = NULL
    cdef const char* kind
    cdef char group[NAME_MAXIMUM]
    cdef size_t size = 0
    cdef int bits
    connection.enter()
    try:
        errors.clear()
        if SSL_get_peer_tmp_key(connection.handle, &key) != 1 or key == NULL:
            errors.clear()
            return None
        try:
            kind = c.EVP_PKEY_get0_type_name(key)
            word = "" if kind == NULL else (<bytes>kind).decode("ascii")
            bits = c.EVP_PKEY_get_bits(key)
            if bits <= 0:
                errors.fail_ssl("the size of the peer's key is not known")
            name = word
            if c.EVP_PKEY_get_group_name(key, group, NAME_MAXIMUM, &size) == 1:
                name = group[:size].decode("ascii")
        finally:
            release_key(key)
            errors.clear()
        return word, bits, name
    finally:
        connection.leave()


cdef object short_name(int nid):
    cdef const char* name = NULL if nid == c.NID_undef else c.OBJ_nid2sn(nid)
    return None if name == NULL else (<bytes>name).decode("ascii")


def get_signature(Connection connection not None) -> tuple[str | None, str | None] | None:
    """The same of our own."""
    cdef int kind = c.NID_undef
    cdef int digest = c.NID_undef
    connection.enter()
    try:
        if SSL_get_signature_type_nid(connection.handle, &kind) != 1:
            return None
        if SSL_get_signature_nid(connection.handle, &digest) != 1:
            digest = c.NID_undef
        return short_name(kind), short_name(digest)
    finally:
        connection.leave()


def get_peer_signature(Connection connection not None) -> tuple[str | None, str | None] | None:
    """Kind of key and digest of the peer's signature, or None when it made none."""
    cdef int kind = c.NID_undef
    cdef int digest = c.NID_undef
    connection.enter()
    try:
        if SSL_get_peer_signature_type_nid(connection.handle, &kind) != 1:
            return None
        if SSL_get_peer_signature_nid(connection.handle, &digest) != 1:
            digest = c.NID_undef
        return short_name(kind), short_name(digest)
    finally:
        connection.leave()


# ---- state

def is_server(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_is_server) != 0


def is_init_finished(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_is_init_finished) != 0


def get_protocol_version(Connection connection not None) -> int:
    return targets.number(connection, s.SSL_version)


def get_protocol_version_name(Connection connection not None) -> str:
    return targets.text(connection, SSL_get_version).decode("ascii")


def get_state_string(Connection connection not None) -> bytes:
    return targets.text(connection, SSL_state_string_long)


def renegotiate(Connection connection not None) -> bool:
    """True when a new handshake will begin, False when one is due already."""
    connection.enter()
    try:
        if s.SSL_renegotiate_pending(connection.handle) == 1:
            return False
        errors.clear()
        if SSL_renegotiate(connection.handle) != 1:
            errors.fail_ssl("this connection cannot renegotiate")
        return True
    finally:
        connection.leave()


def renegotiate_pending(Connection connection not None) -> bool:
    return targets.number(connection, s.SSL_renegotiate_pending) == 1


def total_renegotiations(Connection connection not None) -> int:
    return targets.ask(connection, SSL_CTRL_GET_TOTAL_RENEGOTIATIONS)
