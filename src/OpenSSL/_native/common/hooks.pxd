from OpenSSL._native.common.errors cimport KeptQueue
from OpenSSL._native.common.platform cimport flag

cdef enum:
    CHOSEN = 2      # of `choosing`: it has

cdef class Hooks:
    cdef object verify
    cdef object info
    cdef object keylog
    cdef object message
    cdef object alpn_select
    cdef object servername
    cdef object ocsp_client
    cdef object ocsp_client_data
    cdef object ocsp_server
    cdef object ocsp_server_data
    cdef object cookie_generate
    cdef object cookie_verify
    cdef dict more                  # by name; never changed in place either
    cdef tuple signers              # of keys that live elsewhere, given to it so far

    cdef Hooks copy(self)
    cdef bint some(self) noexcept
    cdef int put(self, str name, object hook) except -1


cdef class Carrier:
    cdef Hooks hooks
    cdef object failure
    cdef object hello               # a client's, as it came; None while nobody is to be shown it
    cdef object protocol            # what a hook chose for the client's list; None: nothing
    cdef bytes identity             # whose key is shared beforehand, as a hook said or was asked
    cdef flag choosing              # a hook is running that may choose another Context
    # The Entrance's own; flags of a class begin a new word, and idle connections are many.
    cdef flag dry                   # operation that found nothing to read, if nothing came since

    cdef void keep(self, object error) noexcept
    cdef int raise_kept(self) except -1
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
