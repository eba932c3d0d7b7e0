ctypedef void (*free_handle)(void*) noexcept nogil

cdef class Owner:
    # Owned, and NULL until __init__ has run; its type is what the class's own `held` returns.
    cdef void* handle
    cdef object __weakref__

    # In __init__: whether there is no handle yet; and have this one, or raise where it is NULL.
    cdef bint begins(self) noexcept
    cdef int begin(self, void* made, str what) except -1
    # The handle, or ValueError where there is none.
    cdef void* some(self, str kind) except NULL

# An empty object of the class that people know, in the place of a native one.
cdef object new(type kind)
# The same, which owns the handle; that is freed where this fails.
cdef object wrap(type kind, void* taken, free_handle free)
