# Written by tools/make_stubs.py from asking.pyx.

# Nothing of this module is visible to Python.

