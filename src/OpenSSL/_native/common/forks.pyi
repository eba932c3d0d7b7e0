# Written by tools/make_stubs.py from forks.pyx.

def count_fork() -> None:
    """Runs in a child after a fork."""
