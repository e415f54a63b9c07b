"""Simulated devices: one kind a file, which exports `DEVICE` (see `_base`)."""
