# Written by tools/make_stubs.py from curves.pyx.

def list_curves() -> list[tuple[int, str]]:
    """``(number, short name)`` of every curve built in."""
