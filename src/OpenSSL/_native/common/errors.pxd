from OpenSSL._native.common.libssl cimport SSL

cdef enum Status:
    DONE        # the call did what was asked
    WANT_READ   # nothing wrong: the transport has to be readable first
    WANT_WRITE  # nothing wrong: the transport has to be writable first
    WANT_LOOKUP  # nothing wrong: a callback asked to be called again
    CLOSED      # the peer sent close_notify
    TRUNCATED   # the transport ended without close_notify
    SYSTEM      # the transport failed; `number` is its errno
    FAILED      # the protocol failed; the queue says how

cdef struct Verdict:
    Status status
    int number

# One entry of the queue, in a block of its own with copies of all its words.
cdef struct KeptEntry:
    KeptEntry* next
    unsigned long code
    int line
    char* file
    char* function
    char* data                  # NULL when there is none

cdef struct KeptQueue:
    KeptEntry* first            # the oldest
    bint cut                    # there was no memory for the rest

cdef void clear() noexcept nogil
cdef bint pending() noexcept nogil
cdef bint take_no_start_line() noexcept nogil
cdef bint role_missing() noexcept nogil
cdef Verdict judge(const SSL* ssl, int result, int number) noexcept nogil
cdef int fail(Verdict verdict, const SSL* ssl) except -1
cdef int fail_wanting(int status) except -1
cdef object sign_of(int status)
cdef int fail_ssl(str otherwise) except -1
cdef int fail_crypto(str otherwise) except -1
cdef object drain(object error_class, str otherwise)
cdef void queue_aside(KeptQueue* kept) noexcept nogil
cdef void queue_back(KeptQueue* kept) noexcept nogil
