"""What Cython shares between the modules of the core; the library is called like it."""
