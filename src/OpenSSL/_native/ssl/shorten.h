/* A bytes object that was made for more than came.
 *
 * Its contents are the only copy of what a peer has sent, and _PyBytes_Resize throws
 * them away when there is no memory, even for less of it.  This never fails.
 */
#ifndef BRISKTLS_SHORTEN_H
#define BRISKTLS_SHORTEN_H

#include <Python.h>
#include <stddef.h>

/* Make `*bytes`, which nobody else has seen, one of `size` bytes, at least 1. */
static inline void brisk_shorten(PyObject **bytes, Py_ssize_t size)
{
    if (size == PyBytes_GET_SIZE(*bytes))
        return;
#ifndef Py_TRACE_REFS   /* there the interpreter knows objects by their address */
    PyObject *moved = PyObject_Realloc(*bytes, offsetof(PyBytesObject, ob_sval) + size + 1);
    if (moved != NULL)
        *bytes = moved;
    /* else it keeps its room, and only says that it is shorter */
#endif
    Py_SET_SIZE(*bytes, size);
    PyBytes_AS_STRING(*bytes)[size] = '\0';
}

#endif
