"""How a peer's chain is verified: the rules of a Context, and of one connection."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libcrypto as c
cimport OpenSSL._native.common.libssl as s
cimport OpenSSL._native.ssl.targets as targets
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.criteria cimport Criteria

cdef extern from "compat.h" nogil:
    c.ASN1_OBJECT* OBJ_txt2obj(const char* name, int numeric)
    void ASN1_OBJECT_free(c.ASN1_OBJECT* kind)
    int X509_VERIFY_PARAM_set_purpose(c.X509_VERIFY_PARAM* param, int purpose)
    int X509_VERIFY_PARAM_set_trust(c.X509_VERIFY_PARAM* param, int trust)
    void X509_VERIFY_PARAM_set_depth(c.X509_VERIFY_PARAM* param, int depth)
    int X509_VERIFY_PARAM_get_depth(const c.X509_VERIFY_PARAM* param)
    void X509_VERIFY_PARAM_set_auth_level(c.X509_VERIFY_PARAM* param, int level)
    int X509_VERIFY_PARAM_get_auth_level(const c.X509_VERIFY_PARAM* param)
    long long X509_VERIFY_PARAM_get_time(const c.X509_VERIFY_PARAM* param)
    unsigned long X509_V_FLAG_USE_CHECK_TIME
    c.ASN1_OBJECTS* sk_ASN1_OBJECT_new_null()
    int sk_ASN1_OBJECT_push(c.ASN1_OBJECTS* objects, c.ASN1_OBJECT* one)
    void brisk_free_objects(c.ASN1_OBJECTS* objects)
    int X509_VERIFY_PARAM_set1_policies(c.X509_VERIFY_PARAM* param, c.ASN1_OBJECTS* policies)
    int X509_PURPOSE_get_by_sname(const char* name)
    c.X509_PURPOSE* X509_PURPOSE_get0(int index)
    int X509_PURPOSE_get_id(const c.X509_PURPOSE* purpose)
    int X509_TRUST_COMPAT
    int X509_TRUST_SSL_CLIENT
    int X509_TRUST_SSL_SERVER
    int X509_TRUST_EMAIL
    int X509_TRUST_OBJECT_SIGN
    int X509_TRUST_OCSP_SIGN
    int X509_TRUST_OCSP_REQUEST
    int X509_TRUST_TSA

ctypedef int (*number_of_param)(const c.X509_VERIFY_PARAM*) noexcept nogil
ctypedef void (*take_number)(c.X509_VERIFY_PARAM*, int) noexcept nogil
ctypedef int (*require_number)(c.X509_VERIFY_PARAM*, int) noexcept nogil


cdef dict TRUSTS = {
    "compat": X509_TRUST_COMPAT,
    "ssl_client": X509_TRUST_SSL_CLIENT,
    "ssl_server": X509_TRUST_SSL_SERVER,
    "email": X509_TRUST_EMAIL,
    "object_sign": X509_TRUST_OBJECT_SIGN,
    "ocsp_sign": X509_TRUST_OCSP_SIGN,
    "ocsp_request": X509_TRUST_OCSP_REQUEST,
    "tsa": X509_TRUST_TSA,
}


cdef class Change:
    """The rules of a Context or a connection, while they are held to be changed."""
    cdef Context context
    cdef Connection connection
    cdef c.X509_VERIFY_PARAM* there     # what libssl verifies by
    cdef c.X509_VERIFY_PARAM* kept      # the connection's own; NULL for a Context
    cdef Criteria own

    cdef int note(self, str name, object value) except -1:
        """There is no getter for it; a connection's own are not compared at all."""
        return 0 if self.context is None else self.context.note_rule(name, value)

    cdef void end(self) noexcept:
        targets.leave(self.connection if self.context is None else self.context)


cdef Change begin(object target):
    cdef Change change = Change.__new__(Change)
    change.kept = NULL
    if isinstance(target, Context):
        change.context = target
        change.context.change()
        change.context.ruled = True
        change.there = s.SSL_CTX_get0_param(change.context.handle)
        errors.clear()
        return change
    change.connection = target
    change.connection.enter()
    try:
        change.own = change.connection.own_criteria()
        change.kept = change.own.held()
    except BaseException:
        change.connection.leave()
        raise
    change.there = s.SSL_get0_param(change.connection.handle)
    errors.clear()
    return change


cdef c.X509_VERIFY_PARAM* enter(object target) except NULL:
    targets.enter(target)
    if isinstance(target, Context):
        return s.SSL_CTX_get0_param((<Context>target).handle)
    return s.SSL_get0_param((<Connection>target).handle)


cdef int number(object target, number_of_param says) except? -1:
    cdef c.X509_VERIFY_PARAM* rules = enter(target)
    try:
        return says(rules)
    finally:
        targets.leave(target)


cdef int set_number(object target, take_number take, int value) except -1:
    """Nothing that could fail."""
    cdef Change change = begin(target)
    take(change.there, value)
    if change.kept != NULL:
        take(change.kept, value)
    change.end()
    return 0


