# Written by tools/make_stubs.py from channel.pyx.

# Nothing of this module is visible to Python.

