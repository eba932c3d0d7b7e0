# Written by tools/make_stubs.py from adoption.pyx.

# Nothing of this module is visible to Python.

