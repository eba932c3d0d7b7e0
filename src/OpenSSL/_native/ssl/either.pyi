# Written by tools/make_stubs.py from either.pyx.

# Nothing of this module is visible to Python.

