from libc.stdint cimport uint64_t

from OpenSSL._native.common.errors cimport KeptQueue
from OpenSSL._native.common.platform cimport flag

cdef enum:
    CHOSEN = 2      # value of `choosing` once a hook has moved the connection

# The callbacks that a Context and a Connection may have: a slot each.
cdef enum Hook:
    ON_VERIFY
    ON_CERT_VERIFY
    ON_INFO
    ON_KEYLOG
    ON_MESSAGE
    ON_CLIENT_HELLO
    ON_OWN_HELLO                # the connection's, before the Context's
    ON_PEER                     # True: whether the peer is welcome is asked behind the handshake
    ON_SERVERNAME
    ON_ALPN_SELECT
    ON_CERTIFICATE
    ON_PADDING
    ON_OCSP_CLIENT              # with the program's data
    ON_OCSP_SERVER              # likewise
    ON_COOKIE_GENERATE
    ON_COOKIE_VERIFY
    ON_TIMER                    # how long to wait for an answer over DTLS
    ON_PSK_CLIENT
    ON_PSK_SERVER
    ON_PSK_USE
    ON_PSK_FIND
    ON_EARLY_DATA
    ON_EARLY_ONCE               # whether it comes for the first time; a fleet's
    ON_SESSION_NEW
    ON_SESSION_GET
    ON_SESSION_REMOVE
    ON_TICKET_MAKE
    ON_TICKET_TAKE
    ON_EXTENSION                # a dictionary: number -> (add, parse)
    ON_CERTIFICATE_EXTENSION    # one of those is read with a certificate
    ON_SIGN                     # keys that live elsewhere, given to it so far
    ON_SECURITY                 # whether what the security level allows is good enough
    HOOKS                       # how many

# A bit for each slot.  Where there are more of them than bits it does not compile: 1 would be
# divided by 0.
ctypedef uint64_t hook_bits

cdef enum:
    EVERY_HOOK_HAS_A_BIT = 1 // (HOOKS <= 8 * sizeof(hook_bits))

cdef inline hook_bits bit(Hook which) noexcept nogil:
    return <hook_bits>1 << which

# Those that alerts, new keys, tickets and late requests for a certificate run too; the others
# belong to handshakes.
cdef inline hook_bits at_any_time() noexcept nogil:
    return (
        bit(ON_VERIFY) | bit(ON_CERT_VERIFY) | bit(ON_INFO) | bit(ON_KEYLOG) | bit(ON_MESSAGE)
        | bit(ON_SESSION_NEW) | bit(ON_PADDING) | bit(ON_SECURITY))


# Never changed once a connection can see it: a setter makes a changed copy.
cdef class Hooks:
    cdef hook_bits filled           # a bit for each slot that is not empty
    # A tuple: a list the collector would empty by itself, behind our back.  None once the
    # collector has emptied the set, to break a ring.
    cdef tuple slots

    cdef Hooks copy(self)
    cdef object get(self, Hook which)
    cdef inline bint has(self, Hook which) noexcept:
        return self.filled >> which & 1
    # Have another hook, or None; of a copy that nobody sees yet.
    cdef int put(self, Hook which, object hook) except -1
    # Have those of others, empty slots included: a bit for each.
    cdef int bring(self, hook_bits these, Hooks others) except -1
    cdef Hooks changed(self, Hook which, object hook)


cdef class Carrier:
    cdef Hooks hooks
    cdef object failure
    cdef object hello               # a client's, as it came; None while nobody is to be shown it
    cdef object protocol            # what a hook chose for the client's list; None: nothing
    cdef dict permitted             # what a security callback has said; None: nothing yet
    cdef bytes identity             # whose key is shared beforehand, as a hook said or was asked
    cdef tuple ready                # the answer of a hook for keys that a hello is to use; or None
    cdef flag choosing              # a hook is running that may choose another Context
    # The Entrance's own; flags of a class begin a new word, and idle connections are many.
    cdef flag dry                   # operation that found nothing to read, if nothing came since

    cdef void keep(self, object error) noexcept
    cdef int raise_kept(self) except -1
    # Whether the peer may have this key, of those that the program has named.
    cdef bint expects(self, bytes key) except -1
    cdef void spoil(self) noexcept
    cdef void hook_begins(self) noexcept
    cdef void hook_ends(self) noexcept


# What is set aside while a hook runs.
cdef struct Scope:
    int number
    void* running
    KeptQueue queue

# Whether the hook may run; where not, why is kept, and there is nothing to leave.
cdef bint enter_hook(Scope* scope, Carrier carrier) noexcept
cdef void leave_hook(Scope* scope, Carrier carrier) noexcept
cdef object settled(object answer, str whose)
# Of a hook that only watches.
cdef int heard(object answer, str whose) except -1

# Say for which Carrier the thread computes from now on; for which it did.  See running.h.
cdef void* run_for(void* carrier) noexcept nogil
# That one; None where nobody could raise what a hook raises.
cdef Carrier running()


cdef class Asking(Carrier):
    cdef void* before

    # The call is over: raise what a hook has raised in it.
    cdef int end(self) except -1

# A call of libcrypto that signs begins.
cdef Asking begin_asking()


# What a program has given us to keep for it.  The collector may empty it, which it may not do
# to what has a handle of OpenSSL's, so rings through it are broken here.
cdef class Kept:
    cdef object value

cdef Kept keep(object value)
