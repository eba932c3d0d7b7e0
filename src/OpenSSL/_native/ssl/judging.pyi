# Written by tools/make_stubs.py from judging.pyx.

# Nothing of this module is visible to Python.

