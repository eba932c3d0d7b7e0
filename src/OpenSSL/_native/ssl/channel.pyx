"""Channel stands between one SSL and its transport: a descriptor, or memory.

Theory.  In memory, what comes in stays in the caller's own bytes objects and is
read from there, and what goes out is written straight into a bytes object made
for it (``ready``), so each side is copied once, by libssl itself.  What does not
fit goes to ``spill``.  libssl's side of it, in ``bio``, runs without the
interpreter and only counts; here, with it, references are taken and given back.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF, PyObject
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove, memset

from OpenSSL._native.common.platform cimport brisk_close, brisk_fd

cdef extern from "kernel_tls.h" nogil:
    void brisk_kernel_tls_free(brisk_kernel_tls* kernel)

cdef extern from "spares.h" nogil:
    size_t BRISK_SPARE_SIZE
    char* brisk_take_spare()
    void brisk_give_spare(char* given)

cdef extern from "shorten.h":
    void brisk_shorten(PyObject** bytes, Py_ssize_t size)

cdef extern from "Python.h":
    PyObject* bytes_of_size "PyBytes_FromStringAndSize"(const char* data, Py_ssize_t size)
    void PyErr_Clear()
    char* bytes_data "PyBytes_AS_STRING"(PyObject* bytes) nogil
    Py_ssize_t bytes_size "PyBytes_GET_SIZE"(PyObject* bytes) nogil

cdef enum:
    RECORD = 16384        # the most that one record carries, in bytes
    USUAL_OVERHEAD = 32   # what the ciphers of today add to it; the older ones spill
    MOST_OVERHEAD = 512   # more than any cipher adds: then it was more than one record
    SMALL_SPILL = 512     # what a drained spill may keep
    AT_HAND = 16384       # bytes that malloc gives without asking the system
    MOST_PIECES = 1 << 30  # their count has 32 bits


# ---- its beginning and end

cdef void return_borrowed(Channel* channel) noexcept nogil:
    cdef brisk_fd borrowed = channel.borrowed
    if borrowed != <brisk_fd>-1:
        channel.borrowed = <brisk_fd>-1
        brisk_close(borrowed)


cdef Gather* make_gathered(size_t size) noexcept nogil:
    """Room for the records of a burst, or so many bytes, whatever is less; NULL without memory."""
    cdef Gather* gathered = <Gather*>malloc(sizeof(Gather))
    if gathered == NULL:
        return NULL
    gathered.spare = size > AT_HAND
    gathered.room = BRISK_SPARE_SIZE if gathered.spare else size
    gathered.records = brisk_take_spare() if gathered.spare else <char*>malloc(size)
    if gathered.records == NULL:
        free(gathered)
        return NULL
    gathered.start = gathered.end = 0
    gathered.count = 0
    return gathered


cdef void free_records(Gather* gathered) noexcept nogil:
    if gathered.spare:
        brisk_give_spare(gathered.records)
    else:
        free(gathered.records)


cdef void free_gathered(Channel* channel) noexcept nogil:
    if channel.gathered != NULL:
        free_records(channel.gathered)
        free(channel.gathered)
        channel.gathered = NULL
        channel.flight = False


cdef void keep_rest(Channel* channel) noexcept nogil:
    """Put what has not left into memory of its size: nobody waits for it, so it may be long.

    Who waits sends it soon: to copy it would cost more than all the rest of a burst.
    """
    cdef Gather* gathered = channel.gathered
    cdef size_t size
    cdef unsigned int number
    cdef char* rest
    if gathered == NULL or not gathered.spare:
        return
    size = gathered.end - gathered.start
    rest = <char*>malloc(size)
    if rest == NULL:
        return      # it waits where it is
    memcpy(rest, gathered.records + gathered.start, size)
    free_records(gathered)
    gathered.records = rest
    gathered.spare = False
    gathered.room = gathered.end = size
    for number in range(gathered.count):
        gathered.ends[number] -= (
            gathered.start if gathered.start < gathered.ends[number] else gathered.ends[number])
    gathered.start = 0


cdef void close_channel(Channel* channel) noexcept:
    """Give everything back; the SSL and with it the BIO are gone already."""
    return_borrowed(channel)    # of a thread that is not in this child of a fork
    channel.first = channel.count
    give_back(channel)
    free(channel.pieces)
    Py_XDECREF(channel.ready)
    free(channel.spill)
    free_gathered(channel)
    if channel.datagrams != NULL:
        free(channel.datagrams.sizes)
        free(channel.datagrams)
    brisk_kernel_tls_free(&channel.kernel)
    memset(channel, 0, sizeof(Channel))


# ---- incoming

cdef void give_back(Channel* channel) noexcept:
    """Drop the references to pieces that have been read."""
    cdef PyObject* owner
    while channel.freed < channel.first:
        owner = channel.pieces[channel.freed].owner
        channel.freed += 1
        Py_DECREF(<object>owner)
    if channel.first == channel.count:
        channel.freed = channel.first = channel.count = 0


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


cdef bint look_at_header(const Channel* channel, unsigned char* header) noexcept nogil:
    """The next record's header, five bytes, if it is here and was not begun."""
    cdef unsigned int number = channel.first
    cdef size_t offset = channel.offset
    cdef unsigned int count = 0
    if channel.header > 0 or not channel.memory:
        memcpy(header, channel.early_header, sizeof(channel.early_header))
        return channel.early == sizeof(channel.early_header)
    while count < sizeof(channel.early_header):
        if number == channel.count:
            return False
        if offset == channel.pieces[number].size:
            number += 1
            offset = 0
            continue
        header[count] = bytes_data(channel.pieces[number].owner)[offset]
        offset += 1
        count += 1
    return True


