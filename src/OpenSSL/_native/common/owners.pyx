"""What the owners of OpenSSL's objects have in common: one handle, NULL until there is one.

Theory.  A class cannot have a handle of another type than its base, so here it is a pointer to
anything.  The class's own ``held`` gives it its type back, and nothing but ``held`` and the
class's own ``free`` casts it.  Freeing stays in each class's ``__dealloc__``, for a base does
not know how, and its own would run after the fields of the class are gone.
"""

cimport OpenSSL._native.common.errors as errors

# Native class -> the subclass of it that is made for people.
cdef dict faces = {}


def set_face(type native not None, type face not None) -> None:
    """Say which subclass of a native class is made for people."""
    faces[native] = face


cdef class Owner:
    """The owner of one handle of OpenSSL's."""

    cdef bint begins(self) noexcept:
        if self.handle != NULL:
            return False
        errors.clear()
        return True

    cdef int begin(self, void* made, str what) except -1:
        if made == NULL:
            errors.fail_crypto(f"no memory for {what}")
        self.handle = made
        return 0

    cdef void* some(self, str kind) except NULL:
        if self.handle == NULL:
            raise ValueError(f"{kind}.__init__ has not run")
        return self.handle


cdef object new(type kind):
    cdef object face = faces.get(kind, kind)
    return face.__new__(face)


cdef object wrap(type kind, void* taken, free_handle free):
    cdef Owner made
    try:
        made = new(kind)
    except BaseException:
        free(taken)
        raise
    made.handle = taken
    return made
