from cpython.ref cimport PyObject

from OpenSSL._native.common.platform cimport brisk_fd, flag
from OpenSSL._native.common.rules cimport Common

cdef extern from "kernel_tls.h" nogil:
    ctypedef struct brisk_kernel_tls:
        bint sending            # the kernel encrypts what is written
        bint receiving          # the kernel decrypts what is read
    bint brisk_kernel_tls_idle(const brisk_kernel_tls* kernel)
    Py_ssize_t brisk_sendfile(brisk_fd fd, int file, long long offset, size_t size)

cdef enum:
    ANY_NUMBER = 255    # of writes
    LIGHT = 4608        # a record that is no longer takes no time worth speaking of

cdef struct Piece:
    PyObject* owner             # a bytes object, exactly; counted here
    size_t size

cdef struct Datagrams:
    size_t* sizes
    size_t room
    size_t first
    size_t count

# Records that leave together: those of one call, and what the transport did not take of them.
cdef struct Gather:
    size_t start                # bytes of them that have left
    size_t end
    size_t room
    flag spare                  # `records` are kept for another burst
    unsigned int count
    size_t[16] ends             # where each of them ends
    size_t[16] moved            # bytes of the caller's that are taken when it has left
    char* records

cdef struct Channel:
    # ---- either kind
    void* owner                 # the Connection, borrowed; NULL before and after its SSL
    void* tickets               # the ring of keys of its first Context, borrowed
    flag memory                 # no descriptor: bytes come and go by bio_write, bio_read
    flag datagram               # one write is one datagram, one read takes one
    flag ended                  # nothing more will come in
    flag tunnelled              # memory that an object fills and empties; see tunnel
    flag carrying               # the object is being given what is offered, without the lock
    # Feed the library nonsense: it must fail, and tell the peer.  2: it had its datagram.
    flag poisoned
    int unheard                 # errno of the first answer that could not be sent any more; 0: none
    int number                  # errno of the last transport failure; 0 when there was none
    flag alert_sent             # number of the fatal alert that we sent; 0 when none
    flag hearing                # what libssl says now are answers, by a call that only reads
    flag padded                 # how padding is done under the keys there are; see callbacks
    flag shaken                 # a handshake has come to its end
    flag stepped                # libssl took a step of a handshake under the present Context
    # ---- either kind: what libssl may have in one call, and what it has had
    flag light                  # the interpreter is kept, so only what is not work
    flag rationed               # it was refused more; call it again
    flag writes                 # how often it may write; ANY_NUMBER: no bound
    size_t allowance            # bytes after which it may begin no other record
    unsigned int idle           # records since the last data, long ones several times
    # ---- either kind: by which rules a session is made or resumed; see stamps.pyx
    unsigned short hooked       # what the program is asked; ASKED_*
    flag addressed              # the peer must have a certificate for an IP address
    flag hosted                 # and for a host; where none is there any more, it has been lost
    flag mailed                 # likewise for an e-mail address
    flag stamped                # `rules` are those of the connection's stamp
    flag verified               # a certificate was verified by just these
    flag keyless                # the program has no key to share with this server
    flag given                  # the program has given the session that is resumed
    flag strange                # another program may have made the session that is resumed
    flag unfit                  # why the handshake may not end well
    flag unasked                # a security callback has said nothing in this handshake yet
    flag named                  # the program has been told the client's hello
    const Common* common        # the rules of its present Context, borrowed
    unsigned int notes          # its `notes` when they were taken over
    unsigned char[32] own       # a digest of what was set on the connection itself
    unsigned char[32] asked     # a digest of what the client asks for
    unsigned char[32] rules     # the stamp
    const char* name            # the host asked for, while the program is asked; borrowed
    size_t name_size
    # ---- streams of either kind: how far a record has come
    flag fresh                  # before the first one
    flag header                 # bytes of its header that have been given
    flag kind                   # its type, as it stands there
    flag large                  # reading it takes time
    unsigned short length       # of its body
    unsigned int partial        # bytes of it that have been given, not the whole of it
    flag opened                 # bytes of a message's header that have been given
    unsigned short crumbs       # bytes of messages that have not counted yet
    unsigned int opening        # that header
    unsigned int remaining      # bytes of the message that are still to come
    # ---- datagrams of either kind
    unsigned short version      # of the nonsense
    unsigned int most           # bytes that a message may have, as far as the program said
    unsigned int mtu            # of a datagram; 0 before libssl has asked for it
    # ---- descriptor
    flag is_socket
    flag local                  # a socket of the Unix domain
    flag drained                # the last read took less than it could have
    flag early                  # bytes of the next header that came with a record
    unsigned char[5] early_header
    flag told                   # headers tell what records are: up to TLS 1.2
    brisk_fd fd
    brisk_fd borrowed           # a second one of the socket's, for one operation; else -1
    flag gathering              # records are put together, and leave at the end of the call
    flag flight                 # they are a handshake's, so no caller owes anything for them
    Gather* gathered            # NULL when there is none
    brisk_kernel_tls kernel
    # ---- memory, incoming: whole bytes objects, read in place
    Piece* pieces
    unsigned int room           # how many pieces fit
    unsigned int freed          # pieces before this one are given back
    unsigned int first          # pieces before this one are read
    unsigned int count          # pieces before this one are filled
    size_t offset               # bytes read of the first
    size_t incoming             # bytes not read yet, in all
    # ---- memory, outgoing: `ready` first, then `spill`.  Where it is tunnelled `spill` has
    # ---- what is offered: `spill_start` bytes of it are taken, and not yet told to libssl.
    PyObject* ready             # a bytes object made in advance, not seen by anyone yet
    size_t ready_start          # bytes of it that are taken already
    size_t ready_end            # bytes of it that are filled
    unsigned int payload        # what it was made for; 0 when that is more than a record has
    unsigned int overhead       # what a record adds to its payload, once that is known
    char* spill
    size_t spill_room
    size_t spill_start
    size_t spill_end
    size_t outgoing             # bytes not taken yet, in all
    size_t limit                # refuse to grow beyond; 0: no bound
    Datagrams* datagrams        # in spill; NULL while there have been none

cdef void return_borrowed(Channel* channel) noexcept nogil
cdef void close_channel(Channel* channel) noexcept
cdef Gather* make_gathered(size_t size) noexcept nogil
cdef void free_gathered(Channel* channel) noexcept nogil
cdef void keep_rest(Channel* channel) noexcept nogil
cdef void give_back(Channel* channel) noexcept
cdef bint look_at_header(const Channel* channel, unsigned char* header) noexcept nogil
cdef bint next_is_long(const Channel* channel) noexcept nogil
cdef size_t lacking(const Channel* channel) noexcept nogil
cdef object take_back(Channel* channel)
cdef int feed(Channel* channel, object data) except -1
cdef void make_ready(Channel* channel, size_t payload) noexcept
cdef object take(Channel* channel, size_t size)
cdef void trim(Channel* channel) noexcept
