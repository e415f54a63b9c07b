"""A simulated city: what is true in it, what its sensors send, what goes wrong, and the crews that mend it."""
