# Written by tools/make_stubs.py from writing.pyx.

# Nothing of this module is visible to Python.

