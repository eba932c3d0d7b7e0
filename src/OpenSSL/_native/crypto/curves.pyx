"""The elliptic curves of the linked libcrypto."""

from libc.stdlib cimport calloc, free

cimport OpenSSL._native.common.libcrypto as c

cdef extern from "compat.h" nogil:
    size_t EC_get_builtin_curves(c.EC_builtin_curve* curves, size_t count)


def list_curves() -> list[tuple[int, str]]:
    """``(number, short name)`` of every curve built in."""
    cdef size_t count = EC_get_builtin_curves(NULL, 0)
    cdef c.EC_builtin_curve* curves = <c.EC_builtin_curve*>calloc(
        count or 1, sizeof(c.EC_builtin_curve))
    cdef size_t index
    cdef bytes name
    cdef list found = []
    if curves == NULL:
        raise MemoryError()
    try:
        count = min(count, EC_get_builtin_curves(curves, count))
        for index in range(count):
            name = c.OBJ_nid2sn(curves[index].nid)
            found.append((curves[index].nid, name.decode("ascii")))
        return found
    finally:
        free(curves)
