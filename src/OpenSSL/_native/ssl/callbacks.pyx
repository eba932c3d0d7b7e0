"""The way from an SSL to its hooks, and the C functions that more than one topic needs.

Theory.  libssl hands us an SSL; its BIO leads to our Channel, and that to the
Carrier (the Python Connection, borrowed: the running call keeps it alive, and
the Channel forgets it before SSL_free).  Each function called on_something, here and in
the files of topics, sets OpenSSL's error queue
aside, runs the hook inside one ``try / except BaseException``, gives what was
raised to ``Carrier.keep`` and tells C the failure value its manual page
documents.  The call that got us here raises what was kept.  Whatever goes
wrong, the answer to C is "no".
"""

from libc.stdint cimport uint64_t

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy

cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    ON_CLIENT_HELLO, ON_COOKIE_GENERATE, ON_COOKIE_VERIFY, ON_EARLY_DATA, ON_EARLY_ONCE, ON_INFO,
    ON_MESSAGE, ON_OWN_HELLO, ON_PADDING, ON_SESSION_NEW, ON_VERIFY, Carrier, Hooks, Scope,
    enter_hook, heard, leave_hook, settled,
)
from OpenSSL._native.crypto.certificates cimport wrap_certificate
from OpenSSL._native.ssl.channel cimport Channel
from OpenSSL._native.ssl.notes cimport stands_for_key
from OpenSSL._native.ssl.stamps cimport (
    ASKED_SESSION, channel_of, judge, refuse_session, takes_early_by_key,
)

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL3_AL_FATAL
    int SSL_CB_ALERT
    int SSL_CB_HANDSHAKE_DONE
    int SSL_CB_HANDSHAKE_START
    int SSL_CB_WRITE_ALERT
    void SSL_set_msg_callback(s.SSL* ssl, s.message_hook callback)
    int SSL3_RT_HANDSHAKE
    uint64_t SSL_OP_NO_ANTI_REPLAY
    int brisk_padding_is_fixed()

cdef enum:
    MOST_PADDING = 0x4000   # all that a record has room for
    DTLS_EVENT = 4          # records that an alert or another handshake counts for
    COOKIE_MAXIMUM = 255    # DTLS1_COOKIE_LENGTH less one: what every version can carry


# ---- from an SSL to its Carrier

cdef Carrier carrier_of(const s.SSL* ssl):
    cdef Channel* channel = channel_of(ssl)
    if channel == NULL or channel.owner == NULL:
        return None
    return <Carrier>channel.owner


cdef bint truth(object answer, str whose) except -1:
    """A hook's yes or no: booleans, integers and None; anything else is a mistake."""
    if answer is True:
        return True
    if answer is False or answer is None:
        return False
    if isinstance(answer, int):
        return answer != 0
    settled(answer, whose)
    raise TypeError(f"{whose} must return True or False, not {type(answer).__name__}")


# ---- verification

cdef int ask_verify(int ok, c.X509_STORE_CTX* chain, Carrier carrier) except -1:
    cdef int code = c.X509_STORE_CTX_get_error(chain)
    cdef c.X509* certificate = c.X509_STORE_CTX_get_current_cert(chain)
    cdef object shown = None
    if certificate != NULL:
        if not c.X509_up_ref(certificate):
            raise MemoryError("X509_up_ref failed")
        shown = wrap_certificate(certificate)
    answer = carrier.hooks.get(ON_VERIFY)(
        carrier, shown, code, c.X509_STORE_CTX_get_error_depth(chain), ok
    )
    if truth(answer, "a verify callback"):
        c.X509_STORE_CTX_set_error(chain, c.X509_V_OK)
        return 1
    return 0


cdef int chosen_code(object error, int code) noexcept:
    """What an ``Error`` that a hook raises says is wrong; else ``code``.

    The alert comes of it, by a table of libssl's (ssl_x509err2alert, 3.0 to 4.0).
    """
    if isinstance(error, Error):
        number = error.verify_code
        if type(number) is int and 0 < number <= 255:
            return number
    return code


