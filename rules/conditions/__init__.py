"""Conditions that a rule can ask for: one file each, found by its `CONDITION`; `_template.py` is the tutorial."""
