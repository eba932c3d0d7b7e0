# Written by tools/make_stubs.py from beside.pyx.

# Nothing of this module is visible to Python.

