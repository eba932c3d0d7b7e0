# Written by tools/make_stubs.py from printing.pyx.

# Nothing of this module is visible to Python.

