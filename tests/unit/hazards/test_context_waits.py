"""Waiting for a Context that another thread is changing: signals, and forks."""

from __future__ import annotations

import os

import pytest

from kit import apart

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

#: Somebody changes `context`, until what is opened here is closed.
CHANGING = """
    import os, signal, tempfile, threading, warnings
    from OpenSSL import SSL
    slow = os.path.join(tempfile.mkdtemp(), "slow")
    os.mkfifo(slow)
    context = SSL.Context(SSL.TLS_METHOD)
    told = []
    def change():
        try:
            context.load_verify_locations(slow)
        except SSL.Error as error:
            told.append(error)
    thread = threading.Thread(target=change)
    thread.start()
    changing = open(slow, "wb")  # this end opens when the other one is being read
"""


def test_a_signal_ends_the_wait_for_a_context() -> None:
    out = apart.run(
        CHANGING
        + """
    class Alarm(Exception):
        pass
    def ring(*_arguments):
        raise Alarm
    signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        context.set_options(0)
    except Alarm:
        print("ended")
    changing.close()
    thread.join()
    assert len(told) == 1
    context.set_options(0)
    print("usable")
    """
    )
    assert out == "ended\nusable\n"


def test_a_child_does_not_wait_for_what_nobody_gives_back() -> None:
    out = apart.run(
        CHANGING
        + """
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: it has threads
    child = os.fork()
    if child == 0:
        try:
            context.set_options(0)
        except SSL.Error as error:
            os.write(1, error.args[0][0][2].encode() + b"\\n")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    changing.close()
    thread.join()
    context.set_options(0)
    print("usable")
    """
    )
    assert out == (
        "another thread was at work on this Context when the process was forked\nusable\n"
    )
