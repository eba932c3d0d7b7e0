"""ContextChooser may move to another Context, and takes over from it what is not its own.

Theory.  What libssl keeps of a Context in the SSL is exchanged by ``SSL_set_SSL_CTX(3)`` only
in part; the rest is taken over here.  What was set on the connection itself stays.
"""

cimport cython
from libc.stdint cimport uint32_t

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.hooks cimport (
    CHOSEN, ON_CERTIFICATE, ON_CERT_VERIFY, ON_COOKIE_GENERATE, ON_COOKIE_VERIFY, ON_EARLY_ONCE,
    ON_EXTENSION, ON_INFO, ON_SECURITY, ON_SESSION_GET, ON_SESSION_NEW, ON_TICKET_MAKE,
    ON_TICKET_TAKE, ON_VERIFY, Hooks, bit, hook_bits,
)
from OpenSSL._native.ssl.adoption cimport (
    adopt_groups, adopt_options, adopt_sizes, adopt_types, keep_own, most_of, taken,
)
from OpenSSL._native.ssl.callbacks cimport (
    on_cookie_generate, on_cookie_verify, on_info, on_verify, watch_messages, watch_padding,
)
from OpenSSL._native.ssl.context cimport NO_LOGS, STRICT, Context, Logs
from OpenSSL._native.ssl.context_use cimport ContextUser
from OpenSSL._native.ssl.criteria cimport Criteria
from OpenSSL._native.ssl.pausing cimport on_certificate
from OpenSSL._native.ssl.permitting cimport watch_security
from OpenSSL._native.ssl.shared_keys cimport adopt_keys
from OpenSSL._native.ssl.stamps cimport channel_of

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    s.SSL_CTX* SSL_set_SSL_CTX(s.SSL* ssl, s.SSL_CTX* context)
    void SSL_CTX_set_cookie_generate_cb(s.SSL_CTX* context, int (*callback)(s.SSL*,
        unsigned char*, unsigned int*) noexcept)
    void SSL_CTX_set_cookie_verify_cb(s.SSL_CTX* context, int (*callback)(s.SSL*,
        const unsigned char*, unsigned int) noexcept)
    long SSL_set_min_proto_version(s.SSL* ssl, int version)
    long SSL_set_max_proto_version(s.SSL* ssl, int version)
    int SSL_set_max_early_data(s.SSL* ssl, uint32_t size)
    int SSL_set_recv_max_early_data(s.SSL* ssl, uint32_t size)
    long SSL_CTX_get_mode(s.SSL_CTX* context)
    void SSL_set_verify_depth(s.SSL* ssl, int depth)

# How to verify, as far as libssl does not tell it.
cdef frozenset MANNERS = frozenset(("policies", "purpose", "trust"))

# Hooks of the Context a connection was made with, where its sessions are.
cdef hook_bits OF_THE_FIRST = (
    bit(ON_SESSION_NEW) | bit(ON_SESSION_GET) | bit(ON_TICKET_MAKE) | bit(ON_TICKET_TAKE))
cdef hook_bits COOKIES = bit(ON_COOKIE_GENERATE) | bit(ON_COOKIE_VERIFY)

# Of a connection that has none of its own.
cdef Criteria NO_CRITERIA = Criteria.__new__(Criteria)


cdef list extensions_of(Hooks hooks):
    """Which extensions a program has announced, in their order."""
    return list(hooks.get(ON_EXTENSION) or ())


cdef int check_extensions(Hooks hooks, Hooks others) except -1:
    """In a handshake others would come too late.

    libssl has counted them already, and would look behind their end (tls_collect_extensions,
    3.0 to 4.0).
    """
    if extensions_of(hooks) != extensions_of(others):
        raise Error([(
            "SSL routines", "",
            "too late for a Context with other custom extensions: add the same to both")])
    return 0


# Between change() and leave().
cdef void ask_for_cookies(Context context) noexcept:
    SSL_CTX_set_cookie_generate_cb(context.handle, on_cookie_generate)
    context.generates_cookies = True


cdef void ask_about_cookies(Context context) noexcept:
    SSL_CTX_set_cookie_verify_cb(context.handle, on_cookie_verify)
    context.verifies_cookies = True


