"""Waiting for somebody to type ends whenever another thread or a signal says so."""

from __future__ import annotations

import pytest

from kit import apart

pytest.importorskip("click")

#: Runs at a terminal of its own, where nobody ever types.
AT_A_TERMINAL = """
import os, pty, random, signal, sys, threading

controller, terminal = pty.openpty()
os.dup2(terminal, 0)
os.dup2(terminal, 1)

def empty():
    while os.read(controller, 1000):
        pass

threading.Thread(target=empty, daemon=True).start()

from OpenSSL._command.keyboard import Keyboard

main = threading.get_ident()
"""


def run(body: str) -> None:
    """Run *body* there; anything it says, and any wait that does not end, is a failure."""
    assert apart.run(AT_A_TERMINAL + body) == ""


def test_leaving_at_any_moment_ends_the_wait() -> None:
    run("""
for number in range(300):
    with Keyboard() as keyboard:
        spins = random.randrange(3000)

        def leave():
            for _ in range(spins):
                pass
            keyboard.leave()

        thread = threading.Thread(target=leave)
        thread.start()
        assert list(keyboard.lines()) == []
        thread.join()
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.set_wakeup_fd(-1) == -1
""")


def test_an_interrupt_at_any_moment_ends_the_wait() -> None:
    run("""
for number in range(50):
    spins = random.randrange(3000)
    begun = threading.Event()

    def interrupt():
        begun.wait()
        for _ in range(spins):
            pass
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with Keyboard() as keyboard:
            begun.set()
            list(keyboard.lines())
        raise SystemExit("no interrupt came")
    except KeyboardInterrupt:
        thread.join()
""")


@pytest.mark.parametrize(
    "way",
    [
        "keyboard.leave()",
        # As the handler in C does it, without the mark for the one in Python.
        "os.write(keyboard._bell, bytes([signal.SIGINT]))",
    ],
)
def test_a_signal_that_comes_too_early_is_sent_again(way: str) -> None:
    # What happens when it comes just before the wait in C: it ends nothing.
    run(f"""
sent = []
real = signal.pthread_kill

def lossy(thread, number):
    sent.append(number)
    if len(sent) > 2:
        real(thread, number)

def end():
    while not keyboard._typing:
        pass
    {way}

signal.pthread_kill = lossy
with Keyboard() as keyboard:
    thread = threading.Thread(target=end)
    thread.start()
    try:
        assert list(keyboard.lines()) == []
    except KeyboardInterrupt:
        pass
    thread.join()
assert len(sent) > 2
""")


def test_after_leaving_nothing_is_read() -> None:
    run("""
with Keyboard() as keyboard:
    keyboard.leave()
    os.write(controller, b"a line\\n")
    assert list(keyboard.lines()) == []
""")


def test_keys_that_are_no_letters_arrive_as_they_were() -> None:
    run("""
def type():
    while not keyboard._typing:
        pass
    os.write(controller, b"a\\xff\\xfeb\\n")

with Keyboard() as keyboard:
    threading.Thread(target=type).start()
    lines = keyboard.lines()
    assert next(lines).encode(errors="surrogateescape") == b"a\\xff\\xfeb"
""")


def test_the_end_counts_at_any_moment() -> None:
    # Before the first line, and between two lines, where nobody waits for keys yet.
    run("""
import termios

before = termios.tcgetattr(0)
with Keyboard() as keyboard:
    os.write(controller, b"\\x04")
    assert list(keyboard.lines()) == []
with Keyboard() as keyboard:
    os.write(controller, b"one\\r")
    lines = keyboard.lines()
    assert next(lines) == "one"
    os.write(controller, b"two\\r\\x04")
    assert list(lines) == ["two"]
assert termios.tcgetattr(0) == before
""")
