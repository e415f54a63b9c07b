"""Chooses the crew of a unit that gets a task: the one with the fewest open tasks; by name where they are equal."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def choose(crews: Collection[str], open_tasks: Mapping[str, int], without: Collection[str] = ()) -> str | None:
    """Return the crew with the fewest open tasks.

    `without` names crews that gave the case back; they are asked again only when there is no other. None when there
    is no crew at all.
    """
    willing = [crew for crew in crews if crew not in without] or crews
    return min(willing, key=lambda crew: (open_tasks.get(crew, 0), crew), default=None)
