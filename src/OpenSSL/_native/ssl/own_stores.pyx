"""Stores and parameters that commands give to one connection.

Theory.  libssl keeps them beside the certificate.  There a connection shares the stores of its
Context (ssl_cert_dup, 3.0 to 4.0), so a command that adds to one would have all connections of
the Context believe whom one was told to believe: a connection's commands fill stores of its own.
And with another Context they would be gone, so they are kept here, and set again as they are.
"""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.crypto.keys cimport PKey
from OpenSSL._native.crypto.stores cimport X509Store, wrap_store
from OpenSSL._native.ssl.adoption cimport OWN_CHAINS, OWN_PARAMETERS, OWN_TRUST, put_parameters
from OpenSSL._native.ssl.ciphers cimport parameters_from
from OpenSSL._native.ssl.commands cimport Commands, carry_out
from OpenSSL._native.ssl.connection cimport Connection

cdef extern from "compat.h" nogil:
    long SSL_get0_verify_cert_store(s.SSL* ssl, c.X509_STORE** store)
    long SSL_get0_chain_cert_store(s.SSL* ssl, c.X509_STORE** store)

cdef frozenset VERIFYING = frozenset((b"verifycafile", b"verifycapath", b"verifycastore"))
cdef frozenset SHOWN = frozenset((b"certificate", b"privatekey"))
cdef frozenset CHAINING = frozenset((b"chaincafile", b"chaincapath", b"chaincastore"))


cdef X509Store store_of(s.SSL* ssl, bint verifying):
    """What the connection has from its Context; None for nothing."""
    cdef c.X509_STORE* store = NULL
    cdef long good
    errors.clear()
    if verifying:
        good = SSL_get0_verify_cert_store(ssl, &store)
    else:
        good = SSL_get0_chain_cert_store(ssl, &store)
    if good != 1:
        errors.fail_ssl("OpenSSL does not tell its stores")
    if store == NULL:
        return None
    if c.X509_STORE_up_ref(store) != 1:
        errors.fail_ssl("X509_STORE_up_ref failed")
    return wrap_store(store)


cdef int put_store(s.SSL* ssl, bint verifying, X509Store store) except -1:
    cdef c.X509_STORE* handle = NULL if store is None else store.held()
    cdef long good
    errors.clear()
    if verifying:
        good = s.SSL_set1_verify_cert_store(ssl, handle)
    else:
        good = s.SSL_set1_chain_cert_store(ssl, handle)
    if good != 1:
        errors.fail_ssl("the store cannot be used")
    return 0


cdef int fill_store(
    Connection connection, Commands commands, bytes name, bytes value, bint verifying,
) except -1:
    cdef str note = OWN_TRUST if verifying else OWN_CHAINS
    cdef X509Store before, own
    if connection.has_own(note):
        return carry_out(commands, name, value)
    before = store_of(connection.handle, verifying)
    own = X509Store()
    put_store(connection.handle, verifying, own)
    try:
        carry_out(commands, name, value)
        connection.note_rule(note, own)
    except BaseException:
        put_store(connection.handle, verifying, before)
        raise
    return 0


cdef int carry_out_for(
    Connection connection, Commands commands, bytes name, bytes value,
) except -1:
    cdef bytes command = name.lower()
    cdef PKey parameters
    if command in VERIFYING or command in CHAINING:
        return fill_store(connection, commands, name, value, command in VERIFYING)
    if command in SHOWN:
        connection.own_certificate()
    if command == b"dhparameters" and value is not None:
        # SSL_CONF_cmd would not tell what it has read, and some files can be read only once.
        parameters = parameters_from(value)
        put_parameters(connection.handle, parameters)
        connection.note_rule(OWN_PARAMETERS, parameters)
        return 0
    return carry_out(commands, name, value)