cdef bint next_is_long(const Channel* channel) noexcept nogil:
    """Whether the record that is read next takes time, as far as is known."""
    if channel.early == sizeof(channel.early_header):
        return (<size_t>channel.early_header[3] << 8 | channel.early_header[4]) > LIGHT
    return channel.large    # the present one, or the last one


cdef size_t lacking(const Channel* channel) noexcept nogil:
    """How many bytes are of use now: the rest of a header, or of its record."""
    cdef size_t whole = sizeof(channel.early_header)
    if channel.header < whole:
        return whole - channel.header
    return whole + channel.length - channel.partial


cdef object take_back(Channel* channel):
    """What was queued and has not been read; one datagram where these are that."""
    cdef Piece* piece
    cdef list parts = []
    cdef unsigned int number
    for number in range(channel.first, channel.count):
        piece = &channel.pieces[number]
        parts.append(<object>piece.owner)
        if channel.datagram:
            break
    data = b"".join(parts)
    if channel.datagram:
        channel.incoming -= PyBytes_GET_SIZE(data)
        channel.first += len(parts)
    else:
        data = data[channel.offset:]
        channel.incoming = 0
        channel.first = channel.count
    channel.offset = 0
    give_back(channel)
    return data


# ---- outgoing

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
    if (channel.payload > 0 and size > channel.payload + channel.overhead
            and size <= channel.payload + MOST_OVERHEAD):
        # Next time it will fit exactly; what varies (CBC) is learned bit by bit.
        channel.overhead = <unsigned int>size - channel.payload
    brisk_shorten(&ready, size)
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
        if channel.spill_room > SMALL_SPILL:
            free(channel.spill)
            channel.spill = NULL
            channel.spill_room = 0
    return data


# ---- both

cdef void trim(Channel* channel) noexcept:
    """Give back what holds nothing now."""
    if channel.first == channel.count and channel.room > 0:
        give_back(channel)
        free(channel.pieces)
        channel.pieces = NULL
        channel.room = 0
    if (channel.spill_start == channel.spill_end and channel.spill_room > 0
            and not (channel.tunnelled and channel.spill_end > 0)):
        free(channel.spill)
        channel.spill = NULL
        channel.spill_start = channel.spill_end = channel.spill_room = 0
    if channel.ready_end == 0 and channel.ready != NULL:
        Py_XDECREF(channel.ready)
        channel.ready = NULL
