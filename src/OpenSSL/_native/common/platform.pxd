# Declarations of platform.h: what differs between systems and interpreters.

# A truth, in a byte: there are many connections.
ctypedef unsigned char flag

cdef extern from "platform.h" nogil:
    ctypedef int brisk_fd
    bint BRISK_ALONE
    bint brisk_is_single()
    long long brisk_now()
    int brisk_errno()
    bint brisk_would_block(int number)
    int brisk_poll(brisk_fd fd, bint writing, int milliseconds)
    int brisk_is_socket(brisk_fd fd)
    bint brisk_is_local(brisk_fd fd)
    brisk_fd brisk_duplicate(brisk_fd fd)
    void brisk_close(brisk_fd fd)
    bint brisk_is_nonblocking(brisk_fd fd)
    Py_ssize_t brisk_read(brisk_fd fd, bint is_socket, char* data, size_t size)
    Py_ssize_t brisk_read_both(
        brisk_fd fd, char* data, size_t size, unsigned char* more, size_t room)
    Py_ssize_t brisk_write(brisk_fd fd, bint is_socket, const char* data, size_t size)
