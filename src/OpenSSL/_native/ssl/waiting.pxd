from OpenSSL._native.common.platform cimport brisk_fd
from OpenSSL._native.ssl.channel cimport Channel

cdef bint is_dear() noexcept
cdef void came_back(long long asked) noexcept
cdef brisk_fd descriptor(object socket) except -1
cdef brisk_fd still_open(object socket, brisk_fd known) except -1
cdef int check_open(object socket, Channel* channel) except -1
cdef int borrow(object socket, Channel* channel) except -1
cdef double patience(object socket, brisk_fd fd) except -2
cdef int check_deadline(double patience, double* deadline) except -1
cdef int wait(
    object socket, brisk_fd fd, bint writing, double patience, double* deadline,
    double at_most,
) except -1