cdef int on_verify(int ok, c.X509_STORE_CTX* chain) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef int code = c.X509_STORE_CTX_get_error(chain)
    cdef Carrier carrier = carrier_of(<s.SSL*>c.X509_STORE_CTX_get_ex_data(
        chain, s.SSL_get_ex_data_X509_STORE_CTX_idx()))
    if carrier is None:
        return 0
    if not carrier.hooks.has(ON_VERIFY):
        return ok
    if not enter_hook(&scope, carrier):
        c.X509_STORE_CTX_set_error(chain, c.X509_V_ERR_APPLICATION_VERIFICATION)
        return 0
    try:
        answer = ask_verify(ok, chain, carrier)
    except BaseException as error:
        carrier.keep(error)
        # Without VERIFY_PEER the answer is not looked at (SSL_CTX_set_verify(3)).
        carrier.spoil()
        answer = 0
        code = chosen_code(error, code)
    leave_hook(&scope, carrier)
    if answer == 0:
        # A "no" must never be reported to anybody as X509_V_OK.
        c.X509_STORE_CTX_set_error(
            chain, code if code != c.X509_V_OK else c.X509_V_ERR_APPLICATION_VERIFICATION)
    return answer


# ---- observers

# Of what libssl says at every turn, the part that tells something.
cdef int TELLING = (
    SSL_CB_ALERT | SSL_CB_HANDSHAKE_START | SSL_CB_HANDSHAKE_DONE | s.SSL_CB_LOOP)


cdef void note_alert(const s.SSL* ssl, Channel* channel, int where, int value) noexcept nogil:
    """Note what libssl tells nobody afterwards: our fatal alert, and that it has shaken hands."""
    if where & SSL_CB_HANDSHAKE_DONE:
        # It says so before early data as well, and nobody has finished then.
        if s.SSL_get_state(ssl) != s.TLS_ST_EARLY_DATA:
            channel.shaken = True
    elif where & SSL_CB_WRITE_ALERT == SSL_CB_WRITE_ALERT:
        if value >> 8 == SSL3_AL_FATAL and channel.unheard == 0:
            channel.alert_sent = value & 0xff
    elif (where & (SSL_CB_ALERT | SSL_CB_HANDSHAKE_START)
            and channel.datagram and channel.shaken):
        # Anybody can send datagrams; these are what the peer has sent, and no data.
        channel.idle += DTLS_EVENT


cdef void look_at_session(s.SSL* ssl, Channel* channel, int where) noexcept nogil:
    """After each step, and after what the program was told of it, may have changed rules."""
    if not judge(ssl, channel, where):
        on_unfit_session(ssl)


cdef void on_unfit_session(const s.SSL* ssl) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return
    if not enter_hook(&scope, carrier):
        return      # nor does the handshake go on: why is kept
    try:
        refuse_session(channel_of(ssl))
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


cdef void on_alert(const s.SSL* ssl, int where, int value) noexcept nogil:
    cdef Channel* channel
    if not where & TELLING:
        return
    channel = channel_of(ssl)
    if channel != NULL:
        note_alert(ssl, channel, where, value)
        look_at_session(<s.SSL*>ssl, channel, where)


cdef void on_info(const s.SSL* ssl, int where, int value) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    cdef Channel* channel = channel_of(ssl)
    if carrier is None or channel == NULL:
        return
    note_alert(ssl, channel, where, value)
    if not carrier.hooks.has(ON_INFO):
        look_at_session(<s.SSL*>ssl, channel, where)
        return
    if not enter_hook(&scope, carrier):
        look_at_session(<s.SSL*>ssl, channel, where)
        return
    try:
        heard(carrier.hooks.get(ON_INFO)(carrier, where, value), "an info callback")
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)
    look_at_session(<s.SSL*>ssl, channel, where)


