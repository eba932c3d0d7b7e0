"""Hello: a client has said what it wants, and the program chooses before libssl does.

Theory.  libssl looks a session up before it asks its own callbacks for server names and
protocols, and chooses the version before that (tls_early_post_process_client_hello, 3.0 to 4.0).
A Context chosen there would come too late: what was resumed cannot be undone.  So both hooks are
run here, by libssl's callback for client hellos, which comes before everything else; then the
connection is stamped (``stamps``), and libssl goes on by the rules of the Context that was
chosen.  Its own callbacks, later, are given the answers.  What is read from the hello here is
read again by libssl, which ends the handshake where it is malformed; so here that only means that
no hook is run.  In a renegotiation libssl does not read all of it, and what is malformed is
refused here.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy, strlen

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    CHOSEN, ON_ALPN_SELECT, ON_CLIENT_HELLO, ON_OWN_HELLO, ON_SERVERNAME, Carrier, Hook, Scope,
    enter_hook, leave_hook, settled,
)
from OpenSSL._native.common.rules cimport digest_two
from OpenSSL._native.ssl.callbacks cimport carrier_of, truth
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.foreign_sessions cimport read_name
from OpenSSL._native.ssl.hello_bytes cimport message_of, read_protocols, split_protocols
from OpenSSL._native.ssl.stamps cimport (
    ASKED_HELLO, ASKED_NAME, ASKED_PROTOCOL, ELSEWHERE, UNDECIDED, channel_of, stamp,
)
from OpenSSL._native.ssl.version_rules cimport refuse_version, version_fits

from OpenSSL._exceptions import Error, WantX509LookupError
from OpenSSL._sentinels import NO_OVERLAPPING_PROTOCOLS

cdef extern from "compat.h" nogil:
    int SSL_AD_PROTOCOL_VERSION
    int SSL_AD_DECODE_ERROR
    int SSL_AD_NO_APPLICATION_PROTOCOL
    int NID_kx_any
    int NID_kx_rsa
    int NID_kx_rsa_psk
    int SSL_CLIENT_HELLO_SUCCESS
    int SSL_CLIENT_HELLO_ERROR
    int SSL_CLIENT_HELLO_RETRY

cdef enum:
    LONGEST_NAME = 255      # what libssl takes: TLSEXT_MAXLEN_host_name


cdef bint digest_asked(
    Channel* channel, const char* name, size_t size, const unsigned char* protocols,
    size_t protocols_size, bint shown,
) noexcept nogil:
    """Note what the client asks for: names have no case."""
    cdef char[LONGEST_NAME] lower
    cdef size_t at
    for at in range(size):
        lower[at] = name[at] + 32 if c'A' <= name[at] <= c'Z' else name[at]
    if not (shown or channel.hooked & ASKED_PROTOCOL):
        protocols_size = 0      # nobody asks for it
    return digest_two(lower, size, protocols, protocols_size, channel.asked)


# ---- ciphers

cdef const char* signed_cipher(const s.SSL_CIPHER* cipher) noexcept nogil:
    """The name of a cipher whose key exchange is signed, or needs no key; NULL for others."""
    cdef int exchange = s.SSL_CIPHER_get_kx_nid(cipher)
    # Those of TLS 1.3 are in a list of their own.
    if (exchange == NID_kx_rsa or exchange == NID_kx_rsa_psk or exchange == NID_kx_any):
        return NULL
    return s.SSL_CIPHER_get_name(cipher)


cdef bint decrypt_nothing(s.SSL* ssl) noexcept nogil:
    """Take out the ciphers in which the peer encrypts to our key; False when that cannot be.

    A key that lives elsewhere only signs.  Where all ciphers are of that kind they stay, and
    a handshake with one of them fails.
    """
    cdef s.SSL_CIPHER_LIST* ciphers = s.SSL_get_ciphers(ssl)
    cdef const char* name
    cdef char* names
    cdef size_t size = 0
    cdef int at
    cdef bint good
    for at in range(s.sk_SSL_CIPHER_num(ciphers)):
        name = signed_cipher(s.sk_SSL_CIPHER_value(ciphers, at))
        size += 0 if name == NULL else strlen(name) + 1
    if size == 0:
        return True
    names = <char*>c.OPENSSL_malloc(size)
    if names == NULL:
        return False
    size = 0
    for at in range(s.sk_SSL_CIPHER_num(ciphers)):
        name = signed_cipher(s.sk_SSL_CIPHER_value(ciphers, at))
        if name != NULL:
            memcpy(names + size, name, strlen(name))
            size += strlen(name)
            names[size] = c':'
            size += 1
    names[size - 1] = 0
    good = s.SSL_set_cipher_list(ssl, names) == 1
    c.OPENSSL_free(names)
    return good


# ---- the program's choice

cdef void choose_alert(object error, int* alert) noexcept:
    """Let an ``Error`` that a hook raises say which alert the peer is sent."""
    if isinstance(error, Error):
        number = error.alert
        if type(number) is int and 0 <= number <= 255:
            alert[0] = number


cdef object checked_choice(object choice, list offered):
    if choice is NO_OVERLAPPING_PROTOCOLS:
        return None
    if not isinstance(choice, bytes):
        raise TypeError(
            "ALPN callback must return a bytestring or the special NO_OVERLAPPING_PROTOCOLS "
            f"sentinel value, not {type(choice).__name__}"
        )
    if choice and choice not in offered:
        raise ValueError(f"ALPN callback returned {choice!r}, which the client did not offer")
    return PyBytes_FromStringAndSize(PyBytes_AS_STRING(choice), PyBytes_GET_SIZE(choice))


cdef int show(s.SSL* ssl, Carrier carrier, Hook which) except -1:
    """Show the whole hello to a hook for that; 0 where it asks for time."""
    message = message_of(ssl, carrier.hello)
    if message is None:
        raise MemoryError("the client's hello could not be kept")
    try:
        answer = carrier.hooks.get(which)(carrier, message, s.SSL_is_dtls(ssl) != 0)
    except WantX509LookupError:
        return 0    # the call raises the same, because that is waited for
    if answer is not None and not truth(answer, "a client hello callback"):
        refusal = Error([("SSL routines", "", "the client hello callback refused the client")])
        refusal.alert = s.SSL_AD_HANDSHAKE_FAILURE
        refusal.alert_sent = True
        raise refusal
    return 1


cdef int choose(
    s.SSL* ssl, Carrier carrier, const unsigned char* protocols, size_t size, int* alert,
) except -1:
    """Run the hooks, each that of the Context which the ones before it chose; 0: not yet."""
    carrier.protocol = None
    try:
        # The connection's own may choose the Context whose hook follows.
        if carrier.hooks.has(ON_OWN_HELLO) and not show(ssl, carrier, ON_OWN_HELLO):
            return 0
        if carrier.hooks.has(ON_CLIENT_HELLO) and not show(ssl, carrier, ON_CLIENT_HELLO):
            return 0
        if carrier.hooks.has(ON_SERVERNAME):
            settled(carrier.hooks.get(ON_SERVERNAME)(carrier), "a server name callback")
    except BaseException as error:
        choose_alert(error, alert)
        raise
    if protocols != NULL and carrier.hooks.has(ON_ALPN_SELECT):
        alert[0] = SSL_AD_NO_APPLICATION_PROTOCOL
        offered = split_protocols(protocols, size)
        carrier.protocol = checked_choice(
            settled(
                carrier.hooks.get(ON_ALPN_SELECT)(carrier, list(offered)), "an ALPN callback"),
            offered)
    return 1


cdef void refuse(Carrier carrier, int* alert) noexcept:
    """Keep the reason why a Context does not fit; like a hook, for it may run a finaliser."""
    cdef Scope scope
    alert[0] = SSL_AD_PROTOCOL_VERSION
    if enter_hook(&scope, carrier):
        try:
            refuse_version()
        except BaseException as error:
            carrier.keep(error)
        leave_hook(&scope, carrier)


cdef int on_choice(
    s.SSL* ssl, Channel* channel, const unsigned char* protocols, size_t size, int* alert,
) noexcept with gil:
    """Let the program choose; what libssl is to make of it, an error where it has failed."""
    cdef Scope scope
    cdef int answer = SSL_CLIENT_HELLO_ERROR
    cdef bint moved
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    if not enter_hook(&scope, carrier):
        return answer
    if not carrier.choosing:    # else it has asked for time, and may have chosen meanwhile
        carrier.choosing = True
    try:
        if choose(ssl, carrier, protocols, size, alert):
            answer = SSL_CLIENT_HELLO_SUCCESS
        else:
            answer = SSL_CLIENT_HELLO_RETRY
    except BaseException as error:
        carrier.keep(error)
    moved = carrier.choosing == CHOSEN
    if answer != SSL_CLIENT_HELLO_RETRY:
        carrier.choosing = False
        carrier.hello = None
    leave_hook(&scope, carrier)
    if answer != SSL_CLIENT_HELLO_ERROR and moved and channel.shaken and not version_fits(ssl):
        # In a renegotiation the version stands already.
        refuse(carrier, alert)
        carrier.choosing = False
        return SSL_CLIENT_HELLO_ERROR
    return answer


cdef int on_hello(s.SSL* ssl, int* alert, void* unused) noexcept nogil:
    cdef Channel* channel = channel_of(ssl)
    cdef const unsigned char* protocols = NULL
    cdef const char* name = NULL
    cdef size_t size = 0
    cdef size_t name_size = 0
    cdef int answer
    cdef bint shown
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if channel == NULL:
        return SSL_CLIENT_HELLO_ERROR
    shown = channel.hooked & ASKED_HELLO
    channel.named = False
    if not read_name(ssl, &name, &name_size) or not read_protocols(ssl, &protocols, &size):
        if channel.shaken:
            # libssl does not look at protocols then, nor closely at the name where it resumes
            # (tls_parse_ctos_alpn, tls_parse_ctos_server_name, 3.0 to 4.0).
            alert[0] = SSL_AD_DECODE_ERROR
            return SSL_CLIENT_HELLO_ERROR
        return SSL_CLIENT_HELLO_SUCCESS if stamp(ssl, channel) else SSL_CLIENT_HELLO_ERROR
    # One that asked for time may have chosen a Context since that asks nothing.
    if channel.hooked & (ASKED_HELLO | ASKED_NAME | ASKED_PROTOCOL | UNDECIDED):
        channel.name = name
        channel.name_size = name_size
        # libssl chooses a protocol once, in the first handshake (tls_parse_ctos_alpn, 3.0 to 4.0).
        answer = on_choice(ssl, channel, NULL if channel.shaken else protocols, size, alert)
        if answer == SSL_CLIENT_HELLO_RETRY:
            channel.hooked |= UNDECIDED
            return answer       # the hello is kept, so the name can still be asked for
        channel.hooked &= ~UNDECIDED
        channel.name = NULL
        if answer != SSL_CLIENT_HELLO_SUCCESS:
            return answer
        channel.named = True
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if channel.hooked & ELSEWHERE and not decrypt_nothing(ssl):
        return SSL_CLIENT_HELLO_ERROR
    if not digest_asked(channel, name, name_size, protocols, size, shown):
        return SSL_CLIENT_HELLO_ERROR
    if not stamp(ssl, channel):
        return SSL_CLIENT_HELLO_ERROR
    return SSL_CLIENT_HELLO_SUCCESS


# ---- libssl's own callbacks, which come later

cdef int on_alpn_select(
    s.SSL* ssl, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size, void* unused,
) noexcept nogil:
    cdef Channel* channel = channel_of(ssl)
    if channel == NULL:
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    if not channel.named:
        return s.SSL_TLSEXT_ERR_NOACK   # no hook was there to be asked
    return on_protocol(ssl, out, out_size, offered, offered_size)


cdef int find_protocol(
    bytes choice, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size,
) except -1:
    """Answer with the peer's own copy: it lives as long as libssl needs it."""
    cdef unsigned int at = 0
    if choice is None:
        return s.SSL_TLSEXT_ERR_NOACK
    while choice and at < offered_size:
        if offered[at] == PyBytes_GET_SIZE(choice) and memcmp(
                offered + at + 1, PyBytes_AS_STRING(choice), offered[at]) == 0:
            out[0] = offered + at + 1
            out_size[0] = offered[at]
            return s.SSL_TLSEXT_ERR_OK
        at += 1 + offered[at]
    return s.SSL_TLSEXT_ERR_ALERT_FATAL     # b"": the program wants none of them


