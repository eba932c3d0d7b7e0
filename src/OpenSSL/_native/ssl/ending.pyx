"""Ending is how a connection ends: by which of its ends, once, and told alike from then on.

Theory.  A connection ends once.  What ended it is kept in ``fatal`` and raised again by
every later call, for libssl forgets: SSL_get_error calls it an end of file then (3.0 and 3.5),
or a failure without a reason (4.0).  The peer's close_notify is libssl's to remember.  The
picture is in ``docs/inside/errors.md``.  Where libssl itself has not failed, because a hook did
or because the peer makes us work for nothing, it is made to fail, so that the peer is told.
"""

import errno as _errno

cimport cython
from libc.errno cimport ECONNRESET, EPIPE
from libc.string cimport strcmp

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport (
    CLOSED, DONE, FAILED, SYSTEM, TRUNCATED, WANT_LOOKUP, Verdict,
)
from OpenSSL._native.common.hooks cimport (
    ON_ALPN_SELECT, ON_CERTIFICATE, ON_CERTIFICATE_EXTENSION, ON_CERT_VERIFY, ON_OCSP_CLIENT,
    ON_PEER, ON_PSK_CLIENT, ON_PSK_FIND, ON_PSK_SERVER, ON_PSK_USE, ON_SECURITY, ON_SERVERNAME,
    ON_SESSION_NEW, ON_SIGN, Hooks,
)
from OpenSSL._native.common.lock cimport brisk_load
from OpenSSL._native.common.rules cimport digest_noted
from OpenSSL._native.crypto.signers cimport some_decrypt
from OpenSSL._native.ssl.callbacks cimport shows_hello
from OpenSSL._native.ssl.channel cimport ANY_NUMBER
from OpenSSL._native.ssl.context_choice cimport ContextChooser
from OpenSSL._native.ssl.hello cimport decrypt_nothing
from OpenSSL._native.ssl.stamps cimport (
    APART, ASKED_CHAIN, ASKED_HELLO, ASKED_IN_FULL, ASKED_KEY, ASKED_NAME, ASKED_PROTOCOL,
    ASKED_SECURITY, ASKED_SESSION, ASKED_STAPLE, ELSEWHERE, EXPECTED, HIDDEN, PLEDGED, UNDECIDED,
)

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    int SSL_shutdown(s.SSL* ssl)

cdef enum:
    UNREAD = 2      # of what `shutdown` has found: data that nobody has read yet

# Of a connection whose hooks are not to be asked again.
cdef Hooks nobody = Hooks.__new__(Hooks)

# After these a stream is over; other failures of a transport may pass.
cdef set final = set()
for name in ("ECONNRESET", "ECONNABORTED", "ENETRESET", "ETIMEDOUT"):
    final.add(getattr(_errno, name, None))
    final.add(getattr(_errno, "WSA" + name, None))  # Windows has its own beside C's
del name


