"""Our own BIO: how bytes get in and out of libssl.

Theory.  Over a descriptor, reads and writes are handed on in calls that never
block; waiting is the Connection's business, outside libssl and outside every
lock.  In memory, what comes in is read from the Channel's pieces, and what goes
out is written into its ``ready`` bytes, or what does not fit there to ``spill``.
The C functions run without the interpreter: they touch no reference count.
"""

from cpython.ref cimport PyObject
from libc.errno cimport EIO, ENOMEM
from libc.string cimport memcmp, memcpy, memmove, memset

cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.platform cimport (
    brisk_errno, brisk_fd, brisk_read, brisk_read_both, brisk_would_block, brisk_write,
)
from OpenSSL._native.ssl.channel cimport ANY_NUMBER, Channel, Piece, brisk_kernel_tls
from OpenSSL._native.ssl.following cimport (
    HEADER, charge_datagram, follow, has_follower, may_take,
)
from OpenSSL._native.ssl.gathering cimport (
    FAILED_TO_LEAVE, LEFT, goes_unheard, leave_together, put_aside,
)
from OpenSSL._native.ssl.spilling cimport fitting, grow_spill, note_datagram

cdef extern from "compat.h" nogil:
    int BIO_get_new_index()
    c.BIO_METHOD* BIO_meth_new(int type, const char* name)
    int BIO_meth_set_write_ex(c.BIO_METHOD* method, int (*write)(c.BIO*, const char*, size_t,
        size_t*) noexcept)
    int BIO_meth_set_read_ex(c.BIO_METHOD* method, int (*read)(c.BIO*, char*, size_t,
        size_t*) noexcept)
    int BIO_meth_set_ctrl(c.BIO_METHOD* method, long (*ctrl)(c.BIO*, int, long, void*) noexcept)
    void BIO_set_data(c.BIO* bio, void* data)
    void BIO_set_init(c.BIO* bio, int init)
    void BIO_clear_retry_flags(c.BIO* bio)
    void BIO_set_retry_read(c.BIO* bio)
    void BIO_set_retry_write(c.BIO* bio)

cdef extern from "kernel_tls.h" nogil:
    long brisk_kernel_tls_control(
        brisk_kernel_tls* kernel, brisk_fd fd, int command, long number, void* pointer)
    Py_ssize_t brisk_kernel_tls_read(
        brisk_kernel_tls* kernel, brisk_fd fd, char* data, size_t size)
    Py_ssize_t brisk_kernel_tls_write(
        brisk_kernel_tls* kernel, brisk_fd fd, const char* data, size_t size)

cdef extern from "Python.h":
    char* bytes_data "PyBytes_AS_STRING"(PyObject* bytes) nogil
    Py_ssize_t bytes_size "PyBytes_GET_SIZE"(PyObject* bytes) nogil


ctypedef long (*control_function)(
    c.BIO* bio, int command, long number, void* pointer) noexcept nogil

cdef unsigned char[5] POISON
POISON[:] = [0x17, 0x03, 0x03, 0x00, 0x20]
# A record of no type there is, in plain text, later than any other: DTLS passes over
# whatever it cannot read or has seen before.
cdef unsigned char[14] POISONED_DATAGRAM
POISONED_DATAGRAM[:] = [99, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 0]

cdef enum:
    # Requests that bio.h keeps to itself; see kernel_tls.h.
    SET_KTLS = 72
    GET_KTLS_SEND = 73
    GET_KTLS_RECV = 76
    # Payloads of datagrams: what gets through nearly everywhere, and what IPv4
    # owes to everybody, to which libssl falls back when packets get lost
    # (dtls1_check_timeout_num, 3.0 to 4.0).
    USUAL_MTU = 1200
    FALLBACK_MTU = 548


# ---- incoming, without the interpreter

cdef inline brisk_fd descriptor(const Channel* channel) noexcept nogil:
    return channel.fd if channel.borrowed == <brisk_fd>-1 else channel.borrowed


