# Written by tools/make_stubs.py from rules.pyx.

# Nothing of this module is visible to Python.

