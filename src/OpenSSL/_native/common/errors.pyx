"""The one raiser: turns what OpenSSL returns into statuses and exceptions.

Theory.  OpenSSL reports through a return value, a per-thread queue and errno.
A caller clears the queue *before* its call (``clear``), takes the verdict
before the interpreter can switch threads (``judge``), raises an exception a
hook has kept, and only then asks ``fail`` to raise what the verdict says.
Want-states are statuses until a public method makes them exceptions.
``ERR_*`` and ``SSL_get_error`` stand in no other file.
"""

import errno as _errno
import os as _os

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, strlen

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._exceptions import (
    CryptoError,
    Error,
    SysCallError,
    WantReadError,
    WantWriteError,
    WantX509LookupError,
    ZeroReturnError,
)

cdef extern from "compat.h" nogil:
    int SSL_ERROR_NONE
    int SSL_ERROR_SSL
    int SSL_ERROR_WANT_READ
    int SSL_ERROR_WANT_WRITE
    int SSL_ERROR_SYSCALL
    int SSL_ERROR_ZERO_RETURN
    int SSL_R_UNEXPECTED_EOF_WHILE_READING
    int SSL_R_CONNECTION_TYPE_NOT_SET
    int SSL_R_CERTIFICATE_VERIFY_FAILED
    int SSL_AD_REASON_OFFSET
    int SSL_get_error(const s.SSL* ssl, int result)
    int ERR_LIB_CRYPTO
    int ERR_LIB_SYS
    int ERR_LIB_PEM
    int ERR_LIB_SSL
    int ERR_TXT_STRING
    unsigned long ERR_peek_error()
    unsigned long ERR_peek_last_error()
    unsigned long ERR_get_error_all(const char** file, int* line, const char** func,
        const char** data, int* flags)
    void ERR_add_error_data(int num, ...)
    void ERR_clear_error()
    const char* ERR_lib_error_string(unsigned long code)
    const char* ERR_reason_error_string(unsigned long code)
    int ERR_GET_LIB(unsigned long code)
    int ERR_GET_REASON(unsigned long code)
    void ERR_new()
    void ERR_set_debug(const char* file, int line, const char* func)
    void ERR_set_error(int lib, int reason, const char* fmt, ...)
    int PEM_R_NO_START_LINE


cdef extern from "openssl/err.h":
    int ERR_R_MALLOC_FAILURE


# ---- before and right after a call: no interpreter needed

cdef void clear() noexcept nogil:
    # Looking costs a tenth of clearing, and the queue is nearly always empty.
    if ERR_peek_error() != 0:
        ERR_clear_error()


cdef bint pending() noexcept nogil:
    """Whether OpenSSL has complained since the last ``clear``."""
    return ERR_peek_error() != 0


cdef bint take_no_start_line() noexcept nogil:
    """Whether the last failure was only the end of a PEM file; then it is forgotten."""
    cdef unsigned long last = ERR_peek_last_error()
    if ERR_GET_LIB(last) != ERR_LIB_PEM or ERR_GET_REASON(last) != PEM_R_NO_START_LINE:
        return False
    ERR_clear_error()
    return True


cdef bint role_missing() noexcept nogil:
    """Whether the last failure was only that nobody said who is the client."""
    cdef unsigned long last = ERR_peek_last_error()
    return (ERR_GET_LIB(last) == ERR_LIB_SSL
            and ERR_GET_REASON(last) == SSL_R_CONNECTION_TYPE_NOT_SET)


cdef Verdict judge(const s.SSL* ssl, int result, int number) noexcept nogil:
    """What became of an SSL call; ``number`` is the transport's errno, or 0."""
    cdef Verdict verdict
    cdef int error
    cdef unsigned long last
    verdict.number = 0
    if result > 0:
        verdict.status = DONE
        return verdict
    error = SSL_get_error(ssl, result)
    if error == SSL_ERROR_NONE:
        verdict.status = DONE
    elif error == SSL_ERROR_WANT_READ:
        verdict.status = WANT_READ
    elif error == SSL_ERROR_WANT_WRITE:
        verdict.status = WANT_WRITE
    elif error == SSL_ERROR_ZERO_RETURN:
        verdict.status = CLOSED
    elif error == SSL_ERROR_SYSCALL:
        if ERR_peek_error() != 0:
            verdict.status = FAILED
        elif number != 0:
            verdict.status = SYSTEM
            verdict.number = number
        else:
            verdict.status = TRUNCATED
    elif error == SSL_ERROR_SSL:
        last = ERR_peek_last_error()
        if (ERR_GET_LIB(last) == ERR_LIB_SSL
                and ERR_GET_REASON(last) == SSL_R_UNEXPECTED_EOF_WHILE_READING):
            ERR_clear_error()
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


