"""DTLS: cookies before a handshake, timers during it, and how much fits into a packet."""

cimport OpenSSL._native.common.errors as errors
cimport OpenSSL._native.common.libssl as s
from OpenSSL._native.common.errors cimport Verdict
from OpenSSL._native.common.hooks cimport (
    ON_COOKIE_GENERATE, ON_COOKIE_VERIFY, ON_TIMER, Carrier, Scope, enter_hook, leave_hook,
    settled,
)
from OpenSSL._native.ssl.callbacks cimport carrier_of
from OpenSSL._native.ssl.channel cimport Channel, give_back, return_borrowed
from OpenSSL._native.ssl.connection cimport Connection
from OpenSSL._native.ssl.context cimport Context
from OpenSSL._native.ssl.context_choice cimport ask_about_cookies, ask_for_cookies
from OpenSSL._native.ssl.stamps cimport channel_of
from OpenSSL._native.ssl.targets cimport put_hook
from OpenSSL._native.ssl.waiting cimport borrow
from OpenSSL._native.ssl.writing cimport longest

from OpenSSL._exceptions import Error

cdef extern from "compat.h" nogil:
    ctypedef unsigned int (*timer_hook "brisk_timer_hook")(s.SSL*, unsigned int) noexcept
    void DTLS_set_timer_cb(s.SSL* ssl, timer_hook callback)
    s.BIO_ADDR* BIO_ADDR_new()
    void BIO_ADDR_free(s.BIO_ADDR* address)
    int DTLSv1_listen(s.SSL* ssl, s.BIO_ADDR* client)
    long DTLSv1_handle_timeout(s.SSL* ssl)
    size_t DTLS_get_data_mtu(const s.SSL* ssl)
    long SSL_set_mtu(s.SSL* ssl, long mtu)

cdef enum:
    # Below the first OpenSSL shakes no hands (dtls1_min_mtu, 3.0 to 4.0); the second is all that
    # UDP can carry.
    MTU_MINIMUM = 256
    MTU_MAXIMUM = 65507
    SHORTEST_WAIT = 20000
    FIRST_WAIT = 1000000        # microseconds, as libssl has it (dtls1_start_timer, 3.0 to 4.0)
    LAST_WAIT = 60000000        # to which it doubles them (dtls1_double_timeout, 3.0 to 4.0)
    TURN = 0x8000   # bytes of datagrams before signals and the deadline are looked at


def set_cookie_generate_callback(
    Context context not None, callback: Callable[[Any], bytes] | None,
) -> None:
    context.change()
    try:
        put_hook(context, ON_COOKIE_GENERATE, callback)
        # Never taken away again: connections made before still have their hook.
        if callback is not None:
            ask_for_cookies(context)
    finally:
        context.leave()


def set_cookie_verify_callback(
    Context context not None, callback: Callable[[Any, bytes], bool] | None,
) -> None:
    context.change()
    try:
        put_hook(context, ON_COOKIE_VERIFY, callback)
        if callback is not None:
            ask_about_cookies(context)
    finally:
        context.leave()


cdef int check_listening(Connection connection) except -1:
    """DTLSv1_listen wipes the connection before it looks whether it may: ask first."""
    connection.check_over()
    if not s.SSL_is_dtls(connection.handle):
        raise Error([("SSL routines", "", "only a DTLS connection can listen")])
    if not s.SSL_in_before(connection.handle):
        raise Error([("SSL routines", "", "too late to listen: the handshake has begun")])
    return 0


cdef int listen_once(
    Connection connection, s.BIO_ADDR* address, Verdict* verdict,
) except -2:
    """Let libssl take that many datagrams; what it returns."""
    cdef int result
    if connection.socket is not None:
        borrow(connection.socket, &connection.channel)
    connection.channel.rationed = False
    connection.channel.light = False
    connection.channel.allowance = TURN
    connection.start_reading()
    with nogil:
        errors.clear()
        connection.channel.number = 0
        result = DTLSv1_listen(connection.handle, address)
        verdict[0] = errors.judge(connection.handle, result, connection.channel.number)
    connection.stop_reading()
    return_borrowed(&connection.channel)
    give_back(&connection.channel)
    connection.channel.poisoned = 0     # nothing has begun that could fail
    return result


def listen(Connection connection not None) -> bool:
    """True when a client has shown a good cookie, False when none has so far."""
    cdef s.BIO_ADDR* address
    cdef Verdict verdict
    cdef int result
    cdef double deadline = 0
    address = BIO_ADDR_new()
    if address == NULL:
        raise MemoryError()
    try:
        connection.enter_io()
        try:
            check_listening(connection)
            while True:
                result = listen_once(connection, address, &verdict)
                connection.raise_kept()
                if result < 0:
                    connection.tell(verdict)
                if result > 0:
                    return True
                if connection.channel.rationed:
                    if not connection.go_on(&deadline):
                        return False
                elif connection.socket is None or not connection.pause(False, &deadline):
                    return False
        finally:
            connection.leave()
    finally:
        BIO_ADDR_free(address)


