# Written by tools/make_stubs.py from waiting.pyx.

# Nothing of this module is visible to Python.

