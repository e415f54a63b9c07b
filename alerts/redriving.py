"""Frames of dead letters, published again in their envelopes (`ingest.redrive`): the same for command line and API.

It may be done twice, and be broken off anywhere: what was stored is a duplicate when it comes again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import Engine

from alerts.store import audit, deadletters
from alerts.store.database import reading
from alerts.store.deadletters import DeadLetter
from ingest.redrive import wrap

AT_ONCE = 200
Publish = Callable[[Sequence[tuple[str, bytes]]], Sequence[bool]]


def redrive(
    engine: Engine, ids: Sequence[str], publish: Publish, *, actor: str, now_ms: Callable[[], int], plain: bool = False
) -> Iterator[tuple[int, int]]:
    """Publish letters in portions, and note which of them the broker has acknowledged, before the next portion.

    `publish` tells of each message whether it was acknowledged. Yields after each portion how many of it were, and how
    many were not; ids that are of no letter are passed over. `plain`: on their own topic, as if they came now.
    """
    for start in range(0, len(ids), AT_ONCE):
        with reading(engine) as connection:
            found = (deadletters.get(connection, identity) for identity in ids[start : start + AT_ONCE])
            letters = [letter for letter in found if letter is not None]
        taken = publish([_message(letter, plain=plain) for letter in letters])
        done = [letter for letter, is_taken in zip(letters, taken, strict=True) if is_taken]
        if done:
            with engine.begin() as connection:
                audit.append(
                    connection,
                    now_ms=now_ms(),
                    actor=actor,
                    action="deadletters.redrive",
                    object=f"{len(done)} dead letters",
                    detail={"ids": [letter.id for letter in done]},
                )
                deadletters.mark_redriven(connection, done, now_ms())
        yield len(done), len(letters) - len(done)


def _message(letter: DeadLetter, *, plain: bool) -> tuple[str, bytes]:
    topic = letter.topic if plain else wrap(letter.topic, letter.source, letter.first_received_at_ms)
    return topic, letter.payload
