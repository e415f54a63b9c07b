"""How each server is found and got, a file for each source."""
