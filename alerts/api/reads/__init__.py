"""What people look at, read from the case store: one module a resource, functions that take a connection first."""
