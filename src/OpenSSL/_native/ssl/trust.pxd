from OpenSSL._native.crypto.stores cimport X509Store
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context

# The store in use, which may be shared: for reading alone.
cdef X509Store borrowed_store(Context context)
# Keep a store alive that is about to be replaced.
cdef int keep_store_alive(Context context, X509Store replaced) except -1
# See to it that the store may be changed.
cdef int own_store(Context context) except -1
