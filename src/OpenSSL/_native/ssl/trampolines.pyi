# Written by tools/make_stubs.py from trampolines.pyx.

# Nothing of this module is visible to Python.

