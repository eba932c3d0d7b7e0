# Written by tools/make_stubs.py from stamps.pyx.

# Nothing of this module is visible to Python.