cdef bint shows_hello(Hooks hooks) noexcept:
    """Whether a client's hello is shown to anybody."""
    return hooks.has(ON_CLIENT_HELLO) or hooks.has(ON_OWN_HELLO)


cdef void watch_messages(s.SSL* ssl, Hooks hooks) noexcept:
    if hooks.has(ON_MESSAGE):
        SSL_set_msg_callback(ssl, on_message)
    elif shows_hello(hooks):
        SSL_set_msg_callback(ssl, on_hello_message)


cdef void on_hello_message(
    int writing, int version, int kind, const void* data, size_t size, s.SSL* ssl, void* unused,
) noexcept nogil:
    """Look out for a client's hello.

    libssl tells its own hook only of extensions that it knows
    (SSL_client_hello_get1_extensions_present(3)).
    """
    if (not writing and kind == SSL3_RT_HANDSHAKE and size > 0
            and (<const unsigned char*>data)[0] == s.SSL3_MT_CLIENT_HELLO):
        on_hello_bytes(ssl, data, size)


cdef void on_hello_bytes(s.SSL* ssl, const void* data, size_t size) noexcept with gil:
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or not shows_hello(carrier.hooks):
        return
    try:
        carrier.hello = PyBytes_FromStringAndSize(<const char*>data, size)
    except BaseException:
        carrier.hello = None    # no memory: `hello` refuses to go on without it


