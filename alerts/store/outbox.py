"""Notices that wait to be sent, written in the transaction that caused them.

Whoever sends takes `due`, in order, and says for each `mark_sent` or `mark_failed`. A notice that failed holds back the
later ones to the same address (a retained state must not be overtaken by an older one) and nobody else.
"""

from __future__ import annotations

import math
import random

import msgspec
from sqlalchemy import Connection, exists, select, update

from alerts.notifiers._base import Notice
from alerts.store import rows
from alerts.store.statements import insert_new
from alerts.store.tables import OUTBOX

FIRST_WAIT_MS = 500
LONGEST_WAIT_MS = 300_000


def put(connection: Connection, notice: Notice, now_ms: int) -> None:
    """Write a notice; one of the same identity (about, event, channel, address) is there already or it is not."""
    values = {name: value for name, value in msgspec.structs.asdict(notice).items() if name not in {"id", "attempts"}}
    connection.execute(insert_new(connection, OUTBOX), {**values, "created_at_ms": now_ms, "next_attempt_ms": now_ms})


def due(connection: Connection, now_ms: int, limit: int = 200) -> tuple[Notice, ...]:
    """Return notices to send now, oldest first."""
    earlier = OUTBOX.alias("earlier")
    held_back = exists().where(
        earlier.c.channel == OUTBOX.c.channel,
        earlier.c.address == OUTBOX.c.address,
        earlier.c.sent_at_ms.is_(None),
        earlier.c.next_attempt_ms > now_ms,
        earlier.c.id < OUTBOX.c.id,
    )
    columns = [OUTBOX.c[name] for name in Notice.__struct_fields__]
    query = select(*columns).where(OUTBOX.c.sent_at_ms.is_(None), OUTBOX.c.next_attempt_ms <= now_ms, ~held_back)
    return tuple(rows.all_of(connection, query.order_by(OUTBOX.c.id).limit(limit), Notice))


def mark_sent(connection: Connection, notice_ids: tuple[int, ...], now_ms: int) -> None:
    """Note that notices were delivered."""
    if notice_ids:
        connection.execute(update(OUTBOX).where(OUTBOX.c.id.in_(notice_ids)).values(sent_at_ms=now_ms))


def mark_failed(
    connection: Connection, notice: Notice, error: str, now_ms: int, *, retryable: bool, draw: float | None = None
) -> None:
    """Note a failed attempt. It is tried again after a while (`wait_ms`); never, if trying again cannot help.

    One that is given up counts as done (`sent_at_ms`) and keeps its error. `draw` (0 to 1) replaces chance in tests.
    """
    chance = random.random() if draw is None else draw  # noqa: S311 - spreads attempts, guards nothing
    changes = {"attempts": notice.attempts + 1, "last_error": error}
    if retryable:
        changes["next_attempt_ms"] = now_ms + wait_ms(notice.attempts, chance)
    else:
        changes["sent_at_ms"] = now_ms
    connection.execute(update(OUTBOX).where(OUTBOX.c.id == notice.id).values(changes))


def wait_ms(attempts: int, draw: float) -> int:
    """Return the pause after `attempts` earlier failures: full jitter, a share `draw` of a bound that doubles."""
    bound = min(LONGEST_WAIT_MS, FIRST_WAIT_MS * math.ldexp(1, min(attempts, 30)))
    return max(1, round(bound * draw))
