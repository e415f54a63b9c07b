"""The rules of a site: a sequence in order of their ids that is exchanged as a whole while everything runs.

Whoever holds the book, or its view by id, sees the new rules from one moment to the next, never a mixture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

from rules.model import Rule


class RuleBook(Sequence[Rule]):
    """Rules in order of their ids; `by_id` is a view that follows."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._by_id: dict[str, Rule] = {}
        self.by_id: Mapping[str, Rule] = _ById(self)
        self.take_over(rules)

    def take_over(self, rules: Iterable[Rule]) -> None:
        """Hold these rules from now on, and no others."""
        known = {rule.id: rule for rule in rules}
        self._by_id = {name: known[name] for name in sorted(known)}
        self._rules = tuple(self._by_id.values())

    def get(self, rule_id: str) -> Rule | None:
        """Return the rule with an id, or None."""
        return self._by_id.get(rule_id)

    @overload
    def __getitem__(self, place: int) -> Rule: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Rule, ...]: ...

    def __getitem__(self, place: int | slice) -> Rule | tuple[Rule, ...]:
        """Return the rule at a place, or those of a stretch."""
        return self._rules[place]

    def __iter__(self) -> Iterator[Rule]:
        """Go over the rules as they are now."""
        return iter(self._rules)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rules)

    def __eq__(self, other: object) -> bool:
        """Tell whether it holds the same rules as another sequence."""
        return isinstance(other, Sequence) and self._rules == tuple(other)

    __hash__ = None  # type: ignore[assignment] # it changes


class _ById(Mapping[str, Rule]):
    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def __getitem__(self, rule_id: str) -> Rule:
        rule = self._book.get(rule_id)
        if rule is None:
            raise KeyError(rule_id)
        return rule

    def __iter__(self) -> Iterator[str]:
        return iter([rule.id for rule in self._book])

    def __len__(self) -> int:
        return len(self._book)
