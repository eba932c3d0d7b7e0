"""How records are cut and filled up, of a Context or a connection."""

from libc.stdint cimport uint8_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport ON_PADDING
from OpenSSL._native.ssl.callbacks cimport ASKED, keeps_padding, on_padding
from OpenSSL._native.ssl.stamps cimport channel_of
from OpenSSL._native.ssl.targets cimport (
    change, connection_of, context_of, leave, note_size, put_hook,
)

cdef extern from "compat.h" nogil:
    int brisk_padding_is_fixed()
    void SSL_CTX_set_record_padding_callback(s.SSL_CTX* context, s.padding_hook callback)
    int SSL_CTX_set_block_padding(s.SSL_CTX* context, size_t size)
    long SSL_CTX_set_max_send_fragment(s.SSL_CTX* context, long size)
    long SSL_CTX_set_split_send_fragment(s.SSL_CTX* context, long size)
    int SSL_CTX_set_tlsext_max_fragment_length(s.SSL_CTX* context, uint8_t mode)
    int SSL_set_tlsext_max_fragment_length(s.SSL* ssl, uint8_t mode)
    void SSL_CTX_set_default_read_buffer_len(s.SSL_CTX* context, size_t size)
    void SSL_set_default_read_buffer_len(s.SSL* ssl, size_t size)


cdef bint is_late(s.SSL* ssl) noexcept:
    """Whether the library looks at padding no more, for the keys of the data are made."""
    return (brisk_padding_is_fixed() and s.SSL_is_init_finished(ssl) != 0
            and s.SSL_version(ssl) == s.TLS1_3_VERSION)


def set_block_padding(target not None: Context | Connection, size_t size) -> None:
    cdef int result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_block_padding(context_of(target), size)
        elif size > 1 and is_late(connection_of(target)):
            errors.fail_ssl("from OpenSSL 3.2 on padding is set before the handshake")
        else:
            result = s.SSL_set_block_padding(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("records cannot be filled up to so much")
        note_size(target, "padding", size)
    finally:
        leave(target)


def set_record_padding_callback(
    target not None: Context | Connection, callback: Callable[..., object] | None,
) -> None:
    cdef s.padding_hook ours = NULL
    cdef s.SSL* ssl
    change(target)
    try:
        errors.clear()
        ssl = connection_of(target)
        if callback is not None or ssl != NULL and keeps_padding(ssl):
            ours = on_padding
        if ssl != NULL:
            if (s.SSL_set_record_padding_callback(ssl, ours) != 1
                    and callback is not None):
                errors.fail_ssl("the kernel encrypts, and pads nothing")
            if callback is not None and is_late(ssl) and not channel_of(ssl).padded & ASKED:
                errors.fail_ssl("from OpenSSL 3.2 on padding is set before the handshake")
        put_hook(target, ON_PADDING, callback)
        if context_of(target) != NULL:
            # Connections made before have a copy.
            SSL_CTX_set_record_padding_callback(context_of(target), ours)
    finally:
        leave(target)


def set_max_send_fragment(target not None: Context | Connection, long size) -> None:
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_max_send_fragment(context_of(target), size)
        else:
            result = s.SSL_set_max_send_fragment(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("a record carries 512 to 16384 bytes")
        note_size(target, "most", size)
    finally:
        leave(target)


def set_split_send_fragment(target not None: Context | Connection, long size) -> None:
    cdef long result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_split_send_fragment(context_of(target), size)
        else:
            result = s.SSL_set_split_send_fragment(connection_of(target), size)
        if result != 1:
            errors.fail_ssl("records are split at 1 byte up to the most that one carries")
        note_size(target, "split", size)
    finally:
        leave(target)


def set_max_fragment_length(target not None: Context | Connection, uint8_t mode) -> None:
    cdef int result
    change(target)
    try:
        errors.clear()
        if context_of(target) != NULL:
            result = SSL_CTX_set_tlsext_max_fragment_length(context_of(target), mode)
        else:
            result = SSL_set_tlsext_max_fragment_length(connection_of(target), mode)
        if result != 1:
            errors.fail_ssl("there is no such length")
    finally:
        leave(target)


def set_read_buffer_len(target not None: Context | Connection, size_t size) -> None:
    change(target)
    try:
        if context_of(target) != NULL:
            SSL_CTX_set_default_read_buffer_len(context_of(target), size)
        else:
            SSL_set_default_read_buffer_len(connection_of(target), size)
    finally:
        leave(target)