cdef int alert_of(int reason) noexcept nogil:
    """The number of the peer's alert that a reason of libssl stands for, or -1."""
    # Reasons that all libraries share are greater still: they have bits of their own.
    cdef int number = reason - SSL_AD_REASON_OFFSET
    return number if 0 <= number <= 255 else -1


cdef object shown(object data):
    """What OpenSSL says about an error, without what it repeats of keys and PINs.

    It repeats the name of a file that cannot be opened, and people give the content of a file
    where its name is asked for.
    """
    begin = data.find("-----BEGIN ")
    if begin >= 0:
        data = f"{data[:begin]}(the content of a PEM file)"
    place = data.find("pin-value=")
    if place >= 0:
        data = f"{data[:place]}pin-value=..."
    return data


cdef object detail(const KeptEntry* entry):
    cdef int library = ERR_GET_LIB(entry.code)
    cdef int number = ERR_GET_REASON(entry.code)
    # Slow to load, and not before there is an error.
    from OpenSSL._details import ErrorDetail

    reason = text(ERR_reason_error_string(entry.code))
    if library == ERR_LIB_SYS and not reason:
        reason = _os.strerror(number)
    elif library == ERR_LIB_SSL and not reason and alert_of(number) >= 0:
        reason = f"alert number {alert_of(number)}"
    return ErrorDetail(
        entry.code,
        text(ERR_lib_error_string(entry.code)),
        text(entry.function),
        reason,
        library,
        number,
        shown(text(entry.data)),
    )


cdef list take_queue():
    """Empty the queue into a list of ErrorDetail, oldest first."""
    cdef KeptQueue kept
    cdef KeptEntry* entry
    cdef list details = []
    # All of it first: making the list may run a finaliser that uses OpenSSL.
    queue_aside(&kept)
    try:
        entry = kept.first
        while entry != NULL:
            details.append(detail(entry))
            entry = entry.next
        if kept.cut:
            raise MemoryError()
        return details
    finally:
        forget(&kept)


cdef object drain(object error_class, str otherwise):
    """Make an ``error_class`` of the queue, or of ``otherwise`` when it is empty."""
    cdef list details
    cdef list triples = []
    try:
        details = take_queue()
    except ImportError:
        details = []    # the interpreter ends, and nothing was an error before
    # The triples are what programs compare: OpenSSL 3 gives no function names
    # there and no reason for a system error, so neither do we.
    for d in details:
        triples.append((d.library, "", "" if d.library_code == ERR_LIB_SYS else d.reason))
    if not triples:
        triples.append(("SSL routines" if error_class is Error else "", "", otherwise))
    error = error_class(triples)
    error.errors = tuple(details)
    for d in details:
        if d.data or d.library_code == ERR_LIB_SYS:
            explain(error, f"{d.reason}: {d.data}" if d.data else d.reason)
    return error


cdef int explain(object error, str words) except -1:
    """Show words below the exception, once, that its arguments, which programs compare, lack."""
    if words not in getattr(error, "__notes__", ()):
        error.add_note(words)
    return 0


cdef object advised(object error):
    """The same error, with what may be done about it where that is known."""
    try:
        # Slow to load, and not before there is an error.
        from OpenSSL._advice import advice

        for words in advice(error):
            explain(error, words)
    except Exception:
        pass    # without memory, or where the interpreter ends, the error comes without it
    return error


def from_queue(error_class not None: type[_Error]) -> _Error:
    """Make an ``error_class`` of what stands in this thread's queue, and empty it."""
    return advised(drain(error_class, "unknown error"))


