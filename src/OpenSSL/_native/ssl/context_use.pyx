"""ContextUser says when a connection looks at its Contexts, and has what is its own beside them.

Theory.  A handshake looks at what an SSL_CTX holds without a lock, and a setter
frees it.  So a connection announces itself to its Contexts before libssl computes
(``start_reading``), and setters wait until none is announced.  There may be two:
after ``set_context`` (``context_choice``) libssl goes on using parts of the ``first``
(SSL_set_SSL_CTX, 3.0 to 4.0), and may point into those in between.
"""

cimport cython
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.forks cimport forks
from OpenSSL._native.common.hooks cimport Kept, keep
from OpenSSL._native.common.lock cimport brisk_count_get, brisk_load, brisk_lock_is_mine
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.criteria cimport Criteria
from OpenSSL._native.ssl.locking cimport Entrance, begin_walk, brisk_walk, end_walk
from OpenSSL._native.ssl.naming cimport is_named

from OpenSSL._exceptions import Error

cdef enum:
    # How often rules are digested once more, because they were changed meanwhile.
    DIGESTIONS = 3

# The name of a note.
cdef str EXPECTED_KEYS = "expected keys"


# What hooks refer to may lead back here; see Context.
@cython.no_gc_clear
@cython.embedsignature(True)
@cython.embedsignature.format("clinic")
cdef class ContextUser(Entrance):
    """What lives under a Context."""

    cdef void start_reading(self) noexcept:
        cdef int left
        # Digesting rules may run a finaliser, and that may change either Context, or move this
        # connection to another: nothing is announced meanwhile, and what could not be digested in
        # the end stands for nothing.
        for left in range(DIGESTIONS, -1, -1):
            if self.announce() or left == 0:
                return
            self.stop_reading()
            self.first.refresh()
            if self.context is not self.first:
                self.context.refresh()

    cdef bint announce(self) noexcept:
        """Have changers of the Contexts wait; False where one is to be digested first."""
        cdef bint good
        # Always in the same order, so that two connections cannot wait for each other.
        if self.context is self.first:
            good = self.first.start_reading()
        elif <void*>self.context < <void*>self.first:
            good = self.context.start_reading()
            good = self.first.start_reading() and good
        else:
            good = self.first.start_reading()
            good = self.context.start_reading() and good
        self.reading = True
        return good

    cdef void stop_reading(self) noexcept:
        self.reading = False
        self.first.stop_reading()
        if self.context is not self.first:
            self.context.stop_reading()

    cdef void leave(self) noexcept:
        cdef Context first = self.first
        Entrance.leave(self)
        if (brisk_count_get(&first.watched) != 0 and first.has_removed()
                and not brisk_lock_is_mine(&self.lock, &forks)):
            first.tell_removed()

    cdef void hook_begins(self) noexcept:
        self.paused = self.reading and not self.walking
        if self.paused:
            self.stop_reading()

    cdef void hook_ends(self) noexcept:
        if self.paused:
            self.paused = False
            self.start_reading()

    cdef brisk_walk* walk(self) noexcept:
        self.walking = True
        return begin_walk(<void*>self, <void*>self.first, <void*>self.context)

    cdef void stop_walk(self, brisk_walk* walk) noexcept:
        self.walking = False
        end_walk(walk)

    cdef bint expects(self, bytes key) except -1:
        return self.has_own(EXPECTED_KEYS) and key in self.noted[EXPECTED_KEYS]

    cdef int expect_key(self, bytes key) except -1:
        cdef tuple keys = self.noted[EXPECTED_KEYS] if self.has_own(EXPECTED_KEYS) else ()
        if key not in keys:
            self.note_rule(EXPECTED_KEYS, (*keys, key))
        return 0

    cdef void own_certificate(self) noexcept:
        """Send what the connection itself was given as it is, not compressed as the Context's."""
        if brisk_load(&self.first.compressing) or brisk_load(&self.context.compressing):
            s.SSL_set_options(self.handle, s.BRISK_NO_TX_CERTIFICATE_COMPRESSION)

    cdef Criteria own_criteria(self):
        """The connection's own rules of verification, about to be added to."""
        if s.SSL_session_reused(self.handle) and not (
                s.SSL_in_before(self.handle) or s.SSL_is_init_finished(self.handle)):
            raise Error([(
                "SSL routines", "", "too late: a session stands for a verification already")])
        if self.criteria is None:
            self.criteria = Criteria.__new__(Criteria)
            self.settle()       # no session stands for what is set here
        return self.criteria

    cdef int take_care(self) except -1:
        """Before a handshake, and in it: what must be known."""
        if self.must_name:
            self.check_named(s.SSL_get_verify_mode(self.handle))
        return 0

    cdef int check_named(self, int mode) except -1:
        """Raise where a client is about to verify by ``mode`` and cannot tell the peer by name."""
        if (mode & s.SSL_VERIFY_PEER and not s.SSL_is_server(self.handle)
                and not is_named(self.handle)):
            raise Error([(
                "SSL routines", "",
                "the Context's check_hostname is set, and nobody has said which host is wanted: "
                "call set_host first")])
        return 0

    cdef bint has_own(self, str name) except -1:
        return self.noted is not None and name in self.noted

    cdef int note_size(self, str name, long size) except -1:
        """Note how records are made, which libssl does not tell; no rule for sessions."""
        if self.sizes is None:
            self.sizes = {}
        self.sizes[name] = size
        if name == "most":
            self.most = size
            self.settle()
        return 0

    cdef int note_rule(self, str name, object value) except -1:
        """Note a rule that decides whom to believe, and that libssl does not tell."""
        if self.noted is None:
            self.noted = {}
        if value is None:
            self.noted.pop(name, None)
        else:
            self.noted[name] = value
        return 0

    cdef void settle(self) noexcept:
        """Tell the channel what there is to be asked now."""

    # ---- for the program

    def get_context(self) -> Context:
        """The Context given last.

        ``SSL_get_SSL_CTX(3)``
        """
        self.enter()
        try:
            return self.context
        finally:
            self.leave()

    def get_app_data(self) -> object:
        """The object given to :meth:`set_app_data`, or None."""
        self.enter()
        try:
            return None if self.app_data is None else self.app_data.value
        finally:
            self.leave()

    def set_app_data(self, data) -> None:
        """Keep an object of the program's own with the connection."""
        cdef Kept kept = keep(data)
        self.enter()
        try:
            # What it replaces may have a finaliser of its own: that runs outside.
            self.app_data, kept = kept, self.app_data
        finally:
            self.leave()
