# Written by tools/make_stubs.py from key_sessions.pyx.

# Nothing of this module is visible to Python.

