# Written by tools/make_stubs.py from targets.pyx.

# Nothing of this module is visible to Python.

