"""What stands in a session, and what a program may keep in it.

Theory.  A Session's handle is its own, and nothing in it changes but its times and what the
program keeps for tickets.  OpenSSL has no lock for that (SSL_SESSION_set1_ticket_appdata, 3.0 to
4.0), so setting it, reading it and copying the whole take turns (``critical_section``).  Our own
note stands before it (``stamps``).
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.limits cimport LONG_MAX

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.ssl.notes cimport put_behind_note, size_of_note
from OpenSSL._native.ssl.session_fields cimport MOST_APPDATA
from OpenSSL._native.ssl.sessions cimport Session, held

cdef extern from "compat.h" nogil:
    void SSL_SESSION_get0_alpn_selected(const s.SSL_SESSION* session, const unsigned char** data,
        size_t* size)
    int brisk_session_set_time(s.SSL_SESSION* session, long long seconds)
    void SSL_SESSION_get0_ticket(const s.SSL_SESSION* session, const unsigned char** data,
        size_t* size)

cdef enum:
    MOST_SECRET = 256   # bytes; libssl's own bound


def get_cipher_name(Session session not None) -> str | None:
    cdef const s.SSL_CIPHER* cipher = s.SSL_SESSION_get0_cipher(held(session))
    cdef const char* name = NULL if cipher == NULL else s.SSL_CIPHER_get_name(cipher)
    return None if name == NULL else (<bytes>name).decode("ascii")


def get_peer_certificate(Session session not None) -> X509 | None:
    cdef c.X509* certificate = s.SSL_SESSION_get0_peer(held(session))
    if certificate == NULL:
        return None
    errors.clear()
    if c.X509_up_ref(certificate) != 1:
        errors.fail_ssl("the peer's certificate cannot be shared")
    return wrap_certificate(certificate)


def get_hostname(Session session not None) -> bytes | None:
    cdef const char* name = s.SSL_SESSION_get0_hostname(held(session))
    return None if name == NULL else <bytes>name


def get_alpn_selected(Session session not None) -> bytes:
    cdef const unsigned char* data = NULL
    cdef size_t size = 0
    SSL_SESSION_get0_alpn_selected(held(session), &data, &size)
    return PyBytes_FromStringAndSize(<const char*>data, <Py_ssize_t>size)


def get_id_context(Session session not None) -> bytes:
    cdef unsigned int size = 0
    cdef const unsigned char* data = s.SSL_SESSION_get0_id_context(held(session), &size)
    return PyBytes_FromStringAndSize(<const char*>data, size)


def get_ticket(Session session not None) -> bytes:
    cdef const unsigned char* data = NULL
    cdef size_t size = 0
    SSL_SESSION_get0_ticket(held(session), &data, &size)
    return PyBytes_FromStringAndSize(<const char*>data, <Py_ssize_t>size)


def get_master_key(Session session not None) -> bytes:
    cdef unsigned char[MOST_SECRET] secret
    cdef size_t size = s.SSL_SESSION_get_master_key(held(session), secret, MOST_SECRET)
    try:
        return PyBytes_FromStringAndSize(<const char*>secret, <Py_ssize_t>size)
    finally:
        c.OPENSSL_cleanse(secret, MOST_SECRET)


def get_max_early_data(Session session not None) -> int:
    return s.SSL_SESSION_get_max_early_data(held(session))


def get_max_fragment_length(Session session not None) -> int:
    """In bytes; 0 where none was agreed on."""
    cdef int code = s.SSL_SESSION_get_max_fragment_length(held(session))
    return 0 if code == 0 else 256 << code


@cython.critical_section
def set_time(Session session not None, long long seconds) -> None:
    cdef s.SSL_SESSION* handle = held(session)
    if seconds < 0 or seconds > LONG_MAX:
        raise ValueError("the time must be in seconds since 1970")
    errors.clear()
    if brisk_session_set_time(handle, seconds) != 1:
        errors.fail_ssl("the time was refused")


@cython.critical_section
def set_timeout(Session session not None, long seconds) -> None:
    cdef s.SSL_SESSION* handle = held(session)
    if seconds < 0:
        raise ValueError("timeout must not be negative")
    errors.clear()
    if s.SSL_SESSION_set_timeout(handle, seconds) != 1:
        errors.fail_ssl("the timeout was refused")


@cython.critical_section
def get_ticket_appdata(Session session not None) -> bytes:
    cdef void* data = NULL
    cdef size_t size = 0
    cdef size_t ours
    errors.clear()
    if s.SSL_SESSION_get0_ticket_appdata(held(session), &data, &size) != 1:
        errors.fail_ssl("what the session keeps cannot be read")
    ours = size_of_note(data, size)
    return PyBytes_FromStringAndSize(<const char*>data + ours, <Py_ssize_t>(size - ours))


@cython.critical_section
def set_ticket_appdata(Session session not None, bytes data not None) -> None:
    cdef s.SSL_SESSION* handle = held(session)
    if PyBytes_GET_SIZE(data) > MOST_APPDATA:
        raise ValueError(f"a ticket takes {MOST_APPDATA} bytes of a program, not {len(data)}")
    errors.clear()
    if not put_behind_note(handle, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data)):
        errors.fail_ssl("there is no memory for what the session is to keep")
