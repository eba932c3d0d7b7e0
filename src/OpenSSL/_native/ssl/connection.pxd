from OpenSSL._native.ssl.sending cimport Sender

cdef class Connection(Sender):
    cdef int enter_memory(self) except -1
