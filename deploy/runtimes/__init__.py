"""The runtimes compose the stages and do the I/O; a stage never knows which one runs it."""
