"""What a client's hello says, from its bytes: protocols, and the message as a whole.

What is read here is read again by libssl, which ends the handshake where it is malformed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp

cimport OpenSSL._native.common.libcrypto as c

cdef extern from "compat.h" nogil:
    int TLSEXT_TYPE_application_layer_protocol_negotiation
    int SSL_client_hello_isv2(s.SSL* ssl)
    unsigned int SSL_client_hello_get0_legacy_version(s.SSL* ssl)
    size_t SSL_client_hello_get0_random(s.SSL* ssl, const unsigned char** data)
    size_t SSL_client_hello_get0_ciphers(s.SSL* ssl, const unsigned char** data)
    size_t SSL_client_hello_get0_session_id(s.SSL* ssl, const unsigned char** data)
    size_t SSL_client_hello_get0_compression_methods(s.SSL* ssl, const unsigned char** data)
    int SSL_client_hello_get1_extensions_present(s.SSL* ssl, int** kinds, size_t* count)


cdef bint read_protocols(
    s.SSL* ssl, const unsigned char** protocols, size_t* size,
) noexcept nogil:
    """The list of protocols as libssl hands it on, NULL for none; False when malformed."""
    cdef const unsigned char* data = NULL
    cdef size_t length = 0
    cdef size_t at = 2
    protocols[0] = NULL
    size[0] = 0
    if s.SSL_client_hello_get0_ext(
            ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &data, &length) != 1:
        return True
    if length < 4 or <size_t>(data[0] << 8 | data[1]) != length - 2:
        return False
    while at < length:
        if data[at] == 0:
            return False
        at += 1 + data[at]
    if at != length:
        return False
    protocols[0] = data + 2
    size[0] = length - 2
    return True


cdef list split_protocols(const unsigned char* offered, size_t size):
    cdef list names = []
    cdef size_t at = 0
    while at < size:
        names.append(PyBytes_FromStringAndSize(<const char*>offered + at + 1, offered[at]))
        at += 1 + offered[at]
    return names


cdef object old_message(s.SSL* ssl):
    """A hello in SSL 2.0's form, as TLS would say the same."""
    cdef const unsigned char* data = NULL
    cdef unsigned int version = SSL_client_hello_get0_legacy_version(ssl)
    cdef size_t size = SSL_client_hello_get0_random(ssl, &data)
    cdef bytes head = bytes((version >> 8 & 0xff, version & 0xff)) + data[:size]
    cdef bytes suites = b""
    cdef size_t at
    size = SSL_client_hello_get0_ciphers(ssl, &data)
    # Three bytes each; the first is zero for those of TLS.
    for at in range(0, size - size % 3, 3):
        if data[at] == 0:
            suites += data[at + 1:at + 3]
    body = head + b"\0" + len(suites).to_bytes(2, "big") + suites + b"\1\0"
    return bytes((s.SSL3_MT_CLIENT_HELLO,)) + len(body).to_bytes(3, "big") + body


cdef bytes inner_message(s.SSL* ssl):
    """A hello that came encrypted: what libssl, which has decrypted it, knows of it."""
    cdef const unsigned char* data = NULL
    cdef size_t size = SSL_client_hello_get0_random(ssl, &data)
    cdef unsigned int version = SSL_client_hello_get0_legacy_version(ssl)
    cdef int* kinds = NULL
    cdef size_t count = 0
    cdef size_t at
    cdef bytes extensions = b""
    cdef bytes body = version.to_bytes(2, "big") + data[:size]
    size = SSL_client_hello_get0_session_id(ssl, &data)
    body += bytes((size,)) + data[:size]
    size = SSL_client_hello_get0_ciphers(ssl, &data)
    body += size.to_bytes(2, "big") + data[:size]
    size = SSL_client_hello_get0_compression_methods(ssl, &data)
    body += bytes((size,)) + data[:size]
    if SSL_client_hello_get1_extensions_present(ssl, &kinds, &count) != 1:
        return None
    try:
        for at in range(count):
            if s.SSL_client_hello_get0_ext(ssl, kinds[at], &data, &size) == 1:
                extensions += kinds[at].to_bytes(2, "big") + size.to_bytes(2, "big") + data[:size]
    finally:
        c.OPENSSL_free(kinds)
    body += len(extensions).to_bytes(2, "big") + extensions
    return bytes((s.SSL3_MT_CLIENT_HELLO,)) + len(body).to_bytes(3, "big") + body


cdef bint is_outer(s.SSL* ssl, bytes message) except -1:
    """Whether a message is not the hello that libssl goes by, but one that has it encrypted."""
    cdef const unsigned char* data = NULL
    cdef size_t size = SSL_client_hello_get0_random(ssl, &data)
    return (not s.SSL_is_dtls(ssl) and size == 32 and PyBytes_GET_SIZE(message) >= 38
            and memcmp(PyBytes_AS_STRING(message) + 6, data, 32) != 0)


cdef object message_of(s.SSL* ssl, object kept):
    cdef object message = old_message(ssl) if SSL_client_hello_isv2(ssl) else kept
    return inner_message(ssl) if message is not None and is_outer(ssl, message) else message
