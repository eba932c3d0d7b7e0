"""Permitting: what the security level allows may still be refused by the program.

Theory.  libssl asks about every version, suite, group, signature algorithm and key
(SSL_set_security_callback(3)), often in the middle of a walk over a list of its own.  The level
is asked first, by libssl's own function, so a callback can only refuse.  While it runs, the
Contexts stay announced as being looked at, and it may neither ask nor change anything of its
connection and of these (``walking.h``): other threads' changes wait until it has answered.

Some lists libssl walks down twice: it counts first, and then fills what it has made of that size
(``tls1_set_shared_sigalgs``, 3.0 to 4.0).  Who answered otherwise the second time would have it
write behind the end.  So what is said of an algorithm is kept until the next handshake, and said
again.

It is asked only where somebody can raise what it raises, in a call that may shake hands: what is
loaded at other times is looked at again there.  What it decides cannot be compared, so no session
stands for it (``comparable`` in ``stamps``).
"""

from cpython.bytes cimport PyBytes_FromStringAndSize

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_SECURITY, Carrier, Hooks, Scope, enter_hook, leave_hook, running,
)
from OpenSSL._native.common.lock cimport brisk_pointer, brisk_publish
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.crypto.keys cimport wrap_key
from OpenSSL._native.ssl.callbacks cimport carrier_of, truth
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.locking cimport Entrance, brisk_walk
from OpenSSL._native.ssl.stamps cimport ASKED_SECURITY, channel_of

cdef extern from "compat.h" nogil:
    s.security_hook SSL_CTX_get_security_callback(const s.SSL_CTX* context)
    void SSL_set_security_callback(s.SSL* ssl, s.security_hook callback)
    void SSL_CTX_set_security_callback(s.SSL_CTX* context, s.security_hook callback)
    s.security_hook SSL_get_security_callback(const s.SSL* ssl)
    int SSL_SECOP_VERSION
    int SSL_SECOP_OTHER_TYPE
    int SSL_SECOP_OTHER_CIPHER
    int SSL_SECOP_OTHER_CURVE
    int SSL_SECOP_OTHER_PKEY
    int SSL_SECOP_OTHER_SIGALG
    int SSL_SECOP_OTHER_CERT


# Libssl's own function, which knows nothing but the level.
cdef s.security_hook LEVEL = NULL


cdef void note_level(s.security_hook found) noexcept:
    # Once for all: others are reading it.
    if found != on_permission and brisk_pointer(<void**>&LEVEL) == NULL:
        brisk_publish(<void**>&LEVEL, <void*>found)


cdef void watch_context(s.SSL_CTX* context) noexcept:
    note_level(SSL_CTX_get_security_callback(context))
    SSL_CTX_set_security_callback(context, on_permission)


cdef void watch_security(s.SSL* ssl, Hooks hooks) noexcept:
    if hooks.has(ON_SECURITY):
        note_level(SSL_get_security_callback(ssl))
        SSL_set_security_callback(ssl, on_permission)


cdef int on_permission(
    const s.SSL* ssl, const s.SSL_CTX* context, int operation, int bits, int nid, void* other,
    void* unused,
) noexcept nogil:
    cdef Channel* channel
    cdef s.security_hook level = <s.security_hook>brisk_pointer(<void**>&LEVEL)
    if not level(ssl, context, operation, bits, nid, other, unused):
        return 0
    channel = NULL if ssl == NULL else channel_of(ssl)
    if channel == NULL or not channel.hooked & ASKED_SECURITY:
        return 1
    # Before a handshake libssl asks about the newest version that it has, whatever is going to be
    # spoken, and a "no" would be the end of it (state_machine in ssl/statem/statem.c, 3.0 to 4.0).
    # It asks again about those that it chooses from.
    if operation == SSL_SECOP_VERSION and s.SSL_in_before(ssl):
        return 1
    return on_question(ssl, operation, bits, nid, other)


cdef object subject(int operation, void* other):
    """What libssl asks about, as far as a number does not say it."""
    cdef int kind = operation & SSL_SECOP_OTHER_TYPE
    if other == NULL:
        return None
    if kind == SSL_SECOP_OTHER_CIPHER:
        return (<bytes>s.SSL_CIPHER_get_name(<const s.SSL_CIPHER*>other)).decode()
    if kind == SSL_SECOP_OTHER_CURVE or kind == SSL_SECOP_OTHER_SIGALG:
        return PyBytes_FromStringAndSize(<const char*>other, 2)     # as in the messages
    if kind == SSL_SECOP_OTHER_CERT:
        if not c.X509_up_ref(<c.X509*>other):
            raise MemoryError("X509_up_ref failed")
        return wrap_certificate(<c.X509*>other)
    if kind == SSL_SECOP_OTHER_PKEY:
        if not c.EVP_PKEY_up_ref(<c.EVP_PKEY*>other):
            raise MemoryError("EVP_PKEY_up_ref failed")
        return wrap_key(<c.EVP_PKEY*>other)
    return None


cdef int ask(
    Carrier carrier, Channel* channel, int operation, int bits, int nid, void* other,
) except -1:
    cdef object answer
    cdef object about = subject(operation, other)
    cdef tuple asked = (operation, bits, nid, about)
    cdef bint lasts = about is None or type(about) is str or type(about) is bytes
    if channel.unasked:
        channel.unasked = False
        carrier.permitted = None
    if lasts and carrier.permitted is not None and asked in carrier.permitted:
        return carrier.permitted[asked]
    answer = truth(carrier.hooks.get(ON_SECURITY)(carrier, *asked), "a security callback")
    if lasts:
        if carrier.permitted is None:
            carrier.permitted = {}
        carrier.permitted[asked] = answer
    return answer


cdef int on_question(
    const s.SSL* ssl, int operation, int bits, int nid, void* other,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef brisk_walk* walk
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or carrier.failure is not None:
        return 0        # only the end is to come
    if running() is not carrier:
        return 1        # nobody could raise what it raises; it is asked in the handshake
    walk = (<Entrance>carrier).walk()
    if not enter_hook(&scope, carrier):
        (<Entrance>carrier).stop_walk(walk)
        return 0
    try:
        if walk == NULL:
            raise MemoryError("a security callback could not be run")
        answer = ask(carrier, channel_of(ssl), operation, bits, nid, other)
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
        answer = 0
    leave_hook(&scope, carrier)
    (<Entrance>carrier).stop_walk(walk)
    return answer
