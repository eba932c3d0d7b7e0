from OpenSSL._native.common.hooks cimport Hook, Kept, bit, hook_bits
from OpenSSL._native.common.platform cimport flag
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.criteria cimport Criteria
from OpenSSL._native.ssl.locking cimport Entrance

cdef class ContextUser(Entrance):
    cdef Context context            # the one last given, by __init__ or set_context
    cdef Context first              # the one it was created with, of which parts stay in use
    cdef tuple former               # Contexts in between: libssl may still look into them
    cdef Kept app_data
    cdef dict noted                 # rules set on this connection that libssl does not tell
    cdef unsigned int most          # bytes that a record carries, as libssl was told
    cdef unsigned int notes         # of the Context, when libssl copied what was noted there
    cdef dict sizes                 # of records, as far as they were set on this connection
    # A bit for each hook that was set on this connection itself, whatever its Context says; for
    # ON_VERIFY whether and how to verify.
    cdef hook_bits own_hooks
    cdef flag own_tickets           # how many a server gives out was set on this connection
    cdef flag reading               # at work, and may look at our Contexts
    cdef flag paused                # it did, before a hook began
    cdef flag walking               # the hook comes in the middle of a list: it goes on with that
    cdef flag must_name             # a client that verifies must say whom it wants
    cdef flag own_logs              # whether logs are asked for was set on this connection
    cdef flag ruled                 # it verifies by the rules of a Context that has its own
    cdef flag estranged             # and of one it has left, past all comparing
    cdef flag pledged               # records of DANE say which certificate is right
    cdef flag careful               # there is something to look at before a handshake
    cdef flag addressed             # the peer must have a certificate for an IP address
    cdef Criteria criteria          # how to verify, as far as it was set here; None: nothing was

    cdef inline bint owns(self, Hook which) noexcept:
        return self.own_hooks >> which & 1
    cdef inline void own(self, Hook which) noexcept:
        self.own_hooks |= bit(which)
    # From here to stop_reading no Python may run, but for hooks: a finaliser that changes one of
    # the Contexts would wait for its own thread.
    cdef void start_reading(self) noexcept
    cdef bint announce(self) noexcept
    cdef void stop_reading(self) noexcept
    cdef int check_named(self, int mode) except -1
    cdef int take_care(self) except -1
    cdef Criteria own_criteria(self)
    cdef bint has_own(self, str name) except -1
    cdef int expect_key(self, bytes key) except -1
    # Its certificate or chain is about to be another than its Context's.
    cdef void own_certificate(self) noexcept
    cdef int note_rule(self, str name, object value) except -1
    cdef int note_size(self, str name, long size) except -1
    # A set of hooks has been taken over, and a Context.
    cdef void settle(self) noexcept
