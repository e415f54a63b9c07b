"""The tables of what became of the frames: ledger, dead letters, what frames looked like, alarms that come of it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, UniqueConstraint
from sqlalchemy.types import TypeEngine


class AccountTables(NamedTuple):
    """The tables, made by `account_tables`."""

    ledger: Table
    dead_letters: Table
    drift_counts: Table
    drift_alarms: Table


def account_tables(metadata: MetaData, identity: TypeEngine[int]) -> AccountTables:
    """Declare the tables in `metadata`; `identity` is the type of ids that the database gives by itself."""
    return AccountTables(_ledger(metadata), _dead_letters(metadata), *_drift(metadata, identity))


def _ledger(metadata: MetaData) -> Table:
    return Table(
        "ledger",
        metadata,
        Column("source", String(64), primary_key=True),
        Column("hour_ms", BigInteger, primary_key=True),
        Column("frames", BigInteger, nullable=False, default=0),
        Column("acknowledged", BigInteger, nullable=False, default=0),  # frames
        Column("received", BigInteger, nullable=False, default=0),  # observations, and one for a frame that gave none
        Column("stored", BigInteger, nullable=False, default=0),
        Column("duplicate", BigInteger, nullable=False, default=0),
        Column("refused", BigInteger, nullable=False, default=0),
        Column("dead_lettered", BigInteger, nullable=False, default=0),
    )


def _dead_letters(metadata: MetaData) -> Table:
    return Table(
        "dead_letters",
        metadata,
        Column("id", String(32), primary_key=True),  # digest of source, topic, payload
        Column("source", String(64), nullable=False),
        Column("topic", Text, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("stage", String(16), nullable=False),
        Column("reason", String(32), nullable=False),
        Column("detail", Text, nullable=False),
        Column("first_received_at_ms", BigInteger, nullable=False),
        Column("last_received_at_ms", BigInteger, nullable=False),
        Column("times", Integer, nullable=False, default=1),
        Column("redriven_at_ms", BigInteger),  # set while its frame was published again and not refused since
        Column("redrives", Integer, nullable=False, server_default="0"),  # how often its frame was published again
        Column("dialect", String(32), nullable=False, server_default=""),
        Column("device", String(128), nullable=False, server_default=""),  # id or EUI that the frame names
        Column("model", String(128), nullable=False, server_default=""),  # of device, with its firmware: model@firmware
        Index("dead_letters_by_group", "stage", "reason", "dialect", "model"),
        Index("dead_letters_by_device", "reason", "device"),
    )


def _drift(metadata: MetaData, identity: TypeEngine[int]) -> tuple[Table, Table]:
    counts = Table(
        "drift_counts",
        metadata,
        Column("hour_ms", BigInteger, primary_key=True, autoincrement=False),
        Column("shard", BigInteger, primary_key=True, autoincrement=False),
        Column("dialect", String(32), primary_key=True),
        Column("model", String(128), primary_key=True),  # model@firmware, or the kind of device
        Column("property", String(64), primary_key=True),  # empty: the frames themselves
        Column("seen", BigInteger, nullable=False),  # frames that had it, of those that were looked at
        Column("refused", BigInteger, nullable=False),  # frames that were refused, of those that were looked at
        Column("sample", LargeBinary, nullable=False),  # some of its values, packed (ingest.drift)
    )
    alarms = Table(
        "drift_alarms",
        metadata,
        Column("id", identity, primary_key=True, autoincrement=True),
        Column("kind", String(12), nullable=False),  # vanished | jump | refusals
        Column("dialect", String(32), nullable=False),
        Column("model", String(128), nullable=False),
        Column("property", String(64), nullable=False),
        Column("opened_at_ms", BigInteger, nullable=False),
        Column("cleared_at_ms", BigInteger),
        Column("cleared_how", String(12)),  # returned | accepted
        Column("detail", Text, nullable=False),  # JSON: figures before and after
        UniqueConstraint("kind", "dialect", "model", "property", "opened_at_ms", name="drift_alarm_identity"),
        Index("drift_alarms_open", "cleared_at_ms"),
    )
    return counts, alarms
