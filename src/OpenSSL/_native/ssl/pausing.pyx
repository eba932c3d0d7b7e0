"""C callbacks of hooks that may answer "not yet": WantX509LookupError, and they are asked again.

Theory.  libssl stops where such a callback says so, and goes on in the next call that drives
the handshake (SSL_set_cert_cb(3)), which asks the callback again from the beginning.  The
exception is the hook's way to say it; nothing is kept, and the call raises the same exception
because libssl wants it.

A server asks for its certificate after it has looked for a session, and not at all where it
has resumed one.  So the answer may be a certificate and not whom to believe: nobody would
ask for that when the session is resumed.  The rules are compared with the stamp, which is as
old as the hello, so what happens while the hook takes its time counts as well.
"""

cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_CERTIFICATE, Carrier, Scope, enter_hook, leave_hook, settled,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.stamps cimport channel_of, unchanged

from OpenSSL._exceptions import Error, WantX509LookupError

cdef enum:
    NOT_YET = -1
    NO = 0
    YES = 1


cdef int ask(Carrier carrier, object hook) except NO:
    try:
        settled(hook(carrier), "a certificate callback")
    except WantX509LookupError:
        return NOT_YET
    return YES


cdef int refuse_rules() except -1:
    raise Error([(
        "SSL routines", "",
        "the rules of verification changed while a certificate was chosen: sessions are resumed "
        "without that, so choose rules in a server name callback")])


cdef void keep_refusal(Carrier carrier) noexcept:
    """Keep the reason; like a hook, for it may run a finaliser."""
    cdef Scope scope
    if enter_hook(&scope, carrier):
        try:
            refuse_rules()
        except BaseException as error:
            carrier.keep(error)
        leave_hook(&scope, carrier)


cdef int on_certificate(s.SSL* ssl, void* unused) noexcept with gil:
    cdef Scope scope
    cdef bint compared
    cdef int answer = NO
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or channel == NULL or channel.poisoned:
        return NO       # another hook has failed, and only the end is to come
    hook = carrier.hooks.get(ON_CERTIFICATE)
    if hook is None:
        return YES
    # Where rules cannot be compared no session is resumed.
    compared = s.SSL_is_server(ssl) and channel.stamped
    if not enter_hook(&scope, carrier):
        return NO
    try:
        answer = ask(carrier, hook)
    except BaseException as error:
        carrier.keep(error)
        answer = NO
    leave_hook(&scope, carrier)
    if answer != NO and compared and not unchanged(ssl, channel):
        keep_refusal(carrier)
        answer = NO
    return answer
