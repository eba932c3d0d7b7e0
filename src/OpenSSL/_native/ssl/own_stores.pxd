cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.ssl.commands cimport Commands
from OpenSSL._native.ssl.connection cimport Connection

# Carry out a command for a connection, and note what has to stay with it.
cdef int carry_out_for(
    Connection connection, Commands commands, bytes name, bytes value) except -1
