"""Extensions of the program's own: what it adds to messages, and reads in the peer's.

Theory.  libssl asks for each message that an extension was announced for (custom_ext_add, 3.0
to 4.0).  It keeps no Python objects: the hooks stand in the connection's set, by the extension's
number.  Bytes that are added are copied, and freed when libssl says so.  Certificates are not
sent when a session is resumed, and neither are their extensions; so where those are looked at, no
session stands for what was seen (``settle``).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_CERTIFICATE_EXTENSION, ON_EXTENSION, Carrier, Hooks, Scope, enter_hook, leave_hook, settled,
)
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.ssl.callbacks cimport carrier_of, truth
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.hello cimport choose_alert

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    unsigned int SSL_EXT_TLS1_3_CERTIFICATE
    int SSL_CTX_add_custom_ext(s.SSL_CTX* context, unsigned int number, unsigned int places,
        s.extension_add_hook add, s.extension_free_hook free, void* add_data,
        s.extension_parse_hook parse, void* parse_data)
    int SSL_extension_supported(unsigned int number)

cdef enum:
    LONGEST = 0xffff    # two bytes of length

cdef tuple NOBODY = (None, None)


cdef tuple announced(Hooks hooks, unsigned int number):
    """Who makes and who reads an extension; nobody for one that this Context does not have."""
    cdef dict extensions = hooks.get(ON_EXTENSION)
    return NOBODY if extensions is None else extensions.get(number, NOBODY)


cdef object shown(c.X509* certificate):
    if certificate == NULL:
        return None
    if not c.X509_up_ref(certificate):
        raise MemoryError("X509_up_ref failed")
    return wrap_certificate(certificate)


# ---- what is sent

cdef int make(
    Carrier carrier, unsigned int number, unsigned int place, const unsigned char** out,
    size_t* size, c.X509* certificate,
) except -1:
    """Have the hook make the body; 0 where the extension is not sent."""
    cdef unsigned char* copy
    hooks = announced(carrier.hooks, number)
    if hooks[0] is None:
        return 0
    body = settled(
        hooks[0](carrier, place, shown(certificate)), "an extension's add callback")
    if body is None:
        return 0
    if not isinstance(body, bytes):
        raise TypeError(
            f"an extension's add callback must return bytes or None, not {type(body).__name__}")
    if PyBytes_GET_SIZE(body) > LONGEST:
        raise ValueError(f"an extension has at most {LONGEST} bytes, not {len(body)}")
    # Never NULL: one byte more, which is not sent.
    copy = <unsigned char*>c.OPENSSL_malloc(PyBytes_GET_SIZE(body) + 1)
    if copy == NULL:
        raise MemoryError()
    memcpy(copy, PyBytes_AS_STRING(body), PyBytes_GET_SIZE(body))
    out[0] = copy
    size[0] = PyBytes_GET_SIZE(body)
    return 1


cdef int on_extension_add(
    s.SSL* ssl, unsigned int number, unsigned int place, const unsigned char** out,
    size_t* size, c.X509* certificate, size_t index, int* alert, void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = -1
    cdef Carrier carrier = carrier_of(ssl)
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if carrier is None:
        return answer
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = make(carrier, number, place, out, size, certificate)
    except BaseException as error:
        carrier.keep(error)
        choose_alert(error, alert)
        answer = -1
    leave_hook(&scope, carrier)
    return answer


cdef void on_extension_free(
    s.SSL* ssl, unsigned int number, unsigned int place, const unsigned char* body, void* unused,
) noexcept nogil:
    c.OPENSSL_free(<void*>body)


# ---- what has come

cdef int read(
    Carrier carrier, unsigned int number, unsigned int place, const unsigned char* body,
    size_t size, c.X509* certificate, int* alert,
) except -1:
    hooks = announced(carrier.hooks, number)
    if hooks[1] is None:
        return 1
    answer = hooks[1](
        carrier, place, PyBytes_FromStringAndSize(<const char*>body, size), shown(certificate))
    if answer is None or truth(answer, "an extension's parse callback"):
        return 1
    refusal = Error([("SSL routines", "", f"the peer's extension {number} was refused")])
    refusal.alert = s.SSL_AD_HANDSHAKE_FAILURE
    refusal.alert_sent = True
    raise refusal


cdef int on_extension_parse(
    s.SSL* ssl, unsigned int number, unsigned int place, const unsigned char* body,
    size_t size, c.X509* certificate, size_t index, int* alert, void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Carrier carrier = carrier_of(ssl)
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if carrier is None:
        return answer
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = read(carrier, number, place, body, size, certificate, alert)
    except BaseException as error:
        carrier.keep(error)
        choose_alert(error, alert)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


# ---- announcing it

def is_supported(unsigned int number) -> bool:
    """Whether libssl itself speaks of this extension."""
    return SSL_extension_supported(number) == 1


def add(
    Context context not None,
    unsigned int number,
    unsigned int places,
    make: Callable[..., Any] | None,
    read: Callable[..., Any] | None,
) -> None:
    """Announce an extension, once; ``make`` and ``read`` may be None."""
    cdef Hooks hooks
    cdef dict extensions
    context.change()
    try:
        hooks = context.hooks.copy()
        extensions = dict(hooks.get(ON_EXTENSION) or ())
        extensions[number] = (make, read)
        hooks.put(ON_EXTENSION, extensions)
        if places & SSL_EXT_TLS1_3_CERTIFICATE and read is not None:
            hooks.put(ON_CERTIFICATE_EXTENSION, read)
        errors.clear()
        if SSL_CTX_add_custom_ext(
                context.handle, number, places, on_extension_add, on_extension_free, NULL,
                on_extension_parse, NULL) != 1:
            errors.fail_ssl(f"extension {number} cannot be added: it was before, or these are "
                            "not places for it")
        context.hooks = hooks
    finally:
        context.leave()
