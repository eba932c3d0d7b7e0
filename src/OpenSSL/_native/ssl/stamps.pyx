"""Stamps: a session stands for nothing less than a full handshake would, now.

Theory.  Every session carries a stamp, a digest of the rules by which its peer was let in
and of what was asked for (``rules``).  It lies where libssl keeps the session id context
(SSL_SESSION_set1_id_context(3)), so it goes along in tickets, caches and files.  There is one
place on each side.

A server is stamped when a hello has come, after the program has chosen its host and before
libssl looks the session up (``stamp``, by ``hello``): libssl passes over sessions with other
stamps (ssl_get_prev_session, 3.0 to 4.0).  A client is stamped when it is about
to write its hello: a session with another stamp is not offered (``offer``).  So where rules
differ the handshake is a full one.

A handshake takes time, and rules may change meanwhile.  They are digested once more when a
certificate is verified (``note_verified``) and when the peer has finished (``finish``).  What was
made by other rules than the stamp says is stamped at random then, which fits nothing; what
was resumed under other rules is refused.

What a verify callback decides cannot be compared, nor what one in the place of verification
or a client's OCSP callback does: while one is in force, sessions are stamped at random.

A key that both sides know beforehand is asked for in each handshake, by a callback too. What
is made with one is stamped at random, so that nobody is let in past a key that was withdrawn.
It does not stand for a certificate where one is required.

A session also notes for how long it stands; see ``notes``.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcmp, strcmp

from OpenSSL._native.common.rules cimport RULES, rules_of
from OpenSSL._native.ssl.foreign_sessions cimport (
    has_shared_name, is_for_asked_host, shows_host, stands_for_nothing,
)
from OpenSSL._native.ssl.naming cimport has_lost
from OpenSSL._native.ssl.notes cimport in_time, note, stands_for_key
from OpenSSL._native.ssl.removals cimport keep_quiet

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    const s.SSL_CIPHER* SSL_get_pending_cipher(const s.SSL* ssl)
    int TLSEXT_NAMETYPE_host_name
    uint64_t SSL_OP_NO_TICKET
    void SSL_set_verify_result(s.SSL* ssl, long code)
    int SSL_SESSION_set1_id(s.SSL_SESSION* session, const unsigned char* id, unsigned int size)
    int SSL_set_session_id_context(s.SSL* ssl, const unsigned char* id, unsigned int size)
    s.verify_hook SSL_get_verify_callback(const s.SSL* ssl)


cdef Channel* channel_of(const s.SSL* ssl) noexcept nogil:
    cdef c.BIO* bio
    if ssl == NULL:
        return NULL
    bio = s.SSL_get_rbio(ssl)
    return NULL if bio == NULL else <Channel*>c.BIO_get_data(bio)


# ---- stamps

cdef bint comparable(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Whether rules alone decide about the peer, and no callback."""
    if channel.hooked & ASKED_SECURITY:
        return False    # versions, suites and keys are for it to judge, on either side
    if has_lost(channel, s.SSL_get0_param(ssl)):
        return False    # nobody fits any more
    if s.SSL_is_server(ssl) and not s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER:
        return True     # nobody is asked for a certificate
    if SSL_get_verify_callback(ssl) != NULL or channel.hooked & (APART | ASKED_CHAIN):
        return False
    # Nor is it compared by which logs a client asks for timestamps.
    return s.SSL_is_server(ssl) or not (
        channel.hooked & ASKED_STAPLE or s.SSL_ct_is_enabled(ssl))


cdef bint current(s.SSL* ssl, Channel* channel, unsigned char* out) noexcept nogil:
    """The current rules; False where they cannot be compared with any."""
    # What its Context noted since is in force for others.
    return channel.notes == channel.common.notes and comparable(ssl, channel) and rules_of(
        ssl, channel.common, channel.own, channel.asked, channel.addressed, out)


