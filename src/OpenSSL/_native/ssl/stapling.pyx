"""OCSP responses stapled to handshakes, on both sides."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.common.hooks cimport (
    ON_OCSP_CLIENT, ON_OCSP_SERVER, Carrier, Hooks, Scope, enter_hook, leave_hook, settled,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of, truth
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

from OpenSSL._exceptions import OCSPError

cdef extern from "compat.h" nogil:
    int TLSEXT_STATUSTYPE_ocsp
    long SSL_CTX_set_tlsext_status_cb(s.SSL_CTX* context, s.status_hook callback)
    int SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE
    long SSL_set_tlsext_status_ocsp_resp(s.SSL* ssl, unsigned char* data, long size)
    long SSL_get_tlsext_status_ocsp_resp(s.SSL* ssl, const unsigned char** data)

cdef enum:
    LONGEST = 0xffffff      # three bytes of length on the wire


# ---- the C callback: one serves both roles

cdef int check_staple(s.SSL* ssl, Carrier carrier) except -1:
    cdef const unsigned char* data = NULL
    cdef long size = SSL_get_tlsext_status_ocsp_resp(ssl, &data)
    if size < 0 or data == NULL:
        staple = b""
    else:
        staple = PyBytes_FromStringAndSize(<const char*>data, size)
    callback, data_of_program = carrier.hooks.get(ON_OCSP_CLIENT)
    return truth(callback(carrier, staple, data_of_program), "an OCSP client callback")


cdef int give_staple(s.SSL* ssl, Carrier carrier) except -1:
    cdef unsigned char* copy
    cdef const unsigned char* held = NULL
    cdef Py_ssize_t size
    callback, data = carrier.hooks.get(ON_OCSP_SERVER)
    staple = settled(callback(carrier, data), "an OCSP callback")
    if not isinstance(staple, bytes):
        raise TypeError(
            f"OCSP callback must return a bytestring, not {type(staple).__name__}"
        )
    size = PyBytes_GET_SIZE(staple)
    if size == 0:
        return s.SSL_TLSEXT_ERR_NOACK
    if size > LONGEST:
        raise ValueError(f"an OCSP response of {size} bytes does not fit into a handshake")
    copy = <unsigned char*>c.OPENSSL_malloc(size)
    if copy == NULL:
        raise MemoryError()
    memcpy(copy, PyBytes_AS_STRING(staple), size)
    # The SSL owns the copy from here on, unless it says otherwise.
    if not SSL_set_tlsext_status_ocsp_resp(ssl, copy, size):
        c.OPENSSL_free(copy)
        raise MemoryError("SSL_set_tlsext_status_ocsp_resp failed")
    # From 3.6 on OpenSSL reads the response, and staples nothing where it cannot.
    if SSL_get_tlsext_status_ocsp_resp(ssl, &held) <= 0 or held == NULL:
        raise ValueError("an OCSP callback returned what is not an OCSP response")
    return s.SSL_TLSEXT_ERR_OK


cdef int on_status(s.SSL* ssl, void* unused) noexcept with gil:
    cdef Scope scope
    cdef bint serving = s.SSL_is_server(ssl)
    # The two roles count differently: a client's "no" is 0, its error below.
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL if serving else -1
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    if serving and not carrier.hooks.has(ON_OCSP_SERVER):
        return s.SSL_TLSEXT_ERR_NOACK
    if not serving and not carrier.hooks.has(ON_OCSP_CLIENT):
        return 1
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = give_staple(ssl, carrier) if serving else check_staple(ssl, carrier)
    except BaseException as error:
        carrier.keep(error)
        answer = s.SSL_TLSEXT_ERR_ALERT_FATAL if serving else -1
        if not serving and isinstance(error, OCSPError):
            answer = 0      # that is a verdict: the peer is told of the response
    leave_hook(&scope, carrier)
    return answer


# ---- setting them

cdef int install(Context context, Hooks hooks) except -1:
    """One C callback serves both roles, and stays: connections made before may have hooks."""
    errors.clear()
    if SSL_CTX_set_tlsext_status_cb(context.handle, on_status) != 1:
        errors.fail_ssl("SSL_CTX_set_tlsext_status_cb failed")
    context.hooks = hooks
    return 0


def set_ocsp_client_callback(
    Context context not None, callback: Callable[..., Any] | None, data,
) -> None:
    context.change()
    try:
        install(context, context.hooks.changed(
            ON_OCSP_CLIENT, None if callback is None else (callback, data)))
    finally:
        context.leave()


def set_ocsp_server_callback(
    Context context not None, callback: Callable[..., Any] | None, data,
) -> None:
    context.change()
    try:
        install(context, context.hooks.changed(
            ON_OCSP_SERVER, None if callback is None else (callback, data)))
    finally:
        context.leave()


def request_ocsp(target not None) -> None:
    """Let a connection, or all that a Context makes from now on, ask for a response."""
    targets.change(target)
    try:
        targets.require(
            target, SSL_CTRL_SET_TLSEXT_STATUS_REQ_TYPE, TLSEXT_STATUSTYPE_ocsp, NULL,
            "OCSP stapling cannot be requested")
    finally:
        targets.leave(target)


def get_tlsext_status_ocsp_resp(Connection connection not None) -> bytes | None:
    cdef const unsigned char* data = NULL
    cdef long size
    connection.enter()
    try:
        size = SSL_get_tlsext_status_ocsp_resp(connection.handle, &data)
        if size < 0 or data == NULL:
            return None
        return PyBytes_FromStringAndSize(<const char*>data, size)
    finally:
        connection.leave()