cdef void on_message(
    int writing, int version, int kind, const void* data, size_t size, s.SSL* ssl, void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    on_hello_message(writing, version, kind, data, size, ssl, unused)
    if carrier is None or not carrier.hooks.has(ON_MESSAGE):
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        heard(
            carrier.hooks.get(ON_MESSAGE)(
                carrier, writing != 0, version, kind,
                PyBytes_FromStringAndSize(<const char*>data, size)),
            "a message callback")
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


# ---- padding

cdef void watch_padding(s.SSL* ssl, Hooks hooks) noexcept:
    cdef s.padding_hook callback = NULL
    if hooks.has(ON_PADDING) or keeps_padding(ssl):
        callback = on_padding
    # Refused only where the kernel encrypts, which pads nothing.
    s.SSL_set_record_padding_callback(ssl, callback)


cdef bint keeps_padding(s.SSL* ssl) noexcept:
    """Whether libssl must have its callback still: keys may have been made with it."""
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    if channel == NULL or not brisk_padding_is_fixed() or s.SSL_in_before(ssl):
        return False
    if carrier is not None and carrier.hooks.has(ON_PADDING):
        channel.padded |= HELD
    return channel.padded != 0


cdef size_t on_padding(s.SSL* ssl, int kind, size_t size, void* unused) noexcept with gil:
    cdef Scope scope
    cdef size_t answer = 0
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or channel.poisoned:
        return 0
    channel.padded |= ASKED
    if not carrier.hooks.has(ON_PADDING):
        return 0    # it has been removed since
    if not enter_hook(&scope, carrier):
        return MOST_PADDING
    try:
        padding = settled(
            carrier.hooks.get(ON_PADDING)(carrier, kind, size), "a record padding callback")
        if not isinstance(padding, int):
            raise TypeError(
                f"a record padding callback must return an int, not {type(padding).__name__}")
        if padding < 0:
            raise ValueError("a record padding callback must return 0 or more")
        # It is cut to fit (SSL_CTX_set_record_padding_callback(3)).
        answer = MOST_PADDING if padding > MOST_PADDING else padding
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
        answer = MOST_PADDING   # the record goes out; it does not tell how long it is
    leave_hook(&scope, carrier)
    return answer


# ---- early data

cdef int on_early_data(s.SSL* ssl, void* unused) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef bint by_key = session != NULL and stands_for_key(session)
    if carrier is None or channel == NULL or channel.poisoned or channel.strange:
        return 0
    if by_key and not takes_early_by_key(ssl, session):
        return 0
    hook = carrier.hooks.get(ON_EARLY_DATA)
    once = carrier.hooks.get(ON_EARLY_ONCE)
    if hook is None and once is None:
        # A session of the program's may come again and again, and so may a key: only what is in
        # libssl's own cache is single use (SSL_CTX_set_options(3)).
        return not (channel.given or by_key) or s.SSL_get_options(ssl) & SSL_OP_NO_ANTI_REPLAY != 0
    if not enter_hook(&scope, carrier):
        return 0
    try:
        answer = ((hook is None or truth(hook(carrier), "an early data callback"))
                  # Last: a yes is given once.
                  and (once is None or truth(once(carrier), "an early data callback")))
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()     # "no" lets the handshake go on without early data
        answer = 0
    leave_hook(&scope, carrier)
    return answer


# ---- datagram

cdef int make_cookie(Carrier carrier, unsigned char* cookie, unsigned int* size) except -1:
    value = settled(
        carrier.hooks.get(ON_COOKIE_GENERATE)(carrier), "a cookie generate callback")
    if not isinstance(value, bytes):
        raise TypeError(
            f"a cookie generate callback must return bytes, not {type(value).__name__}"
        )
    if PyBytes_GET_SIZE(value) > COOKIE_MAXIMUM:
        raise ValueError(
            f"Cookie too long (got {PyBytes_GET_SIZE(value)} bytes, max {COOKIE_MAXIMUM})"
        )
    memcpy(cookie, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
    size[0] = <unsigned int>PyBytes_GET_SIZE(value)
    return 1


cdef int on_cookie_generate(
    s.SSL* ssl, unsigned char* cookie, unsigned int* size,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Carrier carrier = carrier_of(ssl)
    size[0] = 0
    if carrier is None or not carrier.hooks.has(ON_COOKIE_GENERATE):
        return 0
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = make_cookie(carrier, cookie, size)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
        size[0] = 0
        if s.SSL_get_state(ssl) != s.TLS_ST_BEFORE:
            # libssl would fail without an alert (dtls_construct_hello_verify_request, 3.0 to
            # 4.0).  So the client is sent an empty cookie, and the nonsense that is read next has
            # libssl send one.  DTLSv1_listen answers nobody.
            carrier.spoil()
            answer = 1
    leave_hook(&scope, carrier)
    return answer


cdef int on_cookie_verify(
    s.SSL* ssl, const unsigned char* cookie, unsigned int size,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or not carrier.hooks.has(ON_COOKIE_VERIFY):
        return 0
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = truth(
            carrier.hooks.get(ON_COOKIE_VERIFY)(
                carrier, PyBytes_FromStringAndSize(<const char*>cookie, size)),
            "a cookie verify callback",
        )
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


# ---- new sessions

# What makes an object of a session that is lent; it stands above, with the sessions.
cdef show_session shown_session = NULL


cdef void show_sessions_by(show_session show) noexcept:
    global shown_session
    shown_session = show


cdef int on_session_new(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    """Tell the program of a session; 0: its reference stays libssl's.

    Installed when a Context is made: a client that takes a ticket outside of a handshake looks for
    the callback without announcing itself (ssl_update_cache, 3.0 to 4.0).
    """
    cdef Channel* channel = channel_of(ssl)
    if channel != NULL and channel.hooked & ASKED_SESSION:
        on_new_session(ssl, session)
    return 0


cdef void on_new_session(s.SSL* ssl, s.SSL_SESSION* session) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or not carrier.hooks.has(ON_SESSION_NEW):
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        heard(
            carrier.hooks.get(ON_SESSION_NEW)(carrier, shown_session(carrier, session)),
            "a session new callback")
    except BaseException as error:
        carrier.keep(error)
    leave_hook(&scope, carrier)
