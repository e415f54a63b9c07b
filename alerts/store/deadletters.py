"""Dead letters: frames that gave no observations, with their bytes, the stage and the reason.

A letter is known by the digest of its source, topic and payload: the same frame again adds to `times`, and its latest
refusal counts. A letter that was re-driven is not listed any more; if its frame is refused again, it is back.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select, true, update

from alerts.store.rows import all_of
from alerts.store.statements import insert_or_change
from alerts.store.tables import DEAD_LETTERS
from ingest import redrive
from ingest.flow import Letter
from ingest.model import Frame

_LATEST = ("stage", "reason", "detail", "last_received_at_ms", "redriven_at_ms", "dialect", "device", "model")
_NAME_CHARACTERS = 128


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the dead letters; `times` counts how often its frame came."""

    id: str
    source: str
    topic: str
    payload: bytes
    stage: str
    reason: str
    detail: str
    first_received_at_ms: int
    last_received_at_ms: int
    times: int
    redriven_at_ms: int | None = None
    redrives: int = 0
    dialect: str = ""
    device: str = ""
    model: str = ""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """What one device sent that was refused for one reason; `letter` is the id of its latest letter."""

    device: str
    dialect: str
    model: str
    letters: int
    times: int
    first_received_at_ms: int
    last_received_at_ms: int
    letter: str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; None means any. `model` without firmware means every firmware."""

    stage: str | None = None
    reason: str | None = None
    dialect: str | None = None
    model: str | None = None
    device: str | None = None
    source: str | None = None


EVERY = Choice()
FIRMWARE_MARK = "@"


def model_parts(model: str) -> tuple[str, str]:
    """Return model and firmware of `model@firmware`."""
    name, _, firmware = model.partition(FIRMWARE_MARK)
    return name, firmware


def state(letter: DeadLetter) -> str:
    """Return `waiting`, `redriven` (published again and not refused since) or `refused_again`."""
    if letter.redriven_at_ms is not None:
        return "redriven"
    return "refused_again" if letter.redrives else "waiting"


def letter_id(frame: Frame) -> str:
    """Return the digest by which a frame is known (32 hexadecimal digits)."""
    head = f"{frame.source}\0{frame.topic}\0".encode("utf-8", "backslashreplace")
    return blake2b(head + frame.payload, digest_size=16).hexdigest()


def add(connection: Connection, letters: Sequence[Letter]) -> set[int]:
    """Keep letters; return the positions of those that were not there before."""
    rows: dict[str, DeadLetter] = {}
    first: dict[str, int] = {}
    for position, letter in enumerate(letters):
        row = _row(letter)
        before = rows.get(row.id)
        if before is not None:
            began, times = before.first_received_at_ms, before.times + 1
            row = msgspec.structs.replace(row, first_received_at_ms=began, times=times)
        rows[row.id] = row
        first.setdefault(row.id, position)
    if not rows:
        return set()
    statement = insert_or_change(connection, DEAD_LETTERS, replace=_LATEST, add=("times",))
    values = [msgspec.structs.asdict(rows[identity]) for identity in sorted(rows)]  # sorted: writers never cross
    kept = connection.execute(statement.returning(DEAD_LETTERS.c.id, DEAD_LETTERS.c.times), values)
    return {first[identity] for identity, times in kept if times == rows[identity].times}


def listed(connection: Connection, choice: Choice = EVERY, *, limit: int = 100, offset: int = 0) -> list[DeadLetter]:
    """Return letters that wait, the last received first."""
    query = select(DEAD_LETTERS).where(_waits(choice))
    newest = query.order_by(DEAD_LETTERS.c.last_received_at_ms.desc(), DEAD_LETTERS.c.id)
    return [DeadLetter(**row) for row in connection.execute(newest.limit(limit).offset(offset)).mappings()]


def waiting_ids(connection: Connection, choice: Choice = EVERY) -> list[str]:
    """Return the ids of letters that wait, the first received first."""
    query = select(DEAD_LETTERS.c.id).where(_waits(choice))
    return list(connection.scalars(query.order_by(DEAD_LETTERS.c.first_received_at_ms, DEAD_LETTERS.c.id)))


def waiting(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return those of these ids whose letters wait."""
    query = select(DEAD_LETTERS.c.id).where(DEAD_LETTERS.c.id.in_(ids), _waits(EVERY))
    return set(connection.scalars(query))


def count(connection: Connection, choice: Choice = EVERY) -> dict[tuple[str, str], int]:
    """Return how many letters wait, by stage and reason."""
    columns = DEAD_LETTERS.c.stage, DEAD_LETTERS.c.reason
    query = select(*columns, func.count()).where(_waits(choice)).group_by(*columns).order_by(*columns)
    return {(stage, reason): number for stage, reason, number in connection.execute(query)}


