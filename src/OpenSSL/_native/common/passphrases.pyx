"""Passphrases for keys in files: given as bytes, or asked of a callable when needed.

Theory.  OpenSSL tries one decoder after the other, and each of them asks
(OSSL_DECODER_from_bio, 3.0 to 4.0).  So what has failed once is not asked again, and what it
raised is kept, and raised by the call that loads.  No SSL is at work here: the Passphrase itself
is the carrier.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcpy

cimport OpenSSL._native.common.errors as errors
from OpenSSL._native.common.hooks cimport Carrier, Scope, enter_hook, leave_hook, settled


cdef class Passphrase(Carrier):
    def __init__(self, source not None: bytes | Callable[[bool], bytes]):
        if not isinstance(source, bytes) and not callable(source):
            raise TypeError("Last argument must be a byte string or a callable.")
        self.source = source

    cdef int raise_kept(self) except -1:
        if self.failure is not None:
            # OpenSSL's complaint about the missing passphrase is only the echo.
            errors.clear()
        return Carrier.raise_kept(self)


cdef Passphrase of_context(object asked):
    cdef Passphrase made = Passphrase.__new__(Passphrase)
    made.of_context = True
    if asked is not None:
        made.source, made.data = asked
    return made


cdef int supply(Passphrase phrase, char* buffer, int size, int twice) except -1:
    cdef object given = phrase.source
    cdef Py_ssize_t length
    if phrase.of_context:
        given = settled(
            given(size, bool(twice), phrase.data), "a passphrase callback")
    elif not isinstance(given, bytes):
        given = settled(given(bool(twice)), "a passphrase callback")
    if not isinstance(given, bytes):
        raise ValueError(f"Bytes expected of a passphrase callback, not {type(given).__name__}")
    length = PyBytes_GET_SIZE(given)
    if length > size:
        if not phrase.of_context:
            raise ValueError("passphrase returned by callback is too long")
        length = size
    memcpy(buffer, PyBytes_AS_STRING(given), length)
    return <int>length


cdef int on_passphrase(char* buffer, int size, int twice, void* data) noexcept with gil:
    """OpenSSL's ``pem_password_cb``; ``data`` is a Passphrase, kept alive by the caller."""
    cdef Scope scope
    cdef int length = -1
    cdef Passphrase phrase
    # No passphrase, and a library never prompts behind its user's back: OpenSSL would,
    # of whatever PEM says that it is encrypted, a certificate too (PEM_def_callback, 3.0 to 4.0).
    if data == NULL or size <= 0:
        return -1
    phrase = <Passphrase>data
    if phrase.source is None or phrase.failure is not None:
        return -1
    if not enter_hook(&scope, phrase):
        return -1
    try:
        length = supply(phrase, buffer, size, twice)
    except BaseException as error:
        phrase.keep(error)
    leave_hook(&scope, phrase)
    return length
