"""One C function for each OpenSSL callback; every hook is entered here and nowhere else.

Theory.  libssl hands us an SSL; its BIO leads to our Channel, and that to the
Carrier (the Python Connection, borrowed: the running call keeps it alive, and
the Channel forgets it before SSL_free).  Each function below sets OpenSSL's error queue
aside, runs the hook inside one ``try / except BaseException``, gives what was
raised to ``Carrier.keep`` and tells C the failure value its manual page
documents.  The call that got us here raises what was kept.  Whatever goes
wrong, the answer to C is "no".
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy, strlen

cimport OpenSSL._native.libcrypto as c
cimport OpenSSL._native.libssl as s
from OpenSSL._native.channel cimport Channel
from OpenSSL._native.carrier cimport CHOSEN, Carrier, Scope, enter_hook, leave_hook
from OpenSSL._native.certificates cimport wrap_certificate
from OpenSSL._native.virtual_hosts cimport (
    FITS, NO_CERTIFICATE, OTHER_VERSION, Fit, certificate_fits, choice_fits, host_fits,
    refuse_host,
)

from OpenSSL._exceptions import Error
from OpenSSL._sentinels import NO_OVERLAPPING_PROTOCOLS

cdef enum:
    DTLS_EVENT = 4          # records that an alert or another handshake counts for
    COOKIE_MAXIMUM = 255    # DTLS1_COOKIE_LENGTH less one: what every version can carry
    OCSP_MAXIMUM = 0xffffff  # three bytes of length on the wire


# ---- from an SSL to its Carrier

cdef Channel* channel_of(const s.SSL* ssl) noexcept nogil:
    """Ours, or NULL: an SSL has it from the time it is given its BIO until it is freed."""
    cdef c.BIO* bio
    if ssl == NULL:
        return NULL
    bio = s.SSL_get_rbio(ssl)
    return NULL if bio == NULL else <Channel*>c.BIO_get_data(bio)


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
    answer = carrier.hooks.verify(
        carrier, shown, code, c.X509_STORE_CTX_get_error_depth(chain), ok
    )
    if truth(answer, "a verify callback"):
        c.X509_STORE_CTX_set_error(chain, c.X509_V_OK)
        return 1
    return 0


cdef int on_verify(int ok, c.X509_STORE_CTX* chain) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef int code = c.X509_STORE_CTX_get_error(chain)
    cdef Carrier carrier = carrier_of(<s.SSL*>c.X509_STORE_CTX_get_ex_data(
        chain, s.SSL_get_ex_data_X509_STORE_CTX_idx()))
    if carrier is None:
        return 0
    if carrier.hooks.verify is None:
        return ok
    if not enter_hook(&scope, carrier):
        c.X509_STORE_CTX_set_error(chain, c.X509_V_ERR_APPLICATION_VERIFICATION)
        return 0
    try:
        answer = ask_verify(ok, chain, carrier)
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()     # without VERIFY_PEER libssl does not care for the answer
        answer = 0
    leave_hook(&scope, carrier)
    if answer == 0:
        # A "no" must never be reported to anybody as X509_V_OK.
        c.X509_STORE_CTX_set_error(
            chain, code if code != c.X509_V_OK else c.X509_V_ERR_APPLICATION_VERIFICATION)
    return answer


# ---- observers

cdef void on_alert(const s.SSL* ssl, int where, int value) noexcept nogil:
    """Note what libssl tells nobody afterwards: our fatal alert, and that it has shaken hands."""
    cdef Channel* channel
    if not where & (s.SSL_CB_ALERT | s.SSL_CB_HANDSHAKE_START | s.SSL_CB_HANDSHAKE_DONE):
        return
    channel = channel_of(ssl)
    if channel == NULL:
        return
    if where & s.SSL_CB_HANDSHAKE_DONE:
        channel.shaken = True
    elif where & s.SSL_CB_WRITE_ALERT == s.SSL_CB_WRITE_ALERT:
        if value >> 8 == s.SSL3_AL_FATAL:
            channel.alert_sent = value & 0xff
    elif channel.datagram and channel.shaken:
        # Anybody can send datagrams; these are what the peer has sent, and no data.
        channel.idle += DTLS_EVENT


cdef void on_info(const s.SSL* ssl, int where, int value) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    on_alert(ssl, where, value)
    if carrier is None or carrier.hooks.info is None:
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        carrier.hooks.info(carrier, where, value)
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


cdef void on_keylog(const s.SSL* ssl, const char* line) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or carrier.hooks.keylog is None:
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        carrier.hooks.keylog(carrier, PyBytes_FromStringAndSize(line, strlen(line)))
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


cdef void on_message(
    int writing, int version, int kind, const void* data, size_t size, s.SSL* ssl, void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or carrier.hooks.message is None:
        return
    if not enter_hook(&scope, carrier):
        return
    try:
        carrier.hooks.message(
            carrier, writing != 0, version, kind,
            PyBytes_FromStringAndSize(<const char*>data, size))
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()
    leave_hook(&scope, carrier)


# ---- negotiation

cdef void choose_alert(object error, int* alert) noexcept:
    """Let an ``Error`` that a hook raises say which alert the peer is sent."""
    if isinstance(error, Error):
        number = error.alert
        if type(number) is int and 0 <= number <= 255:
            alert[0] = number


cdef list split_protocols(const unsigned char* offered, unsigned int size):
    cdef list names = []
    cdef unsigned int at = 0
    cdef unsigned int length
    while at < size:
        length = offered[at]
        at += 1
        if length > size - at:
            raise ValueError("the peer's list of protocols is malformed")
        names.append(PyBytes_FromStringAndSize(<const char*>offered + at, length))
        at += length
    return names


cdef int choose_protocol(
    Carrier carrier, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size,
) except -1:
    cdef unsigned int at = 0
    cdef const char* wanted
    cdef Py_ssize_t length
    choice = carrier.hooks.alpn_select(carrier, split_protocols(offered, offered_size))
    if choice is NO_OVERLAPPING_PROTOCOLS:
        return s.SSL_TLSEXT_ERR_NOACK
    if not isinstance(choice, bytes):
        raise TypeError(
            "ALPN callback must return a bytestring or the special NO_OVERLAPPING_PROTOCOLS "
            f"sentinel value, not {type(choice).__name__}"
        )
    length = PyBytes_GET_SIZE(choice)
    if length == 0:
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    wanted = PyBytes_AS_STRING(choice)
    # Answer with the peer's own copy: it lives as long as libssl needs it.
    while at < offered_size:
        if offered[at] == length and memcmp(offered + at + 1, wanted, length) == 0:
            out[0] = offered + at + 1
            out_size[0] = offered[at]
            return s.SSL_TLSEXT_ERR_OK
        at += 1 + offered[at]
    raise ValueError(f"ALPN callback returned {choice!r}, which the client did not offer")


cdef int on_alpn_select(
    s.SSL* ssl, const unsigned char** out, unsigned char* out_size,
    const unsigned char* offered, unsigned int offered_size, void* unused,
) noexcept with gil:
    cdef Scope scope
    cdef Fit fit
    cdef bint chosen
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    if carrier.hooks.alpn_select is None:
        return s.SSL_TLSEXT_ERR_NOACK
    if not enter_hook(&scope, carrier):
        return answer
    # Earlier versions have chosen the certificate by now.
    carrier.choosing = s.SSL_version(ssl) == s.TLS1_3_VERSION
    carrier.verify_changed = False
    try:
        answer = choose_protocol(carrier, out, out_size, offered, offered_size)
    except BaseException as error:
        carrier.keep(error)
        answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    chosen = carrier.choosing == CHOSEN or carrier.verify_changed
    carrier.choosing = False
    leave_hook(&scope, carrier)
    if chosen and answer != s.SSL_TLSEXT_ERR_ALERT_FATAL:
        fit = choice_fits(ssl, out[0], out_size[0] if answer == s.SSL_TLSEXT_ERR_OK else 0)
        if fit != FITS:
            keep_refusal(carrier, fit)
            answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    return answer


cdef void keep_refusal(Carrier carrier, Fit fit) noexcept:
    # Like a hook: making an exception may run anybody's finaliser.
    cdef Scope scope
    if not enter_hook(&scope, carrier):
        return
    try:
        refuse_host(fit)
    except BaseException as error:
        carrier.keep(error)
    leave_hook(&scope, carrier)


cdef int on_unfit_session(s.SSL* ssl, int* alert) noexcept with gil:
    cdef Scope scope
    cdef Carrier carrier = carrier_of(ssl)
    alert[0] = s.SSL_AD_HANDSHAKE_FAILURE
    if carrier is None:
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    if not enter_hook(&scope, carrier):
        return s.SSL_TLSEXT_ERR_ALERT_FATAL
    try:
        refuse_host(NO_CERTIFICATE)
    except BaseException as error:
        carrier.keep(error)
    leave_hook(&scope, carrier)
    return s.SSL_TLSEXT_ERR_ALERT_FATAL


cdef int on_hello(s.SSL* ssl, int* alert, void* unused) noexcept nogil:
    """Judge a session where no hook chooses a host: libssl has no other place for that."""
    return s.SSL_TLSEXT_ERR_NOACK if certificate_fits(ssl) else on_unfit_session(ssl, alert)


cdef int on_servername(s.SSL* ssl, int* alert, void* unused) noexcept with gil:
    cdef Scope scope
    cdef Fit fit
    cdef bint judged
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL
    cdef Carrier carrier = carrier_of(ssl)
    alert[0] = s.SSL_AD_INTERNAL_ERROR
    if carrier is None:
        return answer
    if carrier.hooks.servername is None:
        return on_hello(ssl, alert, NULL)
    if not enter_hook(&scope, carrier):
        return answer
    carrier.choosing = True
    carrier.verify_changed = False
    try:
        carrier.hooks.servername(carrier)
        answer = s.SSL_TLSEXT_ERR_OK
    except BaseException as error:
        carrier.keep(error)
        choose_alert(error, alert)
    # A client's is called too, about the server's answer: there it is no choice of a host
    # unless it changes something.
    judged = s.SSL_is_server(ssl) or carrier.choosing == CHOSEN or carrier.verify_changed
    carrier.choosing = False
    leave_hook(&scope, carrier)
    if answer != s.SSL_TLSEXT_ERR_OK or not judged:
        return answer
    # The Contexts are held still again; while the hook ran they were not.
    fit = host_fits(ssl)
    if fit == FITS:
        return answer
    if fit == OTHER_VERSION:
        alert[0] = s.SSL_AD_PROTOCOL_VERSION    # which says it all
    else:
        alert[0] = s.SSL_AD_HANDSHAKE_FAILURE
        keep_refusal(carrier, fit)
    return s.SSL_TLSEXT_ERR_ALERT_FATAL


# ---- stapling: one C callback serves both roles

cdef int check_staple(s.SSL* ssl, Carrier carrier) except -1:
    cdef const unsigned char* data = NULL
    cdef long size = s.SSL_get_tlsext_status_ocsp_resp(ssl, &data)
    if size < 0 or data == NULL:
        staple = b""
    else:
        staple = PyBytes_FromStringAndSize(<const char*>data, size)
    answer = carrier.hooks.ocsp_client(carrier, staple, carrier.hooks.ocsp_client_data)
    return truth(answer, "an OCSP client callback")


cdef int give_staple(s.SSL* ssl, Carrier carrier) except -1:
    cdef unsigned char* copy
    cdef const unsigned char* held = NULL
    cdef Py_ssize_t size
    staple = carrier.hooks.ocsp_server(carrier, carrier.hooks.ocsp_server_data)
    if not isinstance(staple, bytes):
        raise TypeError(
            f"OCSP callback must return a bytestring, not {type(staple).__name__}"
        )
    size = PyBytes_GET_SIZE(staple)
    if size == 0:
        return s.SSL_TLSEXT_ERR_NOACK
    if size > OCSP_MAXIMUM:
        raise ValueError(f"an OCSP response of {size} bytes does not fit into a handshake")
    copy = <unsigned char*>c.OPENSSL_malloc(size)
    if copy == NULL:
        raise MemoryError()
    memcpy(copy, PyBytes_AS_STRING(staple), size)
    # The SSL owns the copy from here on, unless it says otherwise.
    if not s.SSL_set_tlsext_status_ocsp_resp(ssl, copy, size):
        c.OPENSSL_free(copy)
        raise MemoryError("SSL_set_tlsext_status_ocsp_resp failed")
    # From 3.6 on OpenSSL reads the response, and staples nothing where it cannot.
    if s.SSL_get_tlsext_status_ocsp_resp(ssl, &held) <= 0 or held == NULL:
        raise ValueError("an OCSP callback returned what is no OCSP response")
    return s.SSL_TLSEXT_ERR_OK


cdef int on_status(s.SSL* ssl, void* unused) noexcept with gil:
    cdef Scope scope
    cdef bint serving = s.SSL_is_server(ssl)
    # The two roles count differently: a client's "no" is 0, its error below.
    cdef int answer = s.SSL_TLSEXT_ERR_ALERT_FATAL if serving else -1
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None:
        return answer
    if serving and carrier.hooks.ocsp_server is None:
        return s.SSL_TLSEXT_ERR_NOACK
    if not serving and carrier.hooks.ocsp_client is None:
        return 1
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = give_staple(ssl, carrier) if serving else check_staple(ssl, carrier)
    except BaseException as error:
        carrier.keep(error)
        answer = s.SSL_TLSEXT_ERR_ALERT_FATAL if serving else -1
    leave_hook(&scope, carrier)
    return answer


# ---- datagram

cdef int make_cookie(Carrier carrier, unsigned char* cookie, unsigned int* size) except -1:
    value = carrier.hooks.cookie_generate(carrier)
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
    if carrier is None or carrier.hooks.cookie_generate is None:
        return 0
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = make_cookie(carrier, cookie, size)
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer


cdef int on_cookie_verify(
    s.SSL* ssl, const unsigned char* cookie, unsigned int size,
) noexcept with gil:
    cdef Scope scope
    cdef int answer = 0
    cdef Carrier carrier = carrier_of(ssl)
    if carrier is None or carrier.hooks.cookie_verify is None:
        return 0
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = truth(
            carrier.hooks.cookie_verify(
                carrier, PyBytes_FromStringAndSize(<const char*>cookie, size)),
            "a cookie verify callback",
        )
    except BaseException as error:
        carrier.keep(error)
        answer = 0
    leave_hook(&scope, carrier)
    return answer
