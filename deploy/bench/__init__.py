"""Measurements against a reference in the same run (`wangge bench`)."""
