"""Context owns SSL_CTX and the hooks that new connections are given.

Theory.  libssl lets an SSL_CTX be shared, not changed (openssl-threads(7)): a handshake looks at
the lists in it without a lock, and a setter frees them.  So a setter takes the
lock *and* waits until no connection of the Context is computing
(``change``); a computation announces itself (``start_reading``), except while
a hook runs, so that hooks may change Contexts too.  Computations never wait
for the network, so neither side waits long.
"""

cimport cython

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport Hook, Hooks, Kept, keep
from OpenSSL._native.common.lock cimport (
    brisk_count_add, brisk_count_get, brisk_count_wait, brisk_is_finalizing, brisk_load,
    brisk_lock_again, brisk_lock_destroy, brisk_lock_init, brisk_lock_is_mine, brisk_lock_leave,
    brisk_lock_try, brisk_lock_wait, brisk_lock_was_forked, brisk_store, brisk_swap_if,
)
from OpenSSL._native.common.rules cimport need_digest, renew
from OpenSSL._native.ssl.callbacks cimport on_early_data, on_session_new
from OpenSSL._native.ssl.hello cimport on_alpn_select, on_hello
from OpenSSL._native.ssl.judging cimport on_chain
from OpenSSL._native.ssl.locking cimport (
    check_not_ending, check_not_walking, wait_for, walks_in,
)
from OpenSSL._native.ssl.stamps cimport on_ticket, on_ticket_given
from OpenSSL._native.ssl.ticket_ring cimport brisk_ticket_ring_close

from OpenSSL._native.common.constants import (
    DTLS_CLIENT_METHOD, DTLS_METHOD, DTLS_SERVER_METHOD, SSLv23_METHOD, TLS_CLIENT_METHOD,
    TLS_METHOD, TLS_SERVER_METHOD, TLSv1_1_METHOD, TLSv1_2_METHOD, TLSv1_METHOD,
)
from OpenSSL._native.common.hooks import write_unraisable

cdef extern from "compat.h" nogil:
    int SSL_CTX_compress_certs(s.SSL_CTX* context, int kind)
    long SSL_MODE_ENABLE_PARTIAL_WRITE
    long SSL_MODE_RELEASE_BUFFERS
    const s.SSL_METHOD* TLS_method()
    const s.SSL_METHOD* TLS_server_method()
    const s.SSL_METHOD* TLS_client_method()
    const s.SSL_METHOD* DTLS_method()
    const s.SSL_METHOD* DTLS_server_method()
    const s.SSL_METHOD* DTLS_client_method()
    s.SSL_CTX* SSL_CTX_new(const s.SSL_METHOD* method)
    void SSL_CTX_free(s.SSL_CTX* context)
    void SSL_CTX_set_alpn_select_cb(s.SSL_CTX* context, int (*callback)(s.SSL*,
        const unsigned char**, unsigned char*, const unsigned char*, unsigned int,
        void*) noexcept, void* arg)
    void SSL_CTX_set_client_hello_cb(s.SSL_CTX* context, s.hello_hook callback, void* data)
    void SSL_CTX_set_cert_verify_callback(s.SSL_CTX* context, s.chain_hook callback, void* data)
    void SSL_CTX_set_allow_early_data_cb(s.SSL_CTX* context, s.early_hook callback, void* data)
    void SSL_CTX_sess_set_new_cb(s.SSL_CTX* context, s.session_new_hook callback)
    long SSL_CTX_set_min_proto_version(s.SSL_CTX* context, int version)
    long SSL_CTX_set_max_proto_version(s.SSL_CTX* context, int version)
    long SSL_CTX_set_mode(s.SSL_CTX* context, long mode)

cdef enum:
    SESSION_SECONDS = 300   # the interface's own default; libssl's is two hours
    MOST_IDLE = 1000        # records in a row that hold no data

# What tells a program of removed sessions; it stands above, with the sessions.
cdef object teller = None


def set_teller(told not None: Callable[[Context], None]) -> None:
    """Say which function tells the program of the sessions that a Context has let go of."""
    global teller
    teller = told


ctypedef const s.SSL_METHOD* (*make_method)() noexcept nogil


cdef class Method:
    """One way to make an SSL_CTX: its function and, where it fixes one, the version."""
    cdef make_method make
    cdef int version


cdef Method method(make_method make, int version=0):
    cdef Method new = Method.__new__(Method)
    new.make = make
    new.version = version
    return new


