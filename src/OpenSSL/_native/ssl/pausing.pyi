# Written by tools/make_stubs.py from pausing.pyx.

# Nothing of this module is visible to Python.