cdef size_t read_pieces(Channel* channel, char* data, size_t size) noexcept nogil:
    cdef size_t done = 0
    cdef size_t part
    cdef Piece* piece
    while done < size and channel.first < channel.count:
        piece = &channel.pieces[channel.first]
        part = piece.size - channel.offset
        if part > size - done:
            part = size - done
        memcpy(data + done, bytes_data(piece.owner) + channel.offset, part)
        done += part
        channel.offset += part
        if channel.datagram:
            # The rest of a datagram that does not fit is lost, as on a socket.
            channel.incoming -= piece.size
            channel.first += 1
            channel.offset = 0
            return done
        channel.incoming -= part
        if channel.offset == piece.size:
            channel.first += 1
            channel.offset = 0
    return done


cdef Py_ssize_t take_socket(Channel* channel, char* data, size_t size) noexcept nogil:
    """What the system answers; behind a record of data, the header of the next one is kept."""
    cdef Py_ssize_t result
    cdef unsigned int early
    if channel.early > 0:
        early = channel.early if channel.early < size else <unsigned int>size
        memcpy(data, channel.early_header, early)
        channel.early -= early
        memmove(channel.early_header, channel.early_header + early, channel.early)
        return early
    if (channel.header == HEADER and channel.is_socket and has_follower(channel)
            and channel.partial + size == <size_t>HEADER + channel.length):
        # No more than the header: the body stays in the socket, where selectors see it.
        result = brisk_read_both(descriptor(channel), data, size, channel.early_header, HEADER)
        channel.drained = result < <Py_ssize_t>(size + HEADER)
        if result > <Py_ssize_t>size:
            channel.early = <unsigned char>(result - size)
            return size
        return result
    result = brisk_read(descriptor(channel), channel.is_socket, data, size)
    channel.drained = result < <Py_ssize_t>size
    return result


cdef int give_nonsense(Channel* channel, c.BIO* bio, char* data, size_t size) noexcept nogil:
    """How many bytes of it there are."""
    if channel.datagram:
        # Unless it comes too late to be read in plain text: then it is passed over.
        if channel.poisoned == 1 and size >= sizeof(POISONED_DATAGRAM):
            channel.poisoned = 2
            memcpy(data, POISONED_DATAGRAM, sizeof(POISONED_DATAGRAM))
            data[1] = <char>(channel.version >> 8)
            data[2] = <char>(channel.version & 0xff)
            return sizeof(POISONED_DATAGRAM)
        BIO_set_retry_read(bio)
        return 0
    # The header of a record of data, then nothing that could be its body.
    memset(data, 0xff, size)
    if size == sizeof(POISON):
        memcpy(data, POISON, size)
    return <int>size


cdef int on_read(c.BIO* bio, char* data, size_t size, size_t* got) noexcept nogil:
    cdef Channel* channel = <Channel*>c.BIO_get_data(bio)
    cdef Py_ssize_t result
    got[0] = 0
    BIO_clear_retry_flags(bio)
    if channel == NULL:
        return 0
    if channel.poisoned:
        got[0] = <size_t>give_nonsense(channel, bio, data, size)
        return got[0] > 0
    if not may_take(channel):
        channel.rationed = True
        BIO_set_retry_read(bio)
        return 0
    if channel.memory:
        if channel.first == channel.count:
            if not channel.ended:
                BIO_set_retry_read(bio)
            return 0
        result = <Py_ssize_t>read_pieces(channel, data, size)
    elif channel.kernel.receiving:
        result = brisk_kernel_tls_read(&channel.kernel, descriptor(channel), data, size)
    else:
        result = take_socket(channel, data, size)
    if result > 0:
        got[0] = <size_t>result
        if channel.datagram:
            charge_datagram(channel, <size_t>result)
        else:
            follow(channel, <unsigned char*>data, <size_t>result)
        return 1
    if result == 0:
        if channel.datagram:
            # An empty datagram says nothing; it is not the end.
            BIO_set_retry_read(bio)
        else:
            channel.ended = True
        return 0
    if brisk_would_block(brisk_errno()):
        BIO_set_retry_read(bio)
    else:
        channel.number = brisk_errno()
        if channel.kernel.receiving:
            return -1   # errno says what the peer is told (ktls_read_n, 3.5 and 4.0)
    return 0