cdef int on_protocol(
    s.SSL* ssl, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size,
) noexcept with gil:
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    try:
        answer = find_protocol(carrier.protocol, out, out_size, offered, offered_size)
    except BaseException as error:
        carrier.keep(error)
    return answer


cdef int on_servername(s.SSL* ssl, int* alert, void* unused) noexcept nogil:
    cdef Channel* channel = channel_of(ssl)
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if channel == NULL:
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    if not s.SSL_is_server(ssl):
        return on_answer(ssl, channel, alert)
    return s.SSL_TLSEXT_ERR_OK if channel.named else s.SSL_TLSEXT_ERR_NOACK


cdef int on_answer(s.SSL* ssl, Channel* channel, int* alert) noexcept with gil:
    """A client's hook is called too, about the server's answer."""
    cdef Scope scope
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    cdef bint moved
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    if not carrier.hooks.has(ON_SERVERNAME):
        return s.SSL_TLSEXT_ERR_NOACK
    if not enter_hook(&scope, carrier):
        return answer
    carrier.choosing = True
    try:
        settled(carrier.hooks.get(ON_SERVERNAME)(carrier), "a server name callback")
        answer = s.SSL_TLSEXT_ERR_OK
    except BaseException as error:
        carrier.keep(error)
        choose_alert(error, alert)
    moved = carrier.choosing == CHOSEN
    carrier.choosing = False
    leave_hook(&scope, carrier)
    if answer == s.SSL_TLSEXT_ERR_OK and moved and not version_fits(ssl):
        refuse(carrier, alert)
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    return answer
