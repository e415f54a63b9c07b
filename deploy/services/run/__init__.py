"""Starts and stops the servers, one file each: loopback, free port, no root, ended by their own process id."""
