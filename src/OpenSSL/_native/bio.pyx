"""Our own BIOs: how bytes get in and out of libssl.

Theory.  One ``Channel`` stands between one SSL and its transport.  Over a
descriptor, reads and writes are handed on in calls that never block; waiting
is the Connection's business, outside libssl and outside every lock.  In
memory, what comes in stays in the caller's own bytes objects and is read from
there, and what goes out is written straight into a bytes object made for it
(``ready``), so each side is copied once, by libssl itself.  What does not fit
goes to ``spill``.  The C functions run without the interpreter: they touch no
reference count; ``give_back`` and ``take`` do, later, with it.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF, PyObject
from libc.errno cimport ENOMEM
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memmove, memset

from OpenSSL._native cimport libcrypto as c
from OpenSSL._native.platform cimport (
    brisk_close, brisk_errno, brisk_fd, brisk_read, brisk_would_block, brisk_write,
)

cdef extern from "kernel_tls.h" nogil:
    long brisk_kernel_tls_control(
        brisk_kernel_tls* kernel, brisk_fd fd, int command, long number, void* pointer)
    Py_ssize_t brisk_kernel_tls_read(
        brisk_kernel_tls* kernel, brisk_fd fd, char* data, size_t size)
    Py_ssize_t brisk_kernel_tls_write(
        brisk_kernel_tls* kernel, brisk_fd fd, const char* data, size_t size)
    void brisk_kernel_tls_free(brisk_kernel_tls* kernel)

cdef extern from "Python.h":
    int _PyBytes_Resize(PyObject** bytes, Py_ssize_t size) except -1
    PyObject* bytes_of_size "PyBytes_FromStringAndSize"(const char* data, Py_ssize_t size)
    void PyErr_Clear()
    char* bytes_data "PyBytes_AS_STRING"(PyObject* bytes) nogil
    Py_ssize_t bytes_size "PyBytes_GET_SIZE"(PyObject* bytes) nogil


ctypedef long (*control_function)(
    c.BIO* bio, int command, long number, void* pointer) noexcept nogil

cdef size_t UNBOUNDED = <size_t>-1
cdef unsigned char[5] POISON
POISON[:] = [0x17, 0x03, 0x03, 0x00, 0x20]

cdef enum:
    HEADER = 5            # bytes before the body of a record
    RECORD = 16384        # the most that one record carries, in bytes
    USUAL_OVERHEAD = 32   # what the ciphers of today add to it; the older ones spill
    FIRST_SPILL = 512     # what a drained spill may keep
    MOST_PIECES = 1 << 30  # their count has 32 bits
    # Payloads of datagrams: what gets through nearly everywhere, and what IPv4
    # owes to everybody, to which libssl falls back when packets get lost.
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


cdef void follow(Channel* channel, const unsigned char* data, size_t size) noexcept nogil:
    """Keep count of where in a record the bytes that were taken end."""
    cdef size_t part
    while size > 0:
        if channel.header < HEADER:
            # Type, version, and then the length.
            if channel.header >= HEADER - 2:
                channel.length = (channel.length << 8 | data[0]) & 0xffff
            channel.header += 1
            channel.partial += 1
            part = 1
        else:
            part = HEADER + channel.length - channel.partial
            if part > size:
                part = size
            channel.partial += <unsigned int>part
        data += part
        size -= part
        if channel.header == HEADER and channel.partial == HEADER + channel.length:
            channel.header = channel.partial = channel.length = 0


cdef int on_read(c.BIO* bio, char* data, size_t size, size_t* got) noexcept nogil:
    cdef Channel* channel = <Channel*>c.BIO_get_data(bio)
    cdef Py_ssize_t result
    got[0] = 0
    c.BIO_clear_retry_flags(bio)
    if channel == NULL:
        return 0
    if channel.poisoned:
        # The header of a record of data, then nothing that could be its body.
        memset(data, 0xff, size)
        if size == sizeof(POISON):
            memcpy(data, POISON, size)
        got[0] = size
        return 1
    if channel.memory:
        if channel.first == channel.count:
            if not channel.ended:
                c.BIO_set_retry_read(bio)
            return 0
        got[0] = read_pieces(channel, data, size)
        return 1
    if channel.kernel.receiving:
        result = brisk_kernel_tls_read(&channel.kernel, descriptor(channel), data, size)
    else:
        if size > channel.allowance:
            size = channel.allowance
            if size == 0:
                c.BIO_set_retry_read(bio)
                return 0
        result = brisk_read(descriptor(channel), channel.is_socket, data, size)
        channel.drained = result < <Py_ssize_t>size
    if result > 0:
        got[0] = <size_t>result
        if channel.allowance != UNBOUNDED:
            channel.allowance -= <size_t>result
        if not channel.datagram:
            follow(channel, <unsigned char*>data, <size_t>result)
        return 1
    if result == 0:
        if channel.datagram:
            # An empty datagram says nothing; it is not the end.
            c.BIO_set_retry_read(bio)
        else:
            channel.ended = True
        return 0
    if brisk_would_block(brisk_errno()):
        c.BIO_set_retry_read(bio)
    else:
        channel.number = brisk_errno()
        if channel.kernel.receiving:
            return -1   # libssl looks at errno then, and tells the peer
    return 0


# ---- outgoing, without the interpreter

cdef bint grow_spill(Channel* channel, size_t size) noexcept nogil:
    """Make room for `size` more bytes at the end of the spill."""
    cdef size_t used = channel.spill_end - channel.spill_start
    cdef size_t room
    cdef char* new
    if channel.spill_room - channel.spill_end >= size:
        return True
    if channel.spill_start > 0 and channel.spill_start >= channel.spill_room // 2:
        memmove(channel.spill, channel.spill + channel.spill_start, used)
        channel.spill_start = 0
        channel.spill_end = used
        if channel.spill_room - used >= size:
            return True
    room = channel.spill_room * 2 if channel.spill_room > 0 else FIRST_SPILL
    while room - channel.spill_end < size:
        if room > (<size_t>-1) // 4:
            return False
        room *= 2
    new = <char*>realloc(channel.spill, room)
    if new == NULL:
        return False
    channel.spill = new
    channel.spill_room = room
    return True


cdef bint note_datagram(Channel* channel, size_t size) noexcept nogil:
    cdef Datagrams* noted = channel.datagrams
    cdef size_t room
    cdef size_t* new
    if noted == NULL:
        noted = <Datagrams*>calloc(1, sizeof(Datagrams))
        if noted == NULL:
            return False
        channel.datagrams = noted
    if noted.first == noted.count:
        noted.first = noted.count = 0
    if noted.count == noted.room:
        room = noted.room * 2 if noted.room > 0 else 8
        new = <size_t*>realloc(noted.sizes, room * sizeof(size_t))
        if new == NULL:
            return False
        noted.sizes = new
        noted.room = room
    noted.sizes[noted.count] = size
    noted.count += 1
    return True


cdef int on_write(c.BIO* bio, const char* data, size_t size, size_t* put) noexcept nogil:
    cdef Channel* channel = <Channel*>c.BIO_get_data(bio)
    cdef Py_ssize_t result
    put[0] = 0
    c.BIO_clear_retry_flags(bio)
    if channel == NULL:
        return 0
    if not channel.memory:
        if channel.kernel.sending:
            result = brisk_kernel_tls_write(&channel.kernel, descriptor(channel), data, size)
        else:
            result = brisk_write(descriptor(channel), channel.is_socket, data, size)
        if result >= 0:
            put[0] = <size_t>result
            return 1
        if brisk_would_block(brisk_errno()):
            c.BIO_set_retry_write(bio)
        else:
            channel.number = brisk_errno()
        return 0
    if channel.limit > 0 and channel.outgoing >= channel.limit:
        c.BIO_set_retry_write(bio)
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
    if command == c.BIO_CTRL_FLUSH or command == c.BIO_CTRL_DUP:
        return 1
    if channel == NULL:
        return 0
    if command == c.BIO_CTRL_EOF:
        return channel.ended and channel.first == channel.count
    if command == c.BIO_CTRL_PENDING:
        return <long>channel.incoming
    if command == c.BIO_CTRL_WPENDING:
        return <long>channel.outgoing
    if command == c.BIO_CTRL_DGRAM_SET_MTU:
        channel.mtu = <unsigned int>number
        return number
    if command == c.BIO_CTRL_DGRAM_GET_MTU:
        return channel.mtu
    # Unanswered, libssl would cut each flight into many datagrams of 228 bytes.
    if command == c.BIO_CTRL_DGRAM_QUERY_MTU:
        return USUAL_MTU
    if command == c.BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return FALLBACK_MTU
    if channel.is_socket and not channel.datagram:
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


cdef void return_borrowed(Channel* channel) noexcept nogil:
    cdef brisk_fd borrowed = channel.borrowed
    if borrowed != <brisk_fd>-1:
        channel.borrowed = <brisk_fd>-1
        brisk_close(borrowed)


# ---- with the interpreter

cdef c.BIO_METHOD* make_method(control_function control) except NULL:
    # One for the life of the process: connections may outlive the module.
    cdef c.BIO_METHOD* method
    cdef int index = c.BIO_get_new_index()
    if index == -1:
        raise MemoryError("no BIO type is left")
    method = c.BIO_meth_new(index | c.BIO_TYPE_SOURCE_SINK, b"brisktls")
    if (method == NULL
            or not c.BIO_meth_set_read_ex(method, on_read)
            or not c.BIO_meth_set_write_ex(method, on_write)
            or not c.BIO_meth_set_ctrl(method, control)):
        raise MemoryError("BIO_meth_new failed")
    return method


cdef c.BIO_METHOD* channel_method = make_method(on_control)
cdef c.BIO_METHOD* memory_method = make_method(on_memory_control)


cdef c.BIO* open_channel(Channel* channel) except NULL:
    """A BIO over `channel`, owned by the caller until an SSL takes it."""
    cdef c.BIO* bio = c.BIO_new(
        memory_method if channel.memory and not channel.datagram else channel_method)
    if bio == NULL:
        raise MemoryError("BIO_new failed")
    channel.allowance = UNBOUNDED
    c.BIO_set_data(bio, channel)
    c.BIO_set_init(bio, 1)
    return bio


cdef void close_channel(Channel* channel) noexcept:
    """Give everything back; the SSL and with it the BIO are gone already."""
    return_borrowed(channel)    # of a thread that is not in this child of a fork
    channel.first = channel.count
    give_back(channel)
    free(channel.pieces)
    Py_XDECREF(channel.ready)
    free(channel.spill)
    if channel.datagrams != NULL:
        free(channel.datagrams.sizes)
        free(channel.datagrams)
    brisk_kernel_tls_free(&channel.kernel)
    memset(channel, 0, sizeof(Channel))


cdef void give_back(Channel* channel) noexcept:
    """Drop the references to pieces that have been read."""
    cdef PyObject* owner
    while channel.freed < channel.first:
        owner = channel.pieces[channel.freed].owner
        channel.freed += 1
        Py_DECREF(<object>owner)
    if channel.first == channel.count:
        channel.freed = channel.first = channel.count = 0


cdef void spare(Channel* channel) noexcept:
    """Give back what holds nothing now."""
    if channel.first == channel.count and channel.room > 0:
        give_back(channel)
        free(channel.pieces)
        channel.pieces = NULL
        channel.room = 0
    if channel.spill_start == channel.spill_end and channel.spill_room > 0:
        free(channel.spill)
        channel.spill = NULL
        channel.spill_start = channel.spill_end = channel.spill_room = 0
    if channel.ready_end == 0 and channel.ready != NULL:
        Py_XDECREF(channel.ready)
        channel.ready = NULL


cdef int feed(Channel* channel, object data) except -1:
    """Queue `data`, exactly a bytes object, to be read."""
    cdef size_t size = PyBytes_GET_SIZE(data)
    cdef unsigned int room
    cdef Piece* new
    if channel.count == channel.room:
        give_back(channel)
        if channel.freed > 0:
            memmove(channel.pieces, channel.pieces + channel.freed,
                    (channel.count - channel.freed) * sizeof(Piece))
            channel.first -= channel.freed
            channel.count -= channel.freed
            channel.freed = 0
        if channel.count * 2 >= channel.room:
            room = channel.room * 2 if channel.room > 0 else 4
            new = NULL
            if room < MOST_PIECES:
                new = <Piece*>realloc(channel.pieces, room * sizeof(Piece))
            if new == NULL:
                raise MemoryError()
            channel.pieces = new
            channel.room = room
    Py_INCREF(data)
    channel.pieces[channel.count].owner = <PyObject*>data
    channel.pieces[channel.count].size = size
    channel.count += 1
    channel.incoming += size
    return 0


cdef void make_ready(Channel* channel, size_t payload) noexcept:
    """Prepare a bytes object for the records of a payload, if none is in use."""
    cdef size_t overhead = channel.overhead if channel.overhead > 0 else USUAL_OVERHEAD
    cdef size_t size = payload + overhead * ((payload + RECORD - 1) // RECORD)
    if channel.ready_end > 0 or channel.spill_end != channel.spill_start or channel.datagram:
        return
    channel.payload = <unsigned int>payload if payload <= RECORD else 0
    if channel.ready != NULL:
        if <size_t>bytes_size(channel.ready) >= size:
            return
        Py_XDECREF(channel.ready)
    channel.ready = bytes_of_size(NULL, size)
    if channel.ready == NULL:
        PyErr_Clear()  # the spill will do, or fail where it can be reported


cdef object take_ready(Channel* channel):
    cdef PyObject* ready = channel.ready
    cdef object data
    cdef size_t size = channel.ready_end
    channel.ready = NULL
    channel.ready_end = 0
    channel.outgoing -= size
    if channel.payload > 0 and size > channel.payload + channel.overhead:
        # Next time it will fit exactly; what varies (CBC) is learned bit by bit.
        channel.overhead = <unsigned int>size - channel.payload
    _PyBytes_Resize(&ready, size)
    data = <object>ready
    Py_DECREF(data)
    return data


cdef object take(Channel* channel, size_t size):
    """Up to `size` outgoing bytes, or exactly one datagram; None when there is nothing."""
    cdef size_t part, total
    cdef object data
    cdef char* target
    cdef Datagrams* noted = channel.datagrams
    if channel.outgoing == 0 and (noted == NULL or noted.first == noted.count):
        return None
    if channel.datagram:
        total = noted.sizes[noted.first]
        if size < total:
            raise ValueError(
                f"the next datagram has {total} bytes, more than the {size} asked for"
            )
        size = total
    elif (channel.ready_end > 0 and channel.ready_start == 0
            and channel.ready_end == channel.outgoing and channel.ready_end <= size):
        return take_ready(channel)
    total = size if size < channel.outgoing else channel.outgoing
    data = PyBytes_FromStringAndSize(NULL, total)
    target = PyBytes_AS_STRING(data)
    channel.outgoing -= total
    part = channel.ready_end - channel.ready_start
    if part > total:
        part = total
    if part > 0:
        memcpy(target, bytes_data(channel.ready) + channel.ready_start, part)
        channel.ready_start += part
        if channel.ready_start == channel.ready_end:
            channel.ready_start = channel.ready_end = 0
    if total > part:
        memcpy(target + part, channel.spill + channel.spill_start, total - part)
        channel.spill_start += total - part
    if channel.datagram:
        noted.first += 1
    if channel.spill_start == channel.spill_end:
        channel.spill_start = channel.spill_end = 0
        if channel.spill_room > FIRST_SPILL:
            free(channel.spill)
            channel.spill = NULL
            channel.spill_room = 0
    return data
