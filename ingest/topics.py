"""Which dialect a frame is written in: by its topic where the dialect has topics of its own, else by its payload.

A topic that is not UTF-8 (its stray bytes are surrogates, as `surrogateescape` makes them) belongs to no dialect,
whatever its payload says. A payload that is gzip-compressed, or has a byte order mark before its text, is opened first,
here and nowhere else; whoever keeps the frame keeps it as it arrived. A verdict by topic is remembered (at most
`MAX_REMEMBERED` topics); one by payload is not, so that no message can decide how the next ones are read. A dialect may
leave some payloads on its own topics to another one (`reader`), as JSON leaves NDJSON. What no dialect knows is, on a
topic that the register has a device for, of the dialect that says so of itself (`of_register`).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from ingest import redrive
from ingest.dialects import _gzip
from ingest.dialects._base import Dialect, reader_of
from ingest.errors import Reason, RefusedError, shown, unacceptable, unreadable
from ingest.model import Frame, Lookup, Observation, Refusal
from ingest.plugins import find

MAX_REMEMBERED = 100_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WRAPPED = (_gzip.MAGIC, _BYTE_ORDER_MARK)


def opened(frame: Frame) -> Frame:
    """Return a frame as its dialect reads it: not compressed, without byte order mark. Raises `RefusedError`."""
    if not frame.payload.startswith(_WRAPPED):
        return frame
    payload = _gzip.opened(frame.payload) if frame.payload.startswith(_gzip.MAGIC) else frame.payload
    return replace(frame, payload=payload.removeprefix(_BYTE_ORDER_MARK))


class Dialects:
    """The dialects that frames may be written in, in order of preference."""

    def __init__(self, dialects: Iterable[Dialect]) -> None:
        self._dialects = tuple(dialects)
        self._by_topic: dict[str, Dialect] = {}
        self._of_nobody: set[str] = set()
        self._of_register = next((one for one in self._dialects if getattr(one, "of_register", False)), None)

    def choose(self, frame: Frame, lookup: Lookup | None = None) -> Dialect | None:
        """Return the dialect that reads a frame whose payload is open, or None when no dialect knows it.

        Without `lookup`, topics of the register are not known.
        """
        dialect = self.of_topic(frame.topic)
        if dialect is not None:
            return reader_of(dialect, frame.payload)
        if not _is_utf8(frame.topic):
            return None
        dialect = next((dialect for dialect in self._dialects if dialect.matches(frame.topic, frame.payload)), None)
        if dialect is None and lookup is not None and lookup.by_topic(frame.topic) is not None:
            return self._of_register
        return None if dialect is None else reader_of(dialect, frame.payload)

    def of_topic(self, topic: str) -> Dialect | None:
        """Return the dialect that a topic belongs to, or None for one that belongs to none."""
        dialect = self._by_topic.get(topic)
        if dialect is not None or topic in self._of_nobody or not _is_utf8(topic):
            return dialect
        if len(self._by_topic) + len(self._of_nobody) >= MAX_REMEMBERED:
            self._by_topic.clear()
            self._of_nobody.clear()
        dialect = next((dialect for dialect in self._dialects if dialect.matches(topic, b"")), None)
        if dialect is None:
            self._of_nobody.add(topic)
        else:
            self._by_topic[topic] = dialect
        return dialect

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of a frame, or why there are none. Nothing that arrives makes this raise."""
        if frame.retain:
            detail = "the message was retained by the broker: it says nothing about now"
            return unacceptable(Reason.RETAINED, detail).refusal
        if frame.payload.startswith(_WRAPPED):
            try:
                frame = opened(frame)
            except RefusedError as exc:
                return exc.refusal
        dialect = self._by_topic.get(frame.topic)
        if dialect is None:
            frame = redrive.unwrap(frame)
            dialect = self.choose(frame, lookup)
        if dialect is None:
            return unreadable(Reason.UNKNOWN_TOPIC, f"no dialect knows the topic {shown(frame.topic)}").refusal
        outcome = dialect.decode(frame, lookup)
        return replace(outcome, dialect=outcome.dialect or dialect.name) if isinstance(outcome, Refusal) else outcome

    def name_of(self, frame: Frame, lookup: Lookup) -> str:
        """Return the name of the dialect that a frame was read in; empty where that cannot be told any more."""
        wrapped = frame.payload.startswith(_WRAPPED)
        dialect = self.of_topic(frame.topic) if wrapped else self.choose(redrive.unwrap(frame), lookup)
        return "" if dialect is None else dialect.name


def _is_utf8(topic: str) -> bool:
    try:
        topic.encode()
    except UnicodeEncodeError:
        return False
    return True


def discover() -> Dialects:
    """Return all dialects of the folder `ingest/dialects`."""
    return Dialects(find("ingest.dialects", "DIALECT").values())