# What is kept is set first: where that fails, nothing has changed.

cdef int require(object target, require_number take, int value, str name) except -1:
    cdef Change change = begin(target)
    try:
        if (change.kept != NULL and take(change.kept, value) != 1
                or take(change.there, value) != 1):
            errors.fail_ssl(f"the {name} cannot be set")
        return change.note(name, value)
    finally:
        change.end()


def set_flags(target not None, unsigned long flags) -> None:
    cdef Change change = begin(target)
    try:
        if change.kept != NULL:
            if c.X509_VERIFY_PARAM_set_flags(change.kept, flags) != 1:
                errors.fail_ssl("the flags cannot be set")
            change.own.cleared &= ~flags
        if c.X509_VERIFY_PARAM_set_flags(change.there, flags) != 1:
            errors.fail_ssl("the flags cannot be set")
    finally:
        change.end()


def clear_flags(target not None, unsigned long flags) -> None:
    cdef Change change = begin(target)
    try:
        if change.kept != NULL:
            if c.X509_VERIFY_PARAM_clear_flags(change.kept, flags) != 1:
                errors.fail_ssl("the flags cannot be cleared")
            change.own.cleared |= flags
        if c.X509_VERIFY_PARAM_clear_flags(change.there, flags) != 1:
            errors.fail_ssl("the flags cannot be cleared")
    finally:
        change.end()


def get_flags(target not None) -> int:
    cdef c.X509_VERIFY_PARAM* rules = enter(target)
    try:
        return c.X509_VERIFY_PARAM_get_flags(rules)
    finally:
        targets.leave(target)


def set_depth(target not None, int depth) -> None:
    set_number(target, X509_VERIFY_PARAM_set_depth, depth)


def get_depth(target not None) -> int:
    return number(target, X509_VERIFY_PARAM_get_depth)


def set_level(target not None, int level) -> None:
    set_number(target, X509_VERIFY_PARAM_set_auth_level, level)


def get_level(target not None) -> int:
    return number(target, X509_VERIFY_PARAM_get_auth_level)


def set_time(target not None, seconds: int | None) -> None:
    """``seconds`` after the start of 1970; None: when it is."""
    cdef long long moment = 0
    cdef Change change
    if seconds is None:
        clear_flags(target, X509_V_FLAG_USE_CHECK_TIME)
        return
    moment = seconds
    change = begin(target)
    try:
        c.X509_VERIFY_PARAM_set_time(change.there, moment)
        if change.kept != NULL:
            c.X509_VERIFY_PARAM_set_time(change.kept, moment)
            change.own.cleared &= ~X509_V_FLAG_USE_CHECK_TIME
    finally:
        change.end()


def get_time(target not None) -> int | None:
    cdef c.X509_VERIFY_PARAM* rules = enter(target)
    try:
        if not c.X509_VERIFY_PARAM_get_flags(rules) & X509_V_FLAG_USE_CHECK_TIME:
            return None
        return X509_VERIFY_PARAM_get_time(rules)
    finally:
        targets.leave(target)


def set_purpose(target not None, bytes name not None) -> None:
    cdef int index = X509_PURPOSE_get_by_sname(name)
    if index < 0:
        raise ValueError("OpenSSL knows no such purpose")
    require(
        target, X509_VERIFY_PARAM_set_purpose, X509_PURPOSE_get_id(X509_PURPOSE_get0(index)),
        "purpose")


def set_trust(target not None, str name not None) -> None:
    if name not in TRUSTS:
        raise ValueError(f"trust must be one of {', '.join(TRUSTS)}")
    require(target, X509_VERIFY_PARAM_set_trust, TRUSTS[name], "trust")


cdef c.ASN1_OBJECTS* read_policies(list policies) except NULL:
    cdef c.ASN1_OBJECTS* objects = sk_ASN1_OBJECT_new_null()
    cdef c.ASN1_OBJECT* one
    if objects == NULL:
        errors.fail_ssl("sk_ASN1_OBJECT_new_null failed")
    try:
        for name in policies:
            one = OBJ_txt2obj(<bytes>name, 0)
            if one == NULL:
                errors.fail_ssl("not an object identifier")
            if sk_ASN1_OBJECT_push(objects, one) == 0:
                ASN1_OBJECT_free(one)
                errors.fail_ssl("sk_ASN1_OBJECT_push failed")
    except BaseException:
        brisk_free_objects(objects)
        raise
    return objects


def set_policies(target not None, list policies not None: list[bytes]) -> None:
    cdef c.ASN1_OBJECTS* objects
    cdef Change change
    errors.clear()
    objects = read_policies(policies)
    try:
        change = begin(target)
        try:
            if (change.kept != NULL
                    and X509_VERIFY_PARAM_set1_policies(change.kept, objects) != 1
                    or X509_VERIFY_PARAM_set1_policies(change.there, objects) != 1):
                errors.fail_ssl("the policies cannot be set")
            change.note("policies", b" ".join(policies))
        finally:
            change.end()
    finally:
        brisk_free_objects(objects)
