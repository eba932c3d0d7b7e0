# Declarations of platform.h: the lock and the calls that never block.

# A truth, in a byte: there are many connections.
ctypedef unsigned char flag

cdef extern from "platform.h" nogil:
    ctypedef struct brisk_lock:
        pass
    ctypedef struct brisk_forks:
        unsigned long count
        unsigned long thread
    ctypedef int brisk_fd
    void brisk_lock_init(brisk_lock* lock)
    void brisk_lock_destroy(brisk_lock* lock)
    bint brisk_lock_was_forked(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_lock_is_mine(brisk_lock* lock, const brisk_forks* forks)
    bint brisk_lock_is_free(brisk_lock* lock)
    bint brisk_lock_try(brisk_lock* lock, const brisk_forks* forks)
    void brisk_lock_wait(brisk_lock* lock, const brisk_forks* forks)
    void brisk_lock_again(brisk_lock* lock)
    void brisk_lock_leave(brisk_lock* lock)
    bint BRISK_ALONE
    bint brisk_is_single()
    void brisk_count_add(long* count, long change)
    long brisk_count_get(long* count)
    void brisk_yield()
    void brisk_count_wait(long* count)
    int brisk_errno()
    bint brisk_would_block(int number)
    int brisk_poll(brisk_fd fd, bint writing, int milliseconds)
    int brisk_is_socket(brisk_fd fd)
    brisk_fd brisk_duplicate(brisk_fd fd)
    void brisk_close(brisk_fd fd)
    bint brisk_is_nonblocking(brisk_fd fd)
    Py_ssize_t brisk_read(brisk_fd fd, bint is_socket, char* data, size_t size)
    Py_ssize_t brisk_write(brisk_fd fd, bint is_socket, const char* data, size_t size)
