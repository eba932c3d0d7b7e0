from OpenSSL._native.common.hooks cimport Hook, Hooks, Kept
from OpenSSL._native.common.libssl cimport SSL_CTX
from OpenSSL._native.common.lock cimport brisk_lock, brisk_word
from OpenSSL._native.common.rules cimport Common
from OpenSSL._native.ssl.removals cimport Removals
from OpenSSL._native.ssl.ticket_ring cimport brisk_ticket_ring

cdef enum Trust:
    EMPTY       # its own, as SSL_CTX_new made it
    SHARED      # another's too: not to be changed
    OWN

cdef enum Logs:
    NO_LOGS     # of certificate transparency: not asked for
    LAX         # asked for, and nobody is refused for it
    STRICT

cdef class Context:
    cdef SSL_CTX* handle            # owned; NULL until __init__ has run
    cdef Hooks hooks                # never changed in place: copy, change, assign
    cdef Kept app_data
    cdef Kept passphrase            # the hook that knows the keys' passphrases, and its data
    cdef brisk_lock lock
    cdef unsigned long reader_forks  # forks when readers were counted last
    cdef long readers               # connections at work in libssl that look at the handle
    cdef int method
    cdef Trust trust                # whose the store of certificates is
    cdef bint verify_set            # how to verify was said, not left as it was
    cdef unsigned long changes      # how often it was changed
    cdef Common common              # a digest of the rules its connections have in common
    cdef dict noted                 # those of them that libssl does not tell
    cdef dict sizes                 # of records, as far as they were set
    cdef bint in_use                # connections have been made with it
    cdef object renewal             # a certificate that waits for its key; see Renewal
    cdef brisk_word most_idle       # records without data in a row; 0: no bound; read without it
    cdef bint ruled                 # it has rules of verification beyond libssl's own
    cdef Logs logs                  # what clients ask for
    cdef bint must_name             # its clients must say whom they want
    cdef bint generates_cookies     # whether libssl was told to ask for cookies
    cdef bint verifies_cookies      # and what it is to think of one
    cdef bint asked_late            # its clients may be asked for a certificate at any time
    cdef object outlived            # stores replaced while connections may be verifying by them
    cdef object anchors             # what to read to have one like the shared store
    cdef brisk_ticket_ring tickets  # the program's own keys for tickets, if it set any
    cdef Removals removals          # sessions the program is to be told of; None: it is not
    cdef long watched               # not 0: `removals` is there, and stays; read without the lock
    cdef brisk_word telling         # forks + 1 while somebody tells it; else 0
    cdef brisk_word compressing     # certificates are sent compressed; read without the lock
    cdef bint compressed            # they are, as they were at `compressed_at` of its changes
    cdef unsigned long compressed_at
    cdef object __weakref__

    # Every function over a Context runs between these two.  enter() raises
    # when __init__ has not run, and waits for other threads.
    cdef int enter(self) except -1
    cdef void leave(self) noexcept

    # In place of enter(), where something is replaced that handshakes look at
    # without asking: waits until none of them is inside libssl.
    cdef int change(self) except -1
    # The hook in a slot, or None; and what puts one there where libssl need not be told.
    cdef object hook(self, Hook which)
    cdef int set_hook(self, Hook which, object hook) except -1
    # Between change() and leave(): a rule that decides whom connections believe, or what they
    # agree to, and that libssl does not tell.  bytes or int; None: not set.
    cdef int note_rule(self, str name, object value) except -1
    cdef void changed(self) noexcept
    cdef void digest(self) noexcept
    cdef void count_again(self) noexcept

    # Between enter() and leave(): compress certificates that may have changed since.  False where
    # what libssl has compressed must not be sent.
    cdef bint compress_again(self) noexcept

    # With no lock held: tell the program of the sessions that libssl has let go of.
    cdef bint has_removed(self) noexcept    # whether there is something to tell
    cdef void tell_removed(self) noexcept

    # Around such a computation; see Engine.
    # False where what it is digested to has to be made again first, by ``refresh``.
    cdef bint start_reading(self) noexcept
    cdef void refresh(self) noexcept
    cdef void stop_reading(self) noexcept nogil
