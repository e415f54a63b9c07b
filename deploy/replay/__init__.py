"""Replay: recorded messages and series from files back onto a broker (`wangge replay`)."""
