"""The common ground of the other two: errors, constants, memory, hooks."""
