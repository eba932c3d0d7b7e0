from OpenSSL._native.common.hooks cimport Hooks
from OpenSSL._native.ssl.context cimport Context, Logs
from OpenSSL._native.ssl.context_use cimport ContextUser
from OpenSSL._native.ssl.criteria cimport Criteria

cdef class ContextChooser(ContextUser):
    cdef bint may_move(self) noexcept
    cdef int check_choice(self, Context context) except -1
    cdef Hooks move(self, Context context, bint* moved)
    cdef int adopt_hooks(self, Hooks hooks, bint verify_set) except -1
    cdef void give_up(self) noexcept
    cdef Criteria rules_under(self, Context context)
    cdef int adopt_settings(self, Context context) except -1
    cdef int adopt_logs(self, Logs logs) except -1
    cdef int adopt_verification(self, Context context) except -1
    cdef int put_rules(self, Criteria rules, Context context) except -1
    cdef int bring_cookies(self, Context context) except -1
    cdef int keep_former(self, Context context) except -1

# Have libssl run the callbacks of cookies for a Context; between its change() and leave().
cdef void ask_for_cookies(Context context) noexcept
cdef void ask_about_cookies(Context context) noexcept
