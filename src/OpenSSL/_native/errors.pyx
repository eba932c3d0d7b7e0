"""The one raiser: turns what OpenSSL answers into statuses and exceptions.

Theory.  OpenSSL reports through a return value, a per-thread queue and errno.
A caller clears the queue *before* its call (``clear``), takes the verdict
before the interpreter can switch threads (``judge``), raises an exception a
hook has kept, and only then asks ``fail`` to raise what the verdict says.
Want-states are statuses until a public method makes them exceptions.
``ERR_*`` and ``SSL_get_error`` stand in no other file.
"""

import errno as _errno
import os as _os

from libc.string cimport memset, strlen, strncpy

cimport OpenSSL._native.libcrypto as c
cimport OpenSSL._native.libssl as s
from OpenSSL._exceptions import (
    CryptoError,
    Error,
    SysCallError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
    ZeroReturnError,
)


cdef extern from "openssl/err.h":
    int ERR_R_MALLOC_FAILURE


# ---- before and right after a call: no interpreter needed

cdef void clear() noexcept nogil:
    # Looking costs a tenth of clearing, and the queue is nearly always empty.
    if c.ERR_peek_error() != 0:
        c.ERR_clear_error()


cdef bint pending() noexcept nogil:
    """Whether OpenSSL has complained since the last ``clear``."""
    return c.ERR_peek_error() != 0


cdef bint take_no_start_line() noexcept nogil:
    """Whether the last failure was only the end of a PEM file; then it is forgotten."""
    cdef unsigned long last = c.ERR_peek_last_error()
    if c.ERR_GET_LIB(last) != c.ERR_LIB_PEM or c.ERR_GET_REASON(last) != c.PEM_R_NO_START_LINE:
        return False
    c.ERR_clear_error()
    return True


cdef bint role_missing() noexcept nogil:
    """Whether the last failure was only that nobody said who is the client."""
    cdef unsigned long last = c.ERR_peek_last_error()
    return (c.ERR_GET_LIB(last) == c.ERR_LIB_SSL
            and c.ERR_GET_REASON(last) == s.SSL_R_CONNECTION_TYPE_NOT_SET)


cdef Verdict judge(const s.SSL* ssl, int result, int number) noexcept nogil:
    """What became of an SSL call; ``number`` is the transport's errno, or 0."""
    cdef Verdict verdict
    cdef int error
    cdef unsigned long last
    verdict.number = 0
    if result > 0:
        verdict.status = DONE
        return verdict
    error = s.SSL_get_error(ssl, result)
    if error == s.SSL_ERROR_NONE:
        verdict.status = DONE
    elif error == s.SSL_ERROR_WANT_READ:
        verdict.status = WANT_READ
    elif error == s.SSL_ERROR_WANT_WRITE:
        verdict.status = WANT_WRITE
    elif error == s.SSL_ERROR_ZERO_RETURN:
        verdict.status = CLOSED
    elif error == s.SSL_ERROR_SYSCALL:
        if c.ERR_peek_error() != 0:
            verdict.status = FAILED
        elif number != 0:
            verdict.status = SYSTEM
            verdict.number = number
        else:
            verdict.status = TRUNCATED
    elif error == s.SSL_ERROR_SSL:
        last = c.ERR_peek_last_error()
        if (c.ERR_GET_LIB(last) == c.ERR_LIB_SSL
                and c.ERR_GET_REASON(last) == s.SSL_R_UNEXPECTED_EOF_WHILE_READING):
            c.ERR_clear_error()
            verdict.status = TRUNCATED
        else:
            verdict.status = FAILED
    else:
        # SSL_ERROR_WANT_X509_LOOKUP, _CLIENT_HELLO_CB, _ASYNC, _RETRY_VERIFY
        verdict.status = WANT_LOOKUP
    return verdict


# ---- raising

cdef str text(const char* words):
    if words == NULL:
        return ""
    return words[:strlen(words)].decode("utf-8", "replace")


cdef list take_queue():
    """Empty the queue into a list of ErrorDetail, oldest first."""
    cdef unsigned long code
    cdef const char* file
    cdef const char* function
    cdef const char* data
    cdef int line, flags, library
    cdef list details = []
    # Slow to load, and not before there is an error; nor while one is being read.
    from OpenSSL._details import ErrorDetail

    while True:
        code = c.ERR_get_error_all(&file, &line, &function, &data, &flags)
        if code == 0:
            return details
        library = c.ERR_GET_LIB(code)
        reason = text(c.ERR_reason_error_string(code))
        if library == c.ERR_LIB_SYS and not reason:
            reason = _os.strerror(c.ERR_GET_REASON(code))
        elif (library == c.ERR_LIB_SSL and not reason
                and c.ERR_GET_REASON(code) >= s.SSL_AD_REASON_OFFSET):
            reason = f"alert number {c.ERR_GET_REASON(code) - s.SSL_AD_REASON_OFFSET}"
        details.append(ErrorDetail(
            code,
            text(c.ERR_lib_error_string(code)),
            text(function),
            reason,
            library,
            c.ERR_GET_REASON(code),
            text(data) if flags & c.ERR_TXT_STRING else "",
        ))