# ---- timers

cdef unsigned int microseconds(object seconds) except 0:
    """How long a hook wants to wait.

    What has less than 15 ms left libssl takes for over (dtls1_get_timeout, 3.0 to 4.0): a shorter
    wait would send everything again at once, until it gives up.
    """
    cdef double wanted
    if not isinstance(seconds, (int, float)):
        raise TypeError(
            f"a timer callback must return seconds, not {type(seconds).__name__}")
    wanted = seconds * 1e6
    if not SHORTEST_WAIT <= wanted <= <double>0xffffffff:
        raise ValueError("a timer callback must return 0.02 to 4294 seconds")
    return <unsigned int>wanted


cdef unsigned int on_timer(s.SSL* ssl, unsigned int passed) noexcept with gil:
    cdef Scope scope
    cdef Channel* channel = channel_of(ssl)
    cdef Carrier carrier = carrier_of(ssl)
    # What libssl does without a callback (dtls1_handle_timeout, 3.0 to 4.0).
    cdef unsigned int answer = FIRST_WAIT
    if passed != 0:
        answer = LAST_WAIT if passed > LAST_WAIT // 2 else 2 * passed
    if carrier is None or channel == NULL or channel.poisoned or not carrier.hooks.has(ON_TIMER):
        return answer
    if not enter_hook(&scope, carrier):
        return answer
    try:
        answer = microseconds(settled(
            carrier.hooks.get(ON_TIMER)(carrier, passed / 1e6), "a timer callback"))
    except BaseException as error:
        carrier.keep(error)
        carrier.spoil()     # no answer stops libssl (dtls1_handle_timeout, 3.0 to 4.0)
    leave_hook(&scope, carrier)
    return answer


def set_timer_callback(
    Connection connection not None, callback: Callable[[Any, float], float] | None,
) -> None:
    cdef timer_hook hook = NULL
    if callback is not None:
        hook = on_timer
    connection.enter()
    try:
        # libssl would look for DTLS state without asking whether there is any
        # (DTLS_set_timer_cb, 3.0 to 4.0).
        if not s.SSL_is_dtls(connection.handle):
            errors.clear()
            errors.fail_ssl("only a DTLS connection has timers")
        put_hook(connection, ON_TIMER, callback)
        DTLS_set_timer_cb(connection.handle, hook)
    finally:
        connection.leave()


def get_timeout(Connection connection not None) -> float | None:
    """Seconds until `handle_timeout` is due, or None when nothing is waited for."""
    cdef s.timeval left
    connection.enter()
    try:
        if not s.SSL_is_dtls(connection.handle):
            return None
        left.tv_sec = 0
        left.tv_usec = 0
        if s.DTLSv1_get_timeout(connection.handle, &left) != 1:
            return None
        return left.tv_sec + left.tv_usec / 1000000.0
    finally:
        connection.leave()


def handle_timeout(Connection connection not None) -> bool:
    cdef Verdict verdict
    cdef long result
    connection.enter_io()
    try:
        connection.check_aborted()
        connection.check_over()
        if not s.SSL_is_dtls(connection.handle):
            return False
        if connection.socket is not None:
            borrow(connection.socket, &connection.channel)
        errors.clear()
        connection.channel.number = 0
        result = DTLSv1_handle_timeout(connection.handle)
        verdict = errors.judge(connection.handle, <int>result, connection.channel.number)
        try:
            if connection.failure is not None:
                connection.raise_after_hook(verdict, True)
        finally:
            return_borrowed(&connection.channel)
            give_back(&connection.channel)
        if result < 0:
            connection.tell(verdict)
        return result > 0
    finally:
        connection.leave()


def set_mtu(Connection connection not None, mtu: int) -> None:
    if not MTU_MINIMUM <= mtu <= MTU_MAXIMUM:
        raise ValueError(f"mtu must be from {MTU_MINIMUM} to {MTU_MAXIMUM} bytes")
    connection.enter()
    try:
        errors.clear()
        if not s.SSL_is_dtls(connection.handle):
            errors.fail_ssl("only a DTLS connection has an MTU")
        if SSL_set_mtu(connection.handle, mtu) <= 0:
            errors.fail_ssl("OpenSSL refused this MTU")
        connection.channel.mtu = mtu
    finally:
        connection.leave()


def get_data_mtu(Connection connection not None) -> int:
    cdef size_t carried, most
    connection.enter()
    try:
        # The same (DTLS_get_data_mtu, 3.0 to 4.0).
        if not s.SSL_is_dtls(connection.handle):
            errors.clear()
            errors.fail_ssl("only a DTLS connection has an MTU")
        carried = DTLS_get_data_mtu(connection.handle)
        # A packet has room for more than a record may have.
        most = longest(connection.handle, &connection.channel)
        return carried if carried < most else most
    finally:
        connection.leave()
