# Written by tools/make_stubs.py from callbacks.pyx.

# Nothing of this module is visible to Python.

