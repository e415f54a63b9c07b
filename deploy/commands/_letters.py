"""What the commands about dead letters share: how letters are chosen and told, and how frames are published again."""

from __future__ import annotations

import base64
import functools
import getpass
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from alerts import redriving
from alerts.store import deadletters
from alerts.store.database import reading
from alerts.store.deadletters import Choice, DeadLetter, model_parts, state
from deploy.clock import wall_ms
from deploy.commands._base import UserError
from deploy.commands._login import login
from ingest.io.login import Login
from simulators.publisher import Publisher, PublishError

_FLUSH_S = 30.0
_LOOK_S = 0.2


class Way(NamedTuple):
    """Where frames are published again; `plain`: on their own topic, without the time of their receipt."""

    broker: Login
    plain: bool


def way_of(
    config: Path | None,
    broker: str | None,
    *,
    plain: bool,
    username: str | None = None,
    password_file: Path | None = None,
) -> Way:
    """Return where to publish: the broker of the house, where the pipeline always hears the envelope."""
    if broker is None and config is None:
        raise UserError("name the broker with --broker, or the settings file with --config")
    return Way(login(broker, config, username, password_file), plain)


def redrive(engine: Engine, ids: Sequence[str], way: Way, tell: Callable[[str], None]) -> int:
    """Publish in portions; a portion is marked when the broker has acknowledged all of it. Return how many."""
    done = 0
    actor = f"shell:{getpass.getuser()}"
    try:
        with Publisher(way.broker.host, way.broker.port, "wangge-redrive", prepare=way.broker.prepare) as publisher:
            publish = functools.partial(_publish, publisher)
            for taken, _ in redriving.redrive(engine, ids, publish, actor=actor, now_ms=wall_ms, plain=way.plain):
                done += taken
                tell(f"{done} of {len(ids)} frames published again")
    except (PublishError, ValueError) as exc:
        raise UserError(f"{exc} ({done} of {len(ids)} frames were published again)") from exc
    return done


def refused_again(engine: Engine, ids: Sequence[str], wait_s: float) -> int:
    """Return how many of the letters are refused again within `wait_s`, or as soon as all of them are."""
    deadline_s = time.monotonic() + wait_s
    while True:
        with reading(engine) as connection:
            refused = sum(len(deadletters.waiting(connection, ids[at : at + 500])) for at in range(0, len(ids), 500))
        if refused == len(ids) or time.monotonic() >= deadline_s:
            return refused
        time.sleep(_LOOK_S)


def the_id(connection: Connection, identity: str) -> str:
    """Return the id that begins with these digits; raises UserError where there is none, or several."""
    found = deadletters.matching(connection, identity.lower()) if identity else []
    if not found:
        raise UserError(f"there is no dead letter {identity!r}: `wangge deadletters list` shows their ids")
    if len(found) > 1:
        raise UserError(f"several dead letters begin with {identity!r}: give more digits")
    return found[0]


def narrowed(choice: Choice) -> bool:
    """Tell whether a choice leaves anything out."""
    return choice != deadletters.EVERY


def told(letter: DeadLetter) -> dict[str, str | int | None]:
    """Return a letter as JSON shows it."""
    model, firmware = model_parts(letter.model)
    return {
        "id": letter.id,
        "source": letter.source,
        "topic": letter.topic,
        "stage": letter.stage,
        "reason": letter.reason,
        "detail": letter.detail,
        "dialect": letter.dialect,
        "device": letter.device,
        "model": model,
        "firmware": firmware,
        "times": letter.times,
        "first_received_at_ms": letter.first_received_at_ms,
        "last_received_at_ms": letter.last_received_at_ms,
        "state": state(letter),
        "redrives": letter.redrives,
        "redriven_at_ms": letter.redriven_at_ms,
        "payload_bytes": len(letter.payload),
        "payload_b64": base64.b64encode(letter.payload).decode(),
    }


def _publish(publisher: Publisher, messages: Sequence[tuple[str, bytes]]) -> list[bool]:
    for topic, payload in messages:
        publisher.publish(topic, payload)
    if publisher.flush(_FLUSH_S):
        raise PublishError(f"the broker did not acknowledge within {_FLUSH_S:g} s")
    return [True] * len(messages)
