"""What can go wrong in the rules stage.

    RulesError
    ├── RuleStateError   kept state that this program cannot read (written by a newer one, or damaged)
    └── RecordedError    a file of a back-test that cannot be read

Mistakes in rule files are no exceptions: `rules.schema.load` returns them all as faults with file and line.
"""

from __future__ import annotations


class RulesError(Exception):
    """Root of this package's errors."""


class RuleStateError(RulesError):
    """A stored rule state cannot be read; the message says which and what to do."""


class RecordedError(RulesError):
    """A series or its labels cannot be read; the message says where and what is expected."""