cdef object drain(object error_class, str otherwise):
    """Make an ``error_class`` of the queue, or of ``otherwise`` when it is empty."""
    cdef list details = take_queue()
    cdef list triples = []
    # The triples are what programs compare: OpenSSL 3 gives no function names
    # there and no reason for a system error, so neither do we.
    for d in details:
        triples.append((d.library, "", "" if d.library_code == c.ERR_LIB_SYS else d.reason))
    if not triples:
        triples.append(("SSL routines" if error_class is Error else "", "", otherwise))
    error = error_class(triples)
    error.errors = tuple(details)
    return error


def from_queue(error_class not None):
    """Make an ``error_class`` of what stands in this thread's queue, and empty it."""
    return drain(error_class, "unknown error")


def memory_ended():
    """Whether the oldest or the newest entry of this thread's queue tells of no memory."""
    return (c.ERR_GET_REASON(c.ERR_peek_error()) == ERR_R_MALLOC_FAILURE
            or c.ERR_GET_REASON(c.ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)


cdef int fail_ssl(str otherwise) except -1:
    raise drain(Error, otherwise)


cdef int fail_crypto(str otherwise) except -1:
    raise drain(CryptoError, otherwise)


cdef object sign_of(int status):
    """The exception that a want-state becomes; see quiet.h."""
    if status == WANT_READ:
        return WantReadError
    return WantWriteError if status == WANT_WRITE else WantX509LookupError


cdef int fail_wanting(int status) except -1:
    raise sign_of(status)()


cdef int fail(Verdict verdict, const s.SSL* ssl) except -1:
    """Raise what a verdict other than DONE means to a caller."""
    cdef long code
    if verdict.status in (WANT_READ, WANT_WRITE, WANT_LOOKUP):
        fail_wanting(verdict.status)
    if verdict.status == CLOSED:
        raise ZeroReturnError()
    if verdict.status == TRUNCATED:
        raise SysCallError(-1, "Unexpected EOF")
    if verdict.status == SYSTEM:
        raise SysCallError(
            verdict.number, _errno.errorcode.get(verdict.number) or _os.strerror(verdict.number)
        )
    error = drain(Error, "the connection has failed before")
    for detail in error.errors:
        if detail.library_code != c.ERR_LIB_SSL:
            continue
        if detail.reason_code == s.SSL_R_CERTIFICATE_VERIFY_FAILED and ssl != NULL:
            code = s.SSL_get_verify_result(ssl)
            error.verify_code = code
            error.verify_message = text(c.X509_verify_cert_error_string(code))
        elif detail.reason_code >= s.SSL_AD_REASON_OFFSET:
            # Alerts from the peer are reported as reasons above this offset.
            error.alert = detail.reason_code - s.SSL_AD_REASON_OFFSET
    raise error


# ---- around a hook: what it does to the queue must not reach the C caller

cdef void queue_aside(KeptQueue* kept) noexcept nogil:
    cdef unsigned long code
    cdef const char* data
    cdef int flags
    cdef KeptEntry* entry
    kept.count = 0
    while kept.count < KEPT:
        entry = &kept.entries[kept.count]
        code = c.ERR_get_error_all(&entry.file, &entry.line, &entry.function, &data, &flags)
        if code == 0:
            return
        entry.library = c.ERR_GET_LIB(code)
        entry.reason = c.ERR_GET_REASON(code)
        memset(entry.data, 0, sizeof(entry.data))
        if data != NULL and flags & c.ERR_TXT_STRING:
            strncpy(entry.data, data, sizeof(entry.data) - 1)
        kept.count += 1


cdef void queue_back(KeptQueue* kept) noexcept nogil:
    cdef int index
    cdef KeptEntry* entry
    clear()
    for index in range(kept.count):
        entry = &kept.entries[index]
        c.ERR_new()
        c.ERR_set_debug(entry.file, entry.line, entry.function)
        if entry.data[0] != 0:
            c.ERR_set_error(entry.library, entry.reason, b"%s", <char*>entry.data)
        else:
            c.ERR_set_error(entry.library, entry.reason, NULL)
