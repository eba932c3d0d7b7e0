from OpenSSL._native.common.lock cimport brisk_forks

# How often this process has been forked: what threads held before, nobody will give back.
cdef brisk_forks forks
