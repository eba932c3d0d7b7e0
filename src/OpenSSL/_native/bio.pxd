from cpython.ref cimport PyObject

from OpenSSL._native.libcrypto cimport BIO
from OpenSSL._native.platform cimport brisk_fd

cdef extern from "kernel_tls.h" nogil:
    ctypedef struct brisk_kernel_tls:
        bint sending            # the kernel encrypts what is written
        bint receiving          # the kernel decrypts what is read
    bint brisk_kernel_tls_idle(const brisk_kernel_tls* kernel)
    Py_ssize_t brisk_sendfile(brisk_fd fd, int file, long long offset, size_t size)

cdef struct Piece:
    PyObject* owner             # a bytes object, exactly; counted here
    size_t size

cdef struct Channel:
    # ---- either kind
    bint memory                 # no descriptor: bytes come and go by bio_write, bio_read
    bint datagram               # one write is one datagram, one read takes one
    bint ended                  # nothing more will come in
    bint poisoned               # feed the library nonsense: it must fail, and tell the peer
    int number                  # errno of the last transport failure; 0 when there was none
    long mtu
    # ---- descriptor
    brisk_fd fd
    bint is_socket
    size_t allowance            # bytes that may be taken from it now
    unsigned int header         # bytes of a record's header that have been taken
    unsigned int length         # of its body
    unsigned int partial        # bytes of a record that have been taken, not the whole of it
    brisk_kernel_tls kernel
    # ---- memory, incoming: whole bytes objects, read in place
    Piece* pieces
    size_t room                 # how many pieces fit
    size_t freed                # pieces before this one are given back
    size_t first                # pieces before this one are read
    size_t count                # pieces before this one are filled
    size_t offset               # bytes read of the first
    size_t incoming             # bytes not read yet, in all
    # ---- memory, outgoing: `ready` first, then `spill`
    PyObject* ready             # a bytes object made in advance, not seen by anyone yet
    size_t ready_start          # bytes of it that are taken already
    size_t ready_end            # bytes of it that are filled
    size_t payload              # what it was made for
    size_t overhead             # what a record adds to its payload, once that is known
    char* spill
    size_t spill_room
    size_t spill_start
    size_t spill_end
    size_t outgoing             # bytes not taken yet, in all
    size_t limit                # refuse to grow beyond; 0: no bound
    size_t* sizes               # datagrams in spill, one size each
    size_t sizes_room
    size_t sizes_first
    size_t sizes_count

cdef size_t UNBOUNDED

cdef BIO* open_channel(Channel* channel) except NULL
cdef void close_channel(Channel* channel) noexcept
cdef int feed(Channel* channel, object data) except -1
cdef void spare(Channel* channel) noexcept
cdef void give_back(Channel* channel) noexcept
cdef void make_ready(Channel* channel, size_t payload) noexcept
cdef object take(Channel* channel, size_t size)