# SSLv2_METHOD and SSLv3_METHOD are names without a protocol behind them.
cdef dict METHODS = {
    SSLv23_METHOD: method(TLS_method),
    TLSv1_METHOD: method(TLS_method, s.TLS1_VERSION),
    TLSv1_1_METHOD: method(TLS_method, s.TLS1_1_VERSION),
    TLSv1_2_METHOD: method(TLS_method, s.TLS1_2_VERSION),
    TLS_METHOD: method(TLS_method),
    TLS_SERVER_METHOD: method(TLS_server_method),
    TLS_CLIENT_METHOD: method(TLS_client_method),
    DTLS_METHOD: method(DTLS_method),
    DTLS_SERVER_METHOD: method(DTLS_server_method),
    DTLS_CLIENT_METHOD: method(DTLS_client_method),
}


# What hooks refer to may lead back here.  The collector must not take the
# fields of a Context that somebody can still reach through such a ring.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class Context:
    """The owner of an SSL_CTX."""

    def __cinit__(self, *args, **kwargs):
        self.handle = NULL
        self.hooks = Hooks.__new__(Hooks)
        self.noted = {}
        self.sizes = {}
        self.most_idle = MOST_IDLE
        brisk_lock_init(&self.lock)

    def __init__(self, int number):
        cdef Method chosen = METHODS.get(number)
        cdef s.SSL_CTX* handle
        if chosen is None:
            raise ValueError(
                f"No such protocol: {number} is no method, as SSL.TLS_CLIENT_METHOD is one"
            )
        if self.handle != NULL:
            raise ValueError("this Context is initialised already")
        errors.clear()
        need_digest()
        handle = SSL_CTX_new(chosen.make())
        if handle == NULL:
            errors.fail_ssl("SSL_CTX_new failed")
        self.handle = handle
        self.method = number
        # A send may take a part, and may be retried from another address.
        SSL_CTX_set_mode(
            handle, SSL_MODE_ENABLE_PARTIAL_WRITE | s.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER)
        if not s.brisk_can_free_buffers():
            SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS)
        s.SSL_CTX_set_timeout(handle, SESSION_SECONDS)
        # Where sessions are judged, and the program chooses what it serves.
        SSL_CTX_set_client_hello_cb(handle, on_hello, NULL)
        SSL_CTX_set_alpn_select_cb(handle, on_alpn_select, NULL)
        SSL_CTX_set_cert_verify_callback(handle, on_chain, NULL)
        SSL_CTX_set_allow_early_data_cb(handle, on_early_data, NULL)
        SSL_CTX_sess_set_new_cb(handle, on_session_new)
        if s.SSL_CTX_set_session_ticket_cb(handle, on_ticket_given, on_ticket, NULL) != 1:
            errors.fail_ssl("the callback of session tickets could not be installed")
        if chosen.version != 0 and not (
                SSL_CTX_set_min_proto_version(handle, chosen.version)
                and SSL_CTX_set_max_proto_version(handle, chosen.version)):
            errors.fail_ssl("the library does not offer this version")

    def __dealloc__(self):
        self.renewal = None
        if self.handle != NULL:
            # What goes with the Context itself the program is not told of.
            s.SSL_CTX_sess_set_remove_cb(self.handle, NULL)
            SSL_CTX_free(self.handle)
            self.handle = NULL
        brisk_ticket_ring_close(&self.tickets)
        brisk_lock_destroy(&self.lock)

    def __reduce__(self):
        raise TypeError("a Context cannot be copied or pickled")

    cdef int enter(self) except -1:
        if self.handle == NULL:
            raise ValueError("this Context was never initialised: call Context.__init__")
        check_not_walking(<void*>self)
        if brisk_lock_try(&self.lock, &forks):
            return 0
        if brisk_lock_is_mine(&self.lock, &forks):
            brisk_lock_again(&self.lock)
            return 0
        return wait_for(&self.lock, "Context", 0)

    cdef void leave(self) noexcept:
        brisk_lock_leave(&self.lock)

    cdef int change(self) except -1:
        self.enter()
        self.count_again()
        if brisk_count_get(&self.readers) == 0:
            self.changed()
            return 0
        try:
            check_not_ending("Context")
        except BaseException:
            self.leave()
            raise
        with nogil:
            brisk_count_wait(&self.readers)
        self.changed()
        return 0

    cdef object hook(self, Hook which):
        self.enter()
        try:
            return self.hooks.get(which)
        finally:
            self.leave()

    cdef int set_hook(self, Hook which, object hook) except -1:
        self.change()
        try:
            self.hooks = self.hooks.changed(which, hook)
        finally:
            self.leave()
        return 0

    cdef void changed(self) noexcept:
        self.changes += 1
        self.common.fresh = False

    cdef void digest(self) noexcept:
        cdef unsigned long seen = self.changes
        renew(&self.common, self.handle, self.noted)
        if self.changes != seen:
            self.common.fresh = False   # a finaliser has changed it meanwhile

    cdef int note_rule(self, str name, object value) except -1:
        if self.noted.get(name) == value:
            return 0
        # Connections that are there already go on by what libssl copied into them.
        self.common.notes += 1
        if value is None:
            self.noted.pop(name, None)
        else:
            self.noted[name] = value
        return 0

    cdef bint compress_again(self) noexcept:
        if self.compressing and not (self.compressed and self.compressed_at == self.changes):
            errors.clear()
            self.compressed = SSL_CTX_compress_certs(self.handle, 0) == 1
            errors.clear()
            self.compressed_at = self.changes
        return self.compressed or not self.compressing

    cdef bint has_removed(self) noexcept:
        # Asked without the lock, by threads that may see `removals` before what is in it.
        return brisk_count_get(&self.watched) != 0 and brisk_count_get(self.removals.count) != 0

    cdef void tell_removed(self) noexcept:
        # One at a time, so that they are told in order.  Who is not let in leaves its own to the
        # one who tells, so that one looks once more when it is over.
        cdef brisk_word now, told
        cdef bint again = True
        while again:
            now = <brisk_word>(forks.count + 1)
            told = brisk_load(&self.telling)
            if told == now or brisk_is_finalizing() or not brisk_swap_if(
                    &self.telling, told, now):
                return
            try:
                teller(self)
            except BaseException as error:
                write_unraisable(error, self)
                again = False
            brisk_store(&self.telling, 0)
            again = again and self.removals.waits()

    cdef void count_again(self) noexcept:
        # Threads that were at work when the process was forked are not in the child.
        if self.reader_forks != forks.count:
            self.reader_forks = forks.count
            self.readers = 0

    cdef void refresh(self) noexcept:
        # A finaliser may run meanwhile, which would wait for whatever this thread has announced.
        if not brisk_lock_try(&self.lock, &forks):
            if (brisk_lock_is_mine(&self.lock, &forks) or walks_in(<void*>self)
                    or brisk_is_finalizing() or brisk_lock_was_forked(&self.lock, &forks)):
                return      # as start_reading has it
            with nogil:
                brisk_lock_wait(&self.lock, &forks)
        if not self.common.fresh:
            self.digest()
        brisk_lock_leave(&self.lock)

    cdef bint start_reading(self) noexcept:
        cdef bint fresh
        # The lock is free of changers for as long as we hold it, and they
        # wait for the count afterwards.  No Python runs here.
        if not brisk_lock_try(&self.lock, &forks):
            if brisk_lock_is_mine(&self.lock, &forks):
                # In the middle of a change: what is digested now might not stay.
                brisk_lock_again(&self.lock)
                brisk_count_add(&self.readers, 1)
                brisk_lock_leave(&self.lock)
                return True
            elif walks_in(<void*>self):
                # Whoever has it waits for us, and then for the others as well.
                brisk_count_add(&self.readers, 1)
                return True
            elif brisk_is_finalizing() or brisk_lock_was_forked(&self.lock, &forks):
                # Nobody will give it back: nobody changes the Context or waits for the count.
                return True
            else:
                with nogil:
                    brisk_lock_wait(&self.lock, &forks)
        self.count_again()
        brisk_count_add(&self.readers, 1)
        fresh = self.common.fresh
        brisk_lock_leave(&self.lock)
        return fresh

    cdef void stop_reading(self) noexcept nogil:
        brisk_count_add(&self.readers, -1)

    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
        self.enter()
        try:
            return None if self.app_data is None else self.app_data.value
        finally:
            self.leave()

    def set_app_data(self, data) -> None:
        """Keep an object of the program's own with the Context."""
        cdef Kept kept = keep(data)
        self.enter()
        try:
            # What it replaces may have a finaliser of its own: that runs outside.
            self.app_data, kept = kept, self.app_data
        finally:
            self.leave()


def method_of(Context context not None) -> int:
    """The ``*_METHOD`` constant that the Context was made for."""
    context.enter()
    try:
        return context.method
    finally:
        context.leave()