cdef object again(object error):
    """The same error, without the frames that the first one went through."""
    copy = type(error)(*error.args)
    copy.__dict__.update(error.__dict__)
    notes = getattr(error, "__notes__", None)
    if notes is not None:
        copy.__notes__ = list(notes)    # what somebody adds to one is not another's
    return copy


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Ending(ContextChooser):
    """How a connection ends: once, and told alike from then on."""

    cdef void settle(self) noexcept:
        cdef Hooks hooks = self.hooks
        self.channel.common = &self.context.common
        self.channel.notes = self.notes
        self.channel.most = self.most
        self.channel.hooked = (
            (0 if not hooks.has(ON_OCSP_CLIENT) else ASKED_STAPLE)
            | (0 if self.criteria is None and not self.estranged
               and not hooks.has(ON_CERTIFICATE_EXTENSION) else APART)
            | (ASKED_CHAIN if hooks.has(ON_CERT_VERIFY) else 0)
            | (PLEDGED if self.pledged else 0)
            | (ASKED_SECURITY if hooks.has(ON_SECURITY) else 0)
            | (self.channel.hooked & HIDDEN)
            | (EXPECTED if self.has_own("expected keys") else 0)
            | (ASKED_HELLO if shows_hello(hooks) else 0)
            | (0 if not hooks.has(ON_SERVERNAME) else ASKED_NAME)
            | (0 if not hooks.has(ON_ALPN_SELECT) else ASKED_PROTOCOL)
            | (ASKED_KEY if hooks.has(ON_PSK_CLIENT) or hooks.has(ON_PSK_USE) else 0)
            | (UNDECIDED if self.choosing else 0)
            | (ASKED_SESSION if hooks.has(ON_SESSION_NEW) else 0)
            | (ASKED_IN_FULL if hooks.has(ON_PSK_SERVER) or hooks.has(ON_PSK_FIND)
               or hooks.has(ON_CERTIFICATE) or hooks.has(ON_PEER) else 0)
            | (ELSEWHERE if some_decrypt(hooks.get(ON_SIGN)) else 0))
        if (self.channel.hooked & ELSEWHERE and self.handle != NULL
                and s.SSL_get_state(self.handle) != s.TLS_ST_BEFORE
                and s.SSL_is_server(self.handle)):
            # The hello has come, and the key after it.  Where there is no memory for that the
            # handshake fails later, if it has such a cipher.
            decrypt_nothing(self.handle)

    cdef int note_rule(self, str name, object value) except -1:
        ContextChooser.note_rule(self, name, value)
        return digest_noted(self.noted, self.channel.own)

    cdef int take_care(self) except -1:
        cdef long newest
        ContextChooser.take_care(self)
        if not self.channel.hooked & HIDDEN or s.SSL_is_server(self.handle):
            return 0
        newest = s.SSL_get_max_proto_version(self.handle)
        if (self.channel.datagram or newest != 0 and newest < s.TLS1_3_VERSION
                or s.SSL_get_options(self.handle) & s.SSL_OP_NO_TLSv1_3):
            raise Error([(
                "SSL routines", "",
                "Encrypted Client Hello needs TLS 1.3, which this connection does not speak")])
        return 0

    # ---- what has ended it

    cdef void begin_again(self) noexcept:
        """Forget all of it: another handshake is about to begin, as if it were the first."""
        self.fatal = None
        self.end = OPEN
        self.unsaid = False
        self.channel.alert_sent = 0
        self.channel.shaken = False
        self.channel.hearing = False
        self.channel.unheard = 0
        self.channel.padded = False
        self.channel.idle = 0
        self.choosing = False
        self.channel.name = NULL

    cdef int check_over(self) except -1:
        """Raise again what has ended the connection, if it has ended."""
        if self.end == OVER:
            raise again(self.fatal)
        return 0

    cdef void finish(self, End end, object error) noexcept:
        try:
            self.fatal = again(error)
        except BaseException:
            self.fatal = error      # without memory it has to keep its frames
        self.end = end

    cdef bint has_failed(self, object error) noexcept:
        """Whether libssl has failed for good, and not just refused one call.

        Its state says so (SSL_state_string, 3.0 to 4.0).
        """
        # The peer's fatal alert alone leaves no trace in the state.
        return strcmp(s.SSL_state_string(self.handle), b"SSLERR") == 0 or (
            error.alert is not None and not error.alert_sent)

    cdef int tell(self, Verdict verdict) except -1:
        """Raise what the verdict means; remember it when it is the end."""
        if self.end == BROKEN and (verdict.status == TRUNCATED
                                   or verdict.status == SYSTEM and verdict.number == EPIPE):
            # Systems tell of a reset once, and then of an end.
            self.end = OVER
            raise again(self.fatal)
        if self.channel.unheard == ECONNRESET and (
                verdict.status == TRUNCATED
                or verdict.status == SYSTEM and verdict.number == EPIPE):
            # The reset was told to an answer of libssl's that nobody here had asked for.
            verdict.status = SYSTEM
            verdict.number = ECONNRESET
        if (verdict.status == TRUNCATED and self.channel.datagram and not self.channel.ended
                and s.SSL_get_options(self.handle) & s.SSL_OP_NO_QUERY_MTU):
            # libssl gives no reason (dtls1_query_mtu, 3.0 to 4.0); nothing has ended.
            raise Error([(
                "SSL routines", "",
                "nobody told how large datagrams may be: call set_ciphertext_mtu, "
                "or clear OP_NO_QUERY_MTU")])
        try:
            errors.fail(verdict, self.handle)
        except BaseException as error:
            # Without memory it may be another than was raised, after `except Error` too.
            if isinstance(error, Error):
                if self.end == BROKEN and verdict.status == FAILED and not error.errors:
                    # It has failed before, and no socket was asked (ssl_reset_error_state, 4.0).
                    self.end = OVER
                    raise again(self.fatal) from None
                self.note_end(verdict, error)
            raise

    cdef int note_end(self, Verdict verdict, object error) except -1:
        """Keep an error that ends the connection; any other is told once, and things go on."""
        if verdict.status == FAILED and self.channel.alert_sent != 0:
            error.alert = self.channel.alert_sent
            error.alert_sent = True
        if verdict.status == FAILED and self.channel.hooked & HIDDEN:
            self.explain_hidden(error)
        if verdict.status == TRUNCATED or verdict.status == FAILED and self.has_failed(error):
            self.finish(OVER, error)
        elif (verdict.status == SYSTEM and not self.channel.datagram
                and verdict.number in final):
            # There may be an alert behind it that tells more.
            self.finish(BROKEN, error)
        return 0

    cdef int explain_hidden(self, object error) except -1:
        """Say that a server has refused Encrypted Client Hello, and by which name it was judged.

        libssl then judges it by the public name (tls_process_server_hello, 4.0): what it finds
        wrong is not about the host that was wanted.
        """
        cdef char* inner = NULL
        cdef char* outer = NULL
        cdef int status = s.SSL_ech_get1_status(self.handle, &inner, &outer)
        # Before the server has answered there is no inner name in a status of failure.
        cdef bint refused = (
            status == s.SSL_ECH_STATUS_FAILED_ECH or status == s.SSL_ECH_STATUS_FAILED_ECH_BAD_NAME
            or status == s.SSL_ECH_STATUS_FAILED and inner != NULL)
        errors.clear()
        try:
            if refused:
                judged = "nobody's name" if outer == NULL else (
                    (<bytes>outer).decode("ascii", "replace"))
                error.args = ([(
                    "SSL routines", "",
                    f"the server refused Encrypted Client Hello, and was judged as {judged}"),
                    *error.args[0]],)
        finally:
            c.OPENSSL_free(inner)
            c.OPENSSL_free(outer)
        return 0

    # ---- a hook that failed

    cdef int raise_after_hook(self, Verdict verdict, bint starting) except -1:
        """Raise what a hook has kept; a handshake in which one failed is over."""
        if starting or self.channel.poisoned:
            if verdict.status != FAILED:
                self.abort()
            self.aborted = True
        elif verdict.status == FAILED:
            self.remember_quietly(verdict)
        elif not s.SSL_is_init_finished(self.handle):
            self.abort()    # one that the peer has begun in this very call
            self.aborted = True
        self.channel.poisoned = False
        errors.clear()
        self.raise_kept()
        return 0

    cdef int check_aborted(self) except -1:
        """Raise where a hook has failed in the handshake: nothing follows it but close_notify."""
        if self.aborted:
            raise Error([(
                "SSL routines", "",
                "the handshake was aborted by an exception in a callback")])
        return 0

    cdef void remember_quietly(self, Verdict verdict) noexcept:
        """Keep libssl's own failure to be told later: first comes what a hook has raised."""
        try:
            errors.fail(verdict, self.handle)
        except BaseException as error:
            if isinstance(error, Error):
                self.finish(OVER, error)

    cdef void spoil(self) noexcept:
        # Some hooks' answers cannot stop a handshake.  Nonsense from the
        # transport can: libssl answers it with a fatal alert under whatever
        # keys are in force, and never speaks again (ossl_statem_fatal, 3.0 to 4.0).  Over DTLS
        # only while the peer's are not: then it passes over what it cannot decrypt, and `aborted`
        # must do.
        if not s.SSL_is_init_finished(self.handle) and (
                s.SSL_get_state(self.handle) != s.TLS_ST_OK):   # that would be libssl's own end
            self.poison()

    cdef void give_up(self) noexcept:
        """Let nothing follow, whatever whoever hears of the failure makes of it."""
        self.aborted = True
        self.spoil()

    cdef void poison(self) noexcept:
        cdef int version = s.SSL_version(self.handle)
        self.channel.version = <unsigned short>(
            s.DTLS1_VERSION if version == s.DTLS1_VERSION else s.DTLS1_2_VERSION)
        self.channel.poisoned = 1

    cdef void abort(self) noexcept:
        """Make libssl fail now, where nothing else has."""
        cdef char[1024] scrap
        cdef size_t moved = 0
        cdef object first = self.failure
        # From here on nothing is allocated: there may be no memory, and `first` must stay.
        self.failure = None
        self.hooks = nobody     # the reason is known; ask nobody again
        self.choosing = False
        self.channel.name = NULL
        self.poison()
        # What the transport has is not looked at any more, so there is an end to this.
        self.channel.writes = ANY_NUMBER
        self.start_reading()
        with nogil:
            errors.clear()
            # What libssl has taken from the transport before comes first.
            while s.SSL_read_ex(self.handle, scrap, sizeof(scrap), &moved) == 1:
                pass
            if self.channel.datagram and s.SSL_is_init_finished(self.handle):
                # Too late for nonsense; the least that can be said is that this is the end.
                SSL_shutdown(self.handle)
        self.stop_reading()
        self.failure = first

    # ---- a peer that makes us work for nothing

    cdef int check_idle(self) except -1:
        """End the connection where the peer has sent too much that is not data."""
        cdef unsigned int most = <unsigned int>brisk_load(&self.context.most_idle)
        if most == 0 or self.channel.idle <= most:
            return 0
        error = Error([(
            "SSL routines", "",
            f"the peer has sent more than {most} records in a row that hold no data; "
            "see Context.set_max_records_without_data")])
        self.abort()
        errors.clear()
        self.channel.poisoned = False
        if self.channel.alert_sent != 0:
            error.alert = self.channel.alert_sent
            error.alert_sent = True
        self.finish(OVER, error)
        raise error

    # ---- close_notify

    cdef Verdict exchange_close_notify(self, size_t* moved) noexcept nogil:
        """Send close_notify, or wait for the peer's; `moved` is 1 when that is there.

        libssl's own waiting (ssl3_shutdown, 3.0 to 4.0) takes a fatal alert for a close_notify,
        throws data away, and does not go on with a message that came in pieces.  Looking for
        data does all of that right.
        """
        cdef Verdict verdict
        cdef int result
        cdef bint sent = s.SSL_get_shutdown(self.handle) & s.SSL_SENT_SHUTDOWN != 0
        moved[0] = 0
        verdict.status = DONE
        verdict.number = 0
        if (sent and not self.unsaid or not sent and self.channel.shaken
                and s.SSL_in_init(self.handle) and s.SSL_version(self.handle) == s.TLS1_3_VERSION):
            if self.wait_for_close_notify(&verdict, moved) or sent:
                return verdict
            errors.clear()
        result = SSL_shutdown(self.handle)
        if result < 0 or errors.pending():
            verdict = errors.judge(self.handle, result if result < 0 else -1, self.channel.number)
            # `sent` as it is now: before the handshake SSL_shutdown refuses, and begins nothing.
            self.unsaid = (verdict.status <= WANT_LOOKUP
                           and s.SSL_get_shutdown(self.handle) & s.SSL_SENT_SHUTDOWN != 0)
            return verdict
        self.unsaid = False
        # 0: our close_notify is out, the peer's is yet to come.
        moved[0] = result == 1
        verdict.status = DONE
        return verdict

    cdef bint wait_for_close_notify(self, Verdict* verdict, size_t* moved) noexcept nogil:
        """False when a close_notify of our own may be sent, if that was to be found out."""
        cdef char scrap
        cdef size_t got = 0
        cdef int result
        self.channel.hearing = self.channel.shaken
        result = s.SSL_peek_ex(self.handle, &scrap, 1, &got)
        self.channel.hearing = False
        if result == 1:
            moved[0] = UNREAD
            return False
        verdict[0] = errors.judge(self.handle, result, self.channel.number)
        if verdict.status == CLOSED:
            verdict.status = DONE
            moved[0] = 1
            return False
        return verdict.status > WANT_LOOKUP or s.SSL_in_init(self.handle)
