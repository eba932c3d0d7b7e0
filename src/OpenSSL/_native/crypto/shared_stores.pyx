"""Trust anchors that are parsed once and shared by the Contexts that name the same files.

Theory.  Parsing the platform's certificates costs a thousand times what a Context
does.  A parsed store is kept for each pair of file and folder, together with what
they looked like, and given to every Context that has no other trust; a Context that
wants more, or whose store somebody asks for, gets one of its own first.  A store is
shared only as it was parsed: files that look different now, or that changed so
lately that a further change might not show, and a store that has since taken more
from its folder, are parsed again.
"""

import os as _os
from time import time as _time

from libc.stdlib cimport getenv

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
from OpenSSL._native.common.rules cimport store_changed
from OpenSSL._native.crypto.stores cimport X509Store, wrap_store

cdef extern from "compat.h" nogil:
    int X509_STORE_set_default_paths(c.X509_STORE* store)
    const char* X509_get_default_cert_dir()
    const char* X509_get_default_cert_dir_env()
    const char* X509_get_default_cert_file()
    const char* X509_get_default_cert_file_env()

cdef enum:
    MOST = 16       # stores that are kept
    SETTLED = 2     # seconds after which a change shows in a file's times


cdef class Anchors:
    """One parsed store, and what it was made of."""
    cdef object looks
    cdef int count
    cdef X509Store store


# What was asked for -> Anchors.  Entries are replaced, never changed.  Not declared as a
# dict: Cython would borrow an entry that another thread can replace at the same moment.
cdef object parsed = {}


cdef object look(bytes path):
    """What tells one state of a file or folder from another; None where there is none."""
    try:
        found = _os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


cdef bint settled(object looks) except -1:
    """Whether it has looked so for long enough that any change would show."""
    return looks is None or max(looks[3:]) < (_time() - SETTLED) * 1e9


cdef bytes platform_place(const char* variable, const char* otherwise):
    cdef const char* named = getenv(variable)
    return <bytes>named if named != NULL else <bytes>otherwise


cdef const char* platform_folder() noexcept:
    cdef const char* named = getenv(X509_get_default_cert_dir_env())
    return named if named != NULL else X509_get_default_cert_dir()


cdef X509Store parse(bytes file, bytes folder, bint platform):
    """A new store; None when OpenSSL complains, which it will do again for the caller."""
    cdef const char* from_file = NULL if file is None else <const char*>file
    cdef const char* from_folder = NULL if folder is None else <const char*>folder
    cdef c.X509_STORE* handle = c.X509_STORE_new()
    cdef X509Store store
    cdef int good
    if handle == NULL:
        errors.clear()
        return None
    store = wrap_store(handle)
    store_changed(handle, from_folder)
    with nogil:
        errors.clear()
        if platform:
            good = X509_STORE_set_default_paths(handle)
        else:
            good = c.X509_STORE_load_locations(handle, from_file, from_folder)
    errors.clear()
    store_changed(handle)
    return store if good == 1 else None


def platform_places() -> tuple[bytes, bytes, bool]:
    """The file and the folders that OpenSSL looks into, and whether the environment names them."""
    file = platform_place(X509_get_default_cert_file_env(), X509_get_default_cert_file())
    folder = platform_place(X509_get_default_cert_dir_env(), X509_get_default_cert_dir())
    named = (getenv(X509_get_default_cert_file_env()) != NULL
             or getenv(X509_get_default_cert_dir_env()) != NULL)
    return file, folder, named


cdef X509Store shared_store(bytes file, bytes folder, bint platform):
    """The store of these places, not to be changed; None where none can be shared."""
    cdef Anchors anchors
    if platform:
        file = platform_place(
            X509_get_default_cert_file_env(), X509_get_default_cert_file())
        folder = <bytes>platform_folder()
    key = (file, folder, bool(platform))
    of_file = None if file is None else look(file)
    of_folder = None if folder is None else look(folder)
    looks = (of_file, of_folder)
    if not settled(of_file) or not settled(of_folder):
        return None
    anchors = parsed.get(key)
    if (anchors is not None and anchors.looks == looks
            and c.brisk_store_size(anchors.store.held()) == anchors.count):
        return anchors.store
    anchors = Anchors.__new__(Anchors)
    anchors.looks = looks
    anchors.store = parse(file, folder, platform)
    if anchors.store is None:
        return None
    anchors.count = c.brisk_store_size(anchors.store.held())
    if anchors.count < 0:
        return None
    if len(parsed) >= MOST:
        parsed.clear()
    parsed[key] = anchors
    return anchors.store