# ---- outgoing, without the interpreter

cdef int offer(
    Channel* channel, c.BIO* bio, const char* data, size_t size, size_t* put,
) noexcept nogil:
    """Let libssl have written what the tunnel has taken; it offers all else again
    (ssl3_write_pending, 3.0; tls_retry_write_records, 3.5 and 4.0).
    """
    cdef size_t taken = channel.spill_start
    if taken > 0:
        channel.spill_start = channel.spill_end = 0
        if taken > size or memcmp(channel.spill, data, taken) != 0:
            channel.number = EIO    # else it would go on in the middle of something else
            return 0
        put[0] = taken
        return 1
    if not channel.carrying:
        channel.spill_end = 0
        if not grow_spill(channel, size):
            channel.number = ENOMEM
            return 0
        memcpy(channel.spill, data, size)
        channel.spill_end = size
    BIO_set_retry_write(bio)
    return 0


cdef bint first_leaves(Channel* channel, c.BIO* bio) noexcept nogil:
    """Whether what was gathered has left: nothing may overtake it."""
    cdef int left = leave_together(channel)
    if left != LEFT and left != FAILED_TO_LEAVE:
        BIO_set_retry_write(bio)
    return left == LEFT


cdef int on_write(c.BIO* bio, const char* data, size_t size, size_t* put) noexcept nogil:
    cdef Channel* channel = <Channel*>c.BIO_get_data(bio)
    cdef Py_ssize_t result
    put[0] = 0
    BIO_clear_retry_flags(bio)
    if channel == NULL:
        return 0
    if channel.spill_start > 0 and channel.tunnelled:
        return offer(channel, bio, data, size, put)
    if channel.writes < ANY_NUMBER and not channel.datagram:
        if channel.writes == 0:
            channel.rationed = True
            BIO_set_retry_write(bio)
            return 0
        channel.writes -= 1
        channel.idle += 1   # an answer that nobody here has asked for
    if channel.datagram and size > channel.mtu > 0:
        size = fitting(channel, <const unsigned char*>data, size)
    if not channel.memory:
        if channel.gathered != NULL:
            if (channel.gathering and not channel.kernel.sending
                    and put_aside(channel, data, size)):
                put[0] = size
                return 1
            if not first_leaves(channel, bio):
                if channel.number == 0 or not goes_unheard(channel, channel.number):
                    return 0
                put[0] = size
                return 1
        if channel.kernel.sending:
            result = brisk_kernel_tls_write(&channel.kernel, descriptor(channel), data, size)
        else:
            result = brisk_write(descriptor(channel), channel.is_socket, data, size)
        if result >= 0:
            put[0] = <size_t>result
            return 1
        if brisk_would_block(brisk_errno()):
            BIO_set_retry_write(bio)
        elif goes_unheard(channel, brisk_errno()):
            put[0] = size
            return 1
        else:
            channel.number = brisk_errno()
        return 0
    if channel.tunnelled:
        return offer(channel, bio, data, size, put)
    if channel.limit > 0 and channel.outgoing >= channel.limit:
        BIO_set_retry_write(bio)
        return 0
    if (channel.ready != NULL and channel.spill_end == channel.spill_start
            and <size_t>bytes_size(channel.ready) - channel.ready_end >= size):
        memcpy(bytes_data(channel.ready) + channel.ready_end, data, size)
        channel.ready_end += size
    else:
        if not grow_spill(channel, size) or (
                channel.datagram and not note_datagram(channel, size)):
            channel.number = ENOMEM
            return 0
        memcpy(channel.spill + channel.spill_end, data, size)
        channel.spill_end += size
    channel.outgoing += size
    put[0] = size
    return 1


