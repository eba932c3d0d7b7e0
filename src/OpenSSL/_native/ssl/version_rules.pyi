# Written by tools/make_stubs.py from version_rules.pyx.

# Nothing of this module is visible to Python.

