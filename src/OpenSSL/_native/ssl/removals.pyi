# Written by tools/make_stubs.py from removals.pyx.

class Removals:
    """Sessions that libssl has let go of, and the program does not know of yet."""
