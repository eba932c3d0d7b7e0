# Written by tools/make_stubs.py from gathering.pyx.

# Nothing of this module is visible to Python.

