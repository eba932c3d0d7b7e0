# Written by tools/make_stubs.py from algorithms.pyx.

# Nothing of this module is visible to Python.

