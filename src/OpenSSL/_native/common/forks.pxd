from OpenSSL._native.common.lock cimport brisk_forks
from OpenSSL._native.common.platform cimport brisk_fd

cdef enum:
    FULL = -1

# How often this process has been forked: what threads held before, nobody will give back.
cdef brisk_forks forks

# Have children of a fork close a descriptor that is waited on; a place for it, or FULL.
cdef int lend(brisk_fd fd) noexcept nogil
# Nobody waits on it any more; to be called before it is closed.
cdef void take_back(int place) noexcept nogil