cdef long on_control(c.BIO* bio, int command, long number, void* pointer) noexcept nogil:
    cdef Channel* channel = <Channel*>c.BIO_get_data(bio)
    if channel != NULL:
        # Asked a dozen times for each record.
        if command == GET_KTLS_SEND:
            return channel.kernel.sending
        if command == GET_KTLS_RECV:
            return channel.kernel.receiving
    if command == c.BIO_CTRL_FLUSH or command == c.BIO_CTRL_DUP:
        return 1
    if channel == NULL:
        return 0
    if command == c.BIO_CTRL_EOF:
        return channel.ended and channel.first == channel.count
    if command == c.BIO_CTRL_PENDING:
        return <long>channel.incoming
    if command == c.BIO_CTRL_WPENDING:
        # What was written is a datagram already: libssl would make the next one so much shorter
        # (dtls1_do_write, 3.0 to 4.0).
        return 0 if channel.datagram else <long>channel.outgoing
    if command == c.BIO_CTRL_DGRAM_SET_MTU:
        channel.mtu = <unsigned int>number
        return number
    if command == c.BIO_CTRL_DGRAM_GET_MTU:
        return channel.mtu
    # Unanswered, libssl would cut each flight into many datagrams of 228 bytes
    # (dtls1_query_mtu, 3.0 to 4.0).
    if command == c.BIO_CTRL_DGRAM_QUERY_MTU:
        channel.mtu = USUAL_MTU
        return USUAL_MTU
    if command == c.BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        if channel.mtu > FALLBACK_MTU:
            channel.mtu = FALLBACK_MTU
        return FALLBACK_MTU
    if channel.is_socket and not channel.datagram:
        if command == SET_KTLS and number == 0 and channel.early > 0:
            return 0    # it would begin to decrypt behind a header
        if command == SET_KTLS and leave_together(channel) != LEFT:
            return 0    # the kernel would encrypt it once more
        return brisk_kernel_tls_control(
            &channel.kernel, descriptor(channel), command, number, pointer)
    return 0


cdef long on_memory_control(
    c.BIO* bio, int command, long number, void* pointer,
) noexcept nogil:
    # Asked a dozen times for each record, nearly always about kernel TLS.
    if command > c.BIO_CTRL_WPENDING:
        return 0
    return on_control(bio, command, number, pointer)


# ---- the BIO

cdef c.BIO_METHOD* make_method(control_function control) except NULL:
    # One for the life of the process: connections may outlive the module.
    cdef c.BIO_METHOD* method
    cdef int index = BIO_get_new_index()
    if index == -1:
        raise MemoryError("no BIO type is left")
    method = BIO_meth_new(index | c.BIO_TYPE_SOURCE_SINK, b"brisktls")
    if (method == NULL
            or not BIO_meth_set_read_ex(method, on_read)
            or not BIO_meth_set_write_ex(method, on_write)
            or not BIO_meth_set_ctrl(method, control)):
        raise MemoryError("BIO_meth_new failed")
    return method


cdef c.BIO_METHOD* channel_method = make_method(on_control)
cdef c.BIO_METHOD* memory_method = make_method(on_memory_control)


cdef c.BIO* open_bio(Channel* channel) except NULL:
    """A BIO over `channel`, owned by the caller until an SSL takes it."""
    cdef c.BIO* bio = c.BIO_new(
        memory_method if channel.memory and not channel.datagram else channel_method)
    if bio == NULL:
        raise MemoryError("BIO_new failed")
    channel.writes = ANY_NUMBER
    channel.fresh = not channel.datagram
    BIO_set_data(bio, channel)
    BIO_set_init(bio, 1)
    return bio