def by_device(connection: Connection, reason: str, *, limit: int = 1000) -> list[Sender]:
    """Return the devices whose frames wait for one reason (as `unknown_device`), the last heard first.

    A device is an id or EUI as the frames name it; frames that name none are not among them.
    """
    c = DEAD_LETTERS.c
    last = func.max(c.last_received_at_ms).label("last_received_at_ms")
    place = func.row_number().over(partition_by=c.device, order_by=(c.last_received_at_ms.desc(), c.id))
    ranked = (
        select(c.device, c.dialect, c.model, c.id, place.label("place"))
        .where(_waits(Choice(reason=reason)), c.device != "")
        .subquery()
    )
    latest = select(ranked).where(ranked.c.place == 1).subquery()
    sums = (
        select(
            c.device,
            func.count().label("letters"),
            func.sum(c.times).label("times"),
            func.min(c.first_received_at_ms).label("first_received_at_ms"),
            last,
        )
        .where(_waits(Choice(reason=reason)), c.device != "")
        .group_by(c.device)
        .subquery()
    )
    query = (
        select(sums, latest.c.dialect, latest.c.model, latest.c.id.label("letter"))
        .join(latest, latest.c.device == sums.c.device)
        .order_by(sums.c.last_received_at_ms.desc(), sums.c.device)
    )
    return all_of(connection, query.limit(limit), Sender)


def of_devices(connection: Connection, reason: str, devices: Sequence[str]) -> list[str]:
    """Return the ids of the letters that wait for one reason from these devices, the first received first."""
    chosen = and_(_waits(Choice(reason=reason)), DEAD_LETTERS.c.device.in_(devices))
    query = select(DEAD_LETTERS.c.id).where(chosen)
    return list(connection.scalars(query.order_by(DEAD_LETTERS.c.first_received_at_ms, DEAD_LETTERS.c.id)))


def get(connection: Connection, identity: str) -> DeadLetter | None:
    """Return the letter of this id, or None."""
    row = connection.execute(select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == identity)).mappings().first()
    return None if row is None else DeadLetter(**row)


def matching(connection: Connection, prefix: str) -> list[str]:
    """Return the ids that begin with `prefix`, at most a few: enough to tell none, one, and several."""
    query = select(DEAD_LETTERS.c.id).where(DEAD_LETTERS.c.id.startswith(prefix, autoescape=True))
    return list(connection.scalars(query.order_by(DEAD_LETTERS.c.id).limit(3)))


def mark_redriven(connection: Connection, letters: Sequence[DeadLetter], now_ms: int) -> None:
    """Note that the frames of these letters were published again; one that was refused again meanwhile stays listed."""
    if letters:
        c = DEAD_LETTERS.c
        redriven_at_ms = case((c.times == bindparam("read_times"), now_ms), else_=None)
        statement = update(DEAD_LETTERS).where(c.id == bindparam("letter"))
        rows = [{"letter": one.id, "read_times": one.times} for one in letters]
        connection.execute(statement.values(redriven_at_ms=redriven_at_ms, redrives=c.redrives + 1), rows)


def _row(letter: Letter) -> DeadLetter:
    last_received_at_ms, refusal = letter.frame.received_at_ms, letter.refusal
    frame = redrive.unwrap(letter.frame)
    return DeadLetter(
        id=letter_id(frame),
        source=frame.source,
        topic=frame.topic.encode("utf-8", "backslashreplace").decode(),
        payload=frame.payload,
        stage=refusal.stage,
        reason=refusal.reason,
        detail=refusal.detail.encode("utf-8", "backslashreplace").decode(),
        first_received_at_ms=frame.received_at_ms,
        last_received_at_ms=last_received_at_ms,
        times=1,
        dialect=refusal.dialect,
        device=_name(refusal.device),
        model=_name(refusal.model),
    )


def _name(text: str) -> str:
    """Return a name that the outside gave as every database takes it."""
    return text.replace("\0", "").encode("utf-8", "backslashreplace").decode()[:_NAME_CHARACTERS]


def chosen(choice: Choice) -> ColumnElement[bool]:
    """Return the condition for the letters of a choice, whether they wait or not."""
    c = DEAD_LETTERS.c
    wanted = [
        c[name] == value
        for name in ("stage", "reason", "dialect", "device", "source")
        if (value := getattr(choice, name)) is not None
    ]
    if choice.model is not None:
        any_firmware = c.model.startswith(choice.model + FIRMWARE_MARK, autoescape=True)
        wanted.append((c.model == choice.model) | any_firmware if choice.model else c.model == "")
    return and_(true(), *wanted)


def _waits(choice: Choice) -> ColumnElement[bool]:
    return and_(DEAD_LETTERS.c.redriven_at_ms.is_(None), chosen(choice))
