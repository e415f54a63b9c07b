"""Transitions become alerts, alerts become cases, cases become tasks of crews; people see and change them."""