cdef bint unchanged(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Whether the rules are still those of the connection's stamp."""
    cdef unsigned char[RULES] now
    return channel.stamped and current(ssl, channel, now) and (
        memcmp(now, channel.rules, RULES) == 0)


cdef bint stamp(s.SSL* ssl, Channel* channel) noexcept nogil:
    channel.verified = False
    channel.keyless = False
    channel.given = False
    channel.unasked = True
    channel.strange = False
    channel.stamped = current(ssl, channel, channel.rules)
    if not channel.stamped and c.RAND_bytes(channel.rules, RULES) != 1:
        return False
    return SSL_set_session_id_context(ssl, channel.rules, RULES) == 1


cdef bint spoil_stamp(s.SSL_SESSION* session) noexcept nogil:
    """Let nobody resume the session, wherever it goes."""
    cdef unsigned char[RULES] mark
    # Without randomness a single byte: that is not a stamp either.
    cdef unsigned int size = RULES if c.RAND_bytes(mark, RULES) == 1 else 1
    return s.SSL_SESSION_set1_id_context(session, mark, size) == 1


# ---- keys that are shared beforehand

cdef bint is_by_key(const s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    """Whether a key that is shared beforehand stands for the peer."""
    if session == NULL:
        return False
    if s.SSL_get_psk_identity(ssl) != NULL:
        return True     # up to TLS 1.2
    return stands_for_key(session)


cdef bint wants_certificate(s.SSL* ssl) noexcept nogil:
    """Whether a key alone does not do."""
    cdef int mode = s.SSL_get_verify_mode(ssl)
    return (mode & s.SSL_VERIFY_PEER != 0 and mode & s.SSL_VERIFY_FAIL_IF_NO_PEER_CERT != 0
            and not comes_late(ssl, mode))


cdef bint finish_by_key(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    if s.SSL_SESSION_get0_peer(session) == NULL and wants_certificate(ssl):
        channel.unfit = KEY_ALONE
        return False
    return spoil_stamp(session)


cdef bint counts_on_key(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Whether a client has nothing but a key to know its server by."""
    return (channel.hooked & ASKED_KEY and not s.SSL_is_server(ssl)
            and not s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER)


# ---- the client's place

cdef bint fits(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    cdef unsigned int size = 0
    cdef const unsigned char* mark = s.SSL_SESSION_get0_id_context(session, &size)
    return (channel.stamped and size == RULES and memcmp(mark, channel.rules, RULES) == 0
            and in_time(session))


cdef bint offer(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Before a client writes its hello: let go of a session that does not fit."""
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef unsigned int size = 0
    if not stamp(ssl, channel):
        return False
    if session == NULL or fits(ssl, channel, session):
        return True
    # libssl makes a new session in place of one that cannot be resumed
    # (tls_construct_client_hello, 3.0 to 4.0).  It is marked so when it is removed from a cache,
    # whether it was there or not; it must have an id for that (SSL_CTX_remove_session).
    if s.SSL_SESSION_get_id(session, &size) == NULL:
        return False
    if size == 0 and SSL_SESSION_set1_id(session, channel.rules, 1) != 1:
        return False
    keep_quiet(session)
    s.SSL_CTX_remove_session(s.SSL_get_SSL_CTX(ssl), session)     # 0: it was in none
    return not s.SSL_SESSION_is_resumable(session)


# ---- the server's place, beside the hello

cdef bint is_anybodys(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    """Whether a session says no more of its client than that it has come."""
    return (unchanged(ssl, channel) and not channel.hooked & ASKED_IN_FULL
            and not is_by_key(ssl, session) and stands_for_nothing(ssl, session))


cdef void take_in(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    """Stamp what another program may have made, and what may be resumed all the same.

    It has just been read from a ticket, so nobody else has it.  Where it cannot be stamped
    it keeps the name it has, which fits no handshake.
    """
    if (channel != NULL and has_shared_name(channel.common, session)
            and is_anybodys(ssl, channel, session) and is_for_asked_host(ssl, session)):
        channel.strange = s.SSL_SESSION_set1_id_context(session, channel.rules, RULES) == 1


cdef int on_ticket_given(s.SSL* ssl, void* unused) noexcept nogil:
    """A ticket is about to be made: name its session so that other programs take it."""
    cdef Channel* channel = channel_of(ssl)
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef const char* host = s.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    cdef bint named
    if channel == NULL or session == NULL:
        return 0
    if channel.common.shared_size == 0:
        return 1
    named = has_shared_name(channel.common, session)
    if not named and not fits(ssl, channel, session):
        return 1    # it is nobody's
    # libssl keeps one in its cache: a server's that was resumed by TLS 1.2 without a ticket, or
    # one that is made where there are none (ssl_update_cache, 3.0 to 4.0).
    if (s.SSL_get_max_early_data(ssl) != 0 or s.SSL_get_options(ssl) & SSL_OP_NO_TICKET
            or s.SSL_version(ssl) != s.TLS1_3_VERSION and s.SSL_session_reused(ssl)
            and not channel.strange or not is_anybodys(ssl, channel, session)
            or not shows_host(ssl, host)):
        return not named or spoil_stamp(session)
    # libssl keeps the host in a session of TLS 1.3 only where a server-name callback was there
    # (final_server_name, 3.0 to 4.0); up to TLS 1.2 `keep_name` has seen to it.
    if s.SSL_version(ssl) == s.TLS1_3_VERSION and s.SSL_SESSION_set1_hostname(
            session, host) != 1:
        return 0
    return s.SSL_SESSION_set1_id_context(
        session, channel.common.shared, channel.common.shared_size) == 1


cdef int on_ticket(
    s.SSL* ssl, s.SSL_SESSION* session, const unsigned char* name, size_t size, int status,
    void* unused,
) noexcept nogil:
    """Whether a ticket's session is still to be used; its stamp is libssl's to compare."""
    if status == s.SSL_TICKET_SUCCESS or status == s.SSL_TICKET_SUCCESS_RENEW:
        take_in(ssl, channel_of(ssl), session)
    if status == s.SSL_TICKET_SUCCESS and in_time(session):
        return s.SSL_TICKET_RETURN_USE
    if status == s.SSL_TICKET_SUCCESS_RENEW and in_time(session):
        return s.SSL_TICKET_RETURN_USE_RENEW
    return s.SSL_TICKET_RETURN_IGNORE_RENEW


# ---- while a handshake goes on

cdef void note_verified(s.SSL* ssl, Channel* channel) noexcept nogil:
    channel.verified = unchanged(ssl, channel)


cdef bint comes_late(s.SSL* ssl, int mode) noexcept nogil:
    """Whether a server asks for the certificate only after the handshake."""
    return (mode & s.SSL_VERIFY_POST_HANDSHAKE != 0 and s.SSL_is_server(ssl)
            and s.SSL_version(ssl) == s.TLS1_3_VERSION)


cdef bint is_vouched_for(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    """Whether the stamp tells by which rules this full handshake was judged."""
    cdef int mode = s.SSL_get_verify_mode(ssl)
    if s.brisk_session_raw_key(session) != NULL:
        return False    # what is expected is asked for each time
    if s.SSL_SESSION_get0_peer(session) != NULL:
        return channel.verified and (
            s.SSL_get_verify_result(ssl) != c.X509_V_OK or note(ssl, session))
    if not unchanged(ssl, channel):
        return False
    # Without a certificate, because none was required; or it is to come later.
    return not (s.SSL_is_server(ssl) and mode & s.SSL_VERIFY_PEER
                and mode & s.SSL_VERIFY_FAIL_IF_NO_PEER_CERT) or comes_late(ssl, mode)


cdef bint nobody_is_judged(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Whether everybody is let in now; then nobody may take the session's result for today's."""
    if s.SSL_get_verify_mode(ssl) & s.SSL_VERIFY_PEER or not comparable(ssl, channel):
        return False
    if not s.SSL_is_server(ssl):
        SSL_set_verify_result(ssl, c.X509_V_ERR_UNSPECIFIED)
    return True


cdef bint shows_no_key(s.SSL* ssl, Channel* channel, s.SSL_SESSION* session) noexcept nogil:
    """Whether a client expects a key and the server has none, for it needed none."""
    return (channel.hooked & EXPECTED != 0 and not s.SSL_is_server(ssl) and (
        session == NULL or s.SSL_SESSION_get0_peer(session) == NULL
        and s.brisk_session_raw_key(session) == NULL))


cdef bint is_not_hidden(s.SSL* ssl, Channel* channel) noexcept nogil:
    """Whether a client goes on without its Encrypted Client Hello.

    libssl looks at that behind the server's first flight (tls_process_initial_server_flight, 4.0),
    which a session that is resumed by TLS 1.2 does without.
    """
    cdef char* inner = NULL
    cdef char* outer = NULL
    cdef int status
    if not channel.hooked & HIDDEN or s.SSL_is_server(ssl):
        return False
    status = s.SSL_ech_get1_status(ssl, &inner, &outer)
    c.OPENSSL_free(inner)
    c.OPENSSL_free(outer)
    # Without VERIFY_PEER the name may be wrong.
    return status != s.SSL_ECH_STATUS_SUCCESS and status != s.SSL_ECH_STATUS_BAD_NAME


cdef bint keep_name(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    """Write down which host was asked for; False when that cannot be.

    Up to TLS 1.2 a server that resumes takes it from the session (SSL_get_servername, 3.0
    to 4.0), where it is only if a server-name callback was there.  The stamp
    lets nobody resume who asks for another.
    """
    cdef const char* name
    if not s.SSL_is_server(ssl) or s.SSL_version(ssl) == s.TLS1_3_VERSION or (
            s.SSL_SESSION_get0_hostname(session) != NULL):
        return True
    name = s.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    return name == NULL or s.SSL_SESSION_set1_hostname(session, name) == 1


cdef bint finish(s.SSL* ssl, Channel* channel) noexcept nogil:
    """The peer has finished: nothing of this handshake is in any cache or ticket yet."""
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef bint late = channel.shaken and s.SSL_version(ssl) == s.TLS1_3_VERSION
    channel.unfit = OTHER_RULES
    if not late:
        if is_not_hidden(ssl, channel):
            channel.unfit = NOT_HIDDEN
            return False
        if shows_no_key(ssl, channel, session):
            channel.unfit = KEY_MISSING
            return False
        if is_by_key(ssl, session):
            return finish_by_key(ssl, channel, session)
        if counts_on_key(ssl, channel) and not channel.keyless:
            channel.unfit = KEY_REFUSED
            return False
    if s.SSL_session_reused(ssl) and not late:
        return unchanged(ssl, channel) or nobody_is_judged(ssl, channel)
    return session == NULL or (
        is_vouched_for(ssl, channel, session) and keep_name(ssl, session)) or spoil_stamp(session)


# ---- early data: a session's rules, before anybody has finished

cdef bint may_send_early(
    s.SSL* ssl, Channel* channel, uint32_t by_key, uint32_t* most,
) noexcept nogil:
    """Whether a client may, and how many bytes: on its session, else by a key.

    Where both are offered libssl takes the session for early data if it allows any, and a server
    takes none but by what is offered first (tls_construct_ctos_early_data, tls_parse_ctos_psk, 3.0
    to 4.0): the session.
    """
    cdef unsigned char[RULES] now
    cdef unsigned int size = 0
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    cdef const unsigned char* mark
    most[0] = 0
    if session != NULL:
        mark = s.SSL_SESSION_get0_id_context(session, &size)
        if (size == RULES and current(ssl, channel, now) and memcmp(mark, now, RULES) == 0
                and in_time(session)):
            # Whether the server uses a key is only known when the data is gone.
            most[0] = s.SSL_SESSION_get_max_early_data(session)
            return most[0] > 0 and not counts_on_key(ssl, channel)
    # Nobody reads what is sent under a key but who has it.
    most[0] = by_key
    return by_key > 0 and not wants_certificate(ssl)


cdef bint takes_early_by_key(s.SSL* ssl, s.SSL_SESSION* session) noexcept nogil:
    """Whether a server may read what is bound to a key.

    libssl compares the protocol, but neither host nor cipher, and where the key allows no early
    data it would begin to read, and end the connection (final_early_data, early_data_count_ok, 3.0
    to 4.0).
    """
    cdef const char* bound = s.SSL_SESSION_get0_hostname(session)
    cdef const char* asked = s.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    cdef const s.SSL_CIPHER* chosen = SSL_get_pending_cipher(ssl)
    if s.SSL_SESSION_get_max_early_data(session) == 0 or wants_certificate(ssl):
        return False
    if bound != NULL and (asked == NULL or strcmp(bound, asked) != 0):
        return False
    return chosen == NULL or chosen == s.SSL_SESSION_get0_cipher(session)


cdef bint allows_early(s.SSL* ssl, Channel* channel) noexcept nogil:
    cdef s.SSL_SESSION* session = s.SSL_get_session(ssl)
    channel.unfit = OTHER_RULES
    if s.SSL_session_reused(ssl) != 1 or channel.strange:
        return False
    if session != NULL and stands_for_key(session):
        channel.unfit = KEY_ALONE
        return not wants_certificate(ssl)
    return unchanged(ssl, channel) or nobody_is_judged(ssl, channel)


cdef bint judge(s.SSL* ssl, Channel* channel, int where) noexcept nogil:
    cdef int state
    if not where & s.SSL_CB_LOOP:
        return True
    channel.stepped = True
    state = s.SSL_get_state(ssl)
    if state == s.TLS_ST_SR_FINISHED or state == s.TLS_ST_CR_FINISHED:
        return finish(ssl, channel)
    if where & s.SSL_ST_CONNECT and (
            state == s.TLS_ST_BEFORE or state == s.TLS_ST_CR_HELLO_REQ
            or state == s.DTLS_ST_CR_HELLO_VERIFY_REQUEST
            or state == s.TLS_ST_OK and s.SSL_version(ssl) != s.TLS1_3_VERSION):
        return offer(ssl, channel)
    return True


cdef tuple REASONS = (
    "the rules of verification changed after a session was resumed by them",
    "a certificate is required (VERIFY_FAIL_IF_NO_PEER_CERT), and a pre-shared key is not one",
    "the server used no pre-shared key, and without VERIFY_PEER nobody verifies its certificate",
    "one of the expected keys is required, and the server has shown none",
    "the server refused Encrypted Client Hello",
)


cdef int refuse_session(Channel* channel) except -1:
    raise Error([("SSL routines", "", REASONS[channel.unfit])])
