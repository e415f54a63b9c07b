"""Which roles may use a route: three of the five roles of people form a ladder.

    viewer < operator < dispatcher        looks · acknowledges and shelves · dispatches
    crew                                  its own tasks, nothing else
    administrator                         everything

This decides only who may ask. Which *move* of a case a role may make, its workflow decides (`alerts.cases.workflow`).
"""

from __future__ import annotations

from alerts.cases.workflow import Role

PEOPLE = (Role.VIEWER, Role.OPERATOR, Role.DISPATCHER, Role.CREW, Role.ADMINISTRATOR)

_SATISFIED_BY: dict[Role, frozenset[Role]] = {
    Role.VIEWER: frozenset({Role.VIEWER, Role.OPERATOR, Role.DISPATCHER, Role.ADMINISTRATOR}),
    Role.OPERATOR: frozenset({Role.OPERATOR, Role.DISPATCHER, Role.ADMINISTRATOR}),
    Role.DISPATCHER: frozenset({Role.DISPATCHER, Role.ADMINISTRATOR}),
    Role.CREW: frozenset({Role.CREW, Role.ADMINISTRATOR}),
    Role.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
}


def satisfies(role: Role, *needed: Role) -> bool:
    """Return whether `role` may do what any of the `needed` roles may do."""
    return any(role in _SATISFIED_BY[one] for one in needed)