cdef int enter_both(Context one, Context other) except -1:
    """Take the locks of two Contexts, in the order in which everybody does."""
    if <void*>other < <void*>one:
        one, other = other, one
    one.enter()
    try:
        other.enter()
    except BaseException:
        one.leave()
        raise
    return 0


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class ContextChooser(ContextUser):
    """What may move to another Context."""

    cdef bint may_move(self) noexcept:
        """Whether libssl lets go of what it has of the Context now, and takes the other's.

        In the middle of a handshake it keeps hold of the certificate it has chosen, and
        of the store it verifies with, without references of its own (tls_choose_sigalg,
        ssl_verify_cert_chain, 3.0 to 4.0).
        """
        return (self.choosing or s.SSL_is_init_finished(self.handle)
                or s.SSL_get_state(self.handle) == s.TLS_ST_BEFORE)

    def set_context(self, Context context not None) -> None:
        """Go on with another Context, most often from a server-name callback.

        Its certificate, callbacks, verification and options are in force from
        here on; what was set on this connection itself stays.

        Raises TypeError if ``context`` is not a Context.
        ``SSL_set_SSL_CTX(3)``
        """
        cdef Context before
        cdef Hooks hooks
        cdef bint moved = False
        cdef bint verify_set
        cdef Logs logs
        self.enter()
        try:
            logs = <Logs>self.check_choice(context)
            if not self.own_logs:
                self.adopt_logs(logs)
            # SSL_set_SSL_CTX compares the two.
            before = self.context
            self.keep_former(context)
            if s.SSL_is_dtls(self.handle):
                self.bring_cookies(context)
            enter_both(before, context)
            try:
                hooks = self.move(context, &moved)
                verify_set = context.verify_set
            finally:
                before.leave()
                context.leave()
            self.adopt_hooks(hooks, verify_set)
            self.context = context
            self.settle()
            if context is not before:
                channel_of(self.handle).stepped = False
                if self.choosing:
                    self.choosing = CHOSEN
        except BaseException:
            if moved:
                # The other Context is in force, and not all that goes with it.
                self.context = context
                self.give_up()
            raise
        finally:
            self.leave()

    cdef int check_choice(self, Context context) except -1:
        """Raise where another Context comes too late, or asks for what this connection lacks.

        Returns what it asks of logs.
        """
        cdef Hooks hooks
        cdef bint must_name
        cdef Logs logs
        if not self.may_move():
            raise Error([(
                "SSL routines", "",
                "too late for another Context in this handshake: the callbacks for a "
                "client's hello may choose one, those for names and for protocols included")])
        # Nothing has changed yet, and another thread may change it meanwhile.
        context.enter()
        hooks, must_name, logs = context.hooks, context.must_name, context.logs
        context.leave()
        if must_name and not (
                s.SSL_in_before(self.handle) or s.SSL_is_init_finished(self.handle)):
            self.check_named(
                s.SSL_get_verify_mode(self.handle) if self.owns(ON_VERIFY)
                else s.SSL_CTX_get_verify_mode(context.handle))
        if self.choosing:
            check_extensions(self.hooks, hooks)
        return logs

    cdef Hooks move(self, Context context, bint* moved):
        """Have libssl go on with another Context, whose lock is held; return its hooks.

        ``moved`` becomes True where it does, even if what goes with it cannot follow.
        """
        cdef Context before = self.context
        cdef Criteria rules
        cdef bint compressed
        if self.choosing:
            check_extensions(self.hooks, context.hooks)     # now it stays
        rules = self.rules_under(context)
        compressed = context.compress_again()
        errors.clear()
        if SSL_set_SSL_CTX(self.handle, context.handle) == NULL:
            errors.fail_ssl("SSL_set_SSL_CTX failed")
        context.in_use = True
        moved[0] = True
        self.adopt_settings(context)
        if not compressed:
            s.SSL_set_options(self.handle, s.BRISK_NO_TX_CERTIFICATE_COMPRESSION)
        if rules is not None:
            self.put_rules(rules, context)
        if context.ruled or context.verify_set:
            self.ruled = context.ruled
            self.estranged = False
        elif self.ruled and not MANNERS.isdisjoint(before.noted):
            self.estranged = True
        self.notes = context.common.notes
        return context.hooks.copy()

    cdef int adopt_hooks(self, Hooks hooks, bint verify_set) except -1:
        """Go on with a Context's hooks, but for those that stay with this connection."""
        # Sessions stay with the Context the connection was made with.
        cdef hook_bits stay = OF_THE_FIRST | self.own_hooks
        cdef s.certificate_hook choice = NULL
        if self.owns(ON_VERIFY) or not verify_set:
            stay |= bit(ON_VERIFY)
            if not hooks.has(ON_CERT_VERIFY):
                stay |= bit(ON_CERT_VERIFY)
        # Who gave a cookie out verifies it: that comes after a host was chosen.
        stay |= self.hooks.filled & COOKIES
        if not hooks.has(ON_EARLY_ONCE):
            stay |= bit(ON_EARLY_ONCE)      # the keys of tickets are the first Context's
        if not hooks.has(ON_SECURITY):
            stay |= bit(ON_SECURITY)
        elif not self.owns(ON_SECURITY):
            self.permitted = None   # another is asked from here on
        hooks.bring(stay, self.hooks)
        if hooks.has(ON_INFO) and not self.owns(ON_INFO):
            s.SSL_set_info_callback(self.handle, on_info)
        watch_messages(self.handle, hooks)
        watch_padding(self.handle, hooks)
        watch_security(self.handle, hooks)
        if self.owns(ON_CERTIFICATE):
            # The other Context's is in force, with the certificate (ssl_cert_dup, 3.0 to 4.0).
            if hooks.has(ON_CERTIFICATE):
                choice = on_certificate
            s.SSL_set_cert_cb(self.handle, choice, NULL)
        adopt_keys(self.handle, hooks)
        self.hooks = hooks
        return 0

    cdef void give_up(self) noexcept:
        """See to it that no handshake succeeds any more; see Ending."""
        pass

    cdef Criteria rules_under(self, Context context):
        """How to verify under another Context; None: as before."""
        cdef Criteria rules = NO_CRITERIA if self.criteria is None else self.criteria
        # A Context that was only made to bring another certificate asks for no less.
        if not (context.ruled or context.verify_set) or not (
                context.ruled or self.ruled or self.criteria is not None):
            return None
        return rules.over(context.handle, self.handle, self.addressed)

    cdef int adopt_settings(self, Context context) except -1:
        """What libssl leaves as it was in SSL_new: versions, groups, whom to verify, and how."""
        adopt_options(
            self.handle, self.noted, s.SSL_CTX_get_options(self.context.handle),
            s.SSL_CTX_get_options(context.handle), self.hooks.has(ON_EARLY_ONCE))
        s.SSL_set_mode(self.handle, SSL_CTX_get_mode(context.handle) & ~(
            0 if self.sizes is None else <long>self.sizes.get("mode taken away", 0)))
        self.adopt_verification(context)
        if not self.has_own("min version"):
            taken(SSL_set_min_proto_version(
                self.handle, <int>s.SSL_CTX_get_min_proto_version(context.handle)))
        if not self.has_own("max version"):
            taken(SSL_set_max_proto_version(
                self.handle, <int>s.SSL_CTX_get_max_proto_version(context.handle)))
        adopt_groups(self.handle, self.noted, self.context.noted, context.noted)
        adopt_types(self.handle, self.noted, self.context.noted, context.noted)
        adopt_sizes(self.handle, self.sizes, self.context.sizes, context.sizes)
        self.most = most_of(self.sizes, context.sizes)
        keep_own(self.handle, self.noted)
        if not self.has_own("max cert list"):
            s.SSL_set_max_cert_list(
                self.handle, s.SSL_CTX_get_max_cert_list(context.handle))
        taken(SSL_set_max_early_data(
            self.handle, s.SSL_CTX_get_max_early_data(context.handle)))
        taken(SSL_set_recv_max_early_data(
            self.handle, s.SSL_CTX_get_recv_max_early_data(context.handle)))
        if not self.own_tickets:
            taken(s.SSL_set_num_tickets(
                self.handle, s.SSL_CTX_get_num_tickets(context.handle)))
        self.must_name = context.must_name
        self.careful = self.careful or self.must_name
        return 0

    cdef int adopt_logs(self, Logs logs) except -1:
        """Ask for timestamps of logs, or do not, as the Context has it."""
        cdef int good
        errors.clear()
        if logs != NO_LOGS:
            good = s.SSL_enable_ct(
                self.handle, s.SSL_CT_VALIDATION_STRICT if logs == STRICT
                else s.SSL_CT_VALIDATION_PERMISSIVE)
        else:
            good = not s.SSL_ct_is_enabled(self.handle) or s.brisk_disable_ct(self.handle) == 1
        if good != 1:
            errors.fail_ssl("certificate transparency cannot be chosen")
        return 0

    cdef int adopt_verification(self, Context context) except -1:
        cdef s.verify_hook hook = NULL
        if self.owns(ON_VERIFY) or not context.verify_set:
            return 0
        if context.hooks.has(ON_VERIFY):
            hook = on_verify
        s.SSL_set_verify(self.handle, s.SSL_CTX_get_verify_mode(context.handle), hook)
        SSL_set_verify_depth(self.handle, s.SSL_CTX_get_verify_depth(context.handle))
        return 0

    cdef int put_rules(self, Criteria rules, Context context) except -1:
        cdef c.X509_VERIFY_PARAM* manner = s.SSL_get0_param(self.handle)
        cdef unsigned long flags = c.X509_VERIFY_PARAM_get_flags(manner)
        rules.put(self.handle)
        if not context.verify_set:
            taken(c.X509_VERIFY_PARAM_set_flags(manner, flags))
        return 0

    cdef int bring_cookies(self, Context context) except -1:
        """Have libssl ask for cookies under another Context.

        Their callbacks are an SSL_CTX's alone: SSL_CTX_set_cookie_generate_cb(3).
        """
        cdef bint generates = self.hooks.has(ON_COOKIE_GENERATE)
        cdef bint verifies = self.hooks.has(ON_COOKIE_VERIFY)
        cdef bint there
        context.enter()
        there = generates <= context.generates_cookies and verifies <= context.verifies_cookies
        context.leave()
        if there:
            return 0
        context.change()
        try:
            if generates:
                ask_for_cookies(context)
            if verifies:
                ask_about_cookies(context)
        finally:
            context.leave()
        return 0

    cdef int keep_former(self, Context context) except -1:
        """Keep the present Context, which is about to be left, where libssl may look into it.

        It points into what a handshake ran under (the peer's signature algorithm), and holds no
        reference.
        """
        cdef Context before = self.context
        if (before is not self.first and before is not context
                and channel_of(self.handle).stepped
                and (self.former is None or before not in self.former)):
            # A tuple: the collector does not empty it before the connection is gone.
            self.former = (*(self.former or ()), before)
        return 0