def memory_ended() -> bool:
    """Whether the oldest or the newest entry of this thread's queue tells of no memory."""
    return (ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE
            or ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)


cdef int fail_ssl(str otherwise) except -1:
    raise advised(drain(Error, otherwise))


cdef int fail_crypto(str otherwise) except -1:
    raise advised(drain(CryptoError, otherwise))


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
        error = SysCallError(-1, "Unexpected EOF")
        explain(error, "the transport ended, and the peer had not sent close_notify")
        raise error
    if verdict.status == SYSTEM:
        words = _os.strerror(verdict.number)
        error = SysCallError(verdict.number, _errno.errorcode.get(verdict.number) or words)
        explain(error, words)
        raise error
    error = drain(Error, "the connection has failed before")
    for detail in error.errors:
        if detail.library_code != ERR_LIB_SSL:
            continue
        if detail.reason_code == SSL_R_CERTIFICATE_VERIFY_FAILED and ssl != NULL:
            code = s.SSL_get_verify_result(ssl)
            error.verify_code = code
            error.verify_message = text(c.X509_verify_cert_error_string(code))
            explain(error, f"{error.verify_message} (verify code {code})")
        elif alert_of(detail.reason_code) >= 0:
            error.alert = alert_of(detail.reason_code)
    raise advised(error)


# ---- around a hook: what it does to the queue must not reach the C caller

# libcrypto frees the words of an entry when its place in the queue is cleared or used again
# (ERR_clear_error and ERR_new, 3.0 to 4.0).

cdef char* keep_words(char** room, const char* words) noexcept nogil:
    cdef char* kept = room[0]
    cdef size_t size
    if words == NULL:
        return NULL
    size = strlen(words) + 1
    memcpy(kept, words, size)
    room[0] = kept + size
    return kept


cdef size_t size_of(const char* words) noexcept nogil:
    return 0 if words == NULL else strlen(words) + 1


cdef KeptEntry* take_entry() noexcept nogil:
    """The oldest entry of the queue; NULL when there is none, or no memory to keep it."""
    cdef const char* file
    cdef const char* function
    cdef const char* data
    cdef char* room
    cdef int line, flags
    cdef unsigned long code = ERR_get_error_all(&file, &line, &function, &data, &flags)
    cdef KeptEntry* entry
    if code == 0:
        return NULL
    if not flags & ERR_TXT_STRING:
        data = NULL
    entry = <KeptEntry*>malloc(
        sizeof(KeptEntry) + size_of(file) + size_of(function) + size_of(data))
    if entry == NULL:
        return NULL
    room = <char*>(entry + 1)
    entry.next = NULL
    entry.code = code
    entry.line = line
    entry.file = keep_words(&room, file)
    entry.function = keep_words(&room, function)
    entry.data = keep_words(&room, data)
    return entry


cdef void queue_aside(KeptQueue* kept) noexcept nogil:
    cdef KeptEntry** place = &kept.first
    kept.first = NULL
    kept.cut = False
    while ERR_peek_error() != 0:
        place[0] = take_entry()
        if place[0] == NULL:
            kept.cut = True
            ERR_clear_error()
            return
        place = &place[0].next


cdef void queue_back(KeptQueue* kept) noexcept nogil:
    cdef KeptEntry* entry = kept.first
    clear()
    while entry != NULL:
        ERR_new()
        ERR_set_debug(entry.file, entry.line, entry.function)
        ERR_set_error(ERR_GET_LIB(entry.code), ERR_GET_REASON(entry.code), NULL)
        if entry.data != NULL:
            # ERR_set_error would cut it at a kilobyte (ERR_vset_error, 3.0 to 4.0).
            ERR_add_error_data(1, entry.data)
        entry = entry.next
    if kept.cut:
        ERR_new()
        ERR_set_error(ERR_LIB_CRYPTO, ERR_R_MALLOC_FAILURE, NULL)
    forget(kept)


cdef void forget(KeptQueue* kept) noexcept nogil:
    cdef KeptEntry* entry
    while kept.first != NULL:
        entry = kept.first
        kept.first = entry.next
        free(entry)
