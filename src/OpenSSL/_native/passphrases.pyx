"""Passphrases for keys in files: given as bytes, or asked of a callable when needed."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

cimport OpenSSL._native.errors as errors


cdef class Passphrase:
    def __init__(self, source not None):
        if not isinstance(source, bytes) and not callable(source):
            raise TypeError("Last argument must be a byte string or a callable.")
        self.source = source

    cdef int raise_kept(self) except -1:
        cdef object failure = self.failure
        if failure is None:
            return 0
        # OpenSSL's complaint about the missing passphrase is only the echo.
        self.failure = None
        errors.clear()
        raise failure


cdef int supply(Passphrase phrase, char* buffer, int size, int writing) except -1:
    cdef object given = phrase.source
    cdef Py_ssize_t length
    if not isinstance(given, bytes):
        given = given(bool(writing))
    if not isinstance(given, bytes):
        raise ValueError("Bytes expected")
    length = PyBytes_GET_SIZE(given)
    if length > size:
        raise ValueError("passphrase returned by callback is too long")
    memcpy(buffer, PyBytes_AS_STRING(given), length)
    return <int>length


cdef int on_passphrase(char* buffer, int size, int writing, void* data) noexcept with gil:
    """OpenSSL's ``pem_password_cb``; ``data`` is a Passphrase, kept alive by the caller."""
    cdef Passphrase phrase
    cdef errors.KeptQueue queue
    cdef int length = -1
    if data == NULL:
        # No passphrase, and a library never prompts behind its user's back: OpenSSL would,
        # of whatever PEM says that it is encrypted, a certificate too.
        return -1
    phrase = <Passphrase>data
    if phrase.failure is not None:
        return -1  # OpenSSL tries one decoder after the other: ask only once
    errors.queue_aside(&queue)
    try:
        length = supply(phrase, buffer, size, writing)
    except BaseException as error:
        phrase.failure = error
    errors.queue_back(&queue)
    return length
