"""Every table of the case store, in the order of the data flow.

One database holds all that must change together with the rule state, one transaction an epoch (docs/architecture.md):
dedup journal, ledger, dead letters, rule states, transitions, alerts, cases, tasks, outbox; and what people own: users,
sessions, audit. Times are milliseconds since 1970 UTC. Changes of shape go through a migration.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from alerts.store.tables_accounts import account_tables

METADATA = MetaData()
_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite gives ids by itself only to an INTEGER (64 bits too)

# --- ingest -----------------------------------------------------------------------------------------------------------

META = Table(
    "meta",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

# what has been seen: a snapshot, then one journal row an epoch (packed (series, time) pairs; ingest.dedup packs them)
SEEN = Table(
    "seen",
    METADATA,
    Column("shard", Integer, primary_key=True, autoincrement=False),  # partition of the cluster runtime; embedded: 0
    Column("epoch", BigInteger, primary_key=True),
    Column("kind", String(8), primary_key=True),  # snapshot | journal | late
    Column("packed", LargeBinary, nullable=False),
)

# how far the records of a Kafka partition have had their effects: written with them, in one transaction
KAFKA_OFFSETS = Table(
    "kafka_offsets",
    METADATA,
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),  # of the last record that had its effects; -1 before the first
    Column("version", BigInteger, nullable=False),  # every commit of the partition adds one: only one owner can
)

# what became of the frames: alerts.store.tables_accounts
LEDGER, DEAD_LETTERS, DRIFT_COUNTS, DRIFT_ALARMS = account_tables(METADATA, _ID)

# devices that fail quality checks: how far they are trusted
DEVICE_TRUST = Table(
    "device_trust",
    METADATA,
    Column("device_id", String(64), primary_key=True),
    Column("area", String(9), nullable=False, server_default=""),  # sub-district of the device
    Column("packed", LargeBinary, nullable=False),  # msgpack (ingest.trust)
)

# --- rules ------------------------------------------------------------------------------------------------------------

RULE_STATES = Table(
    "rule_states",
    METADATA,
    Column("rule_id", String(64), primary_key=True),
    Column("subject_kind", String(16), primary_key=True),
    Column("subject_id", String(64), primary_key=True),
    Column("area", String(9), nullable=False, server_default=""),  # sub-district of the subject
    Column("packed", LargeBinary, nullable=False),  # msgpack, versioned (rules.state)
    Index("rule_states_by_area", "area"),
)

# every version of a rule that ever ran here; the newest is not always the one that runs
RULE_VERSIONS = Table(
    "rule_versions",
    METADATA,
    Column("rule_id", String(64), primary_key=True),
    Column("version", String(16), primary_key=True),  # digest of what it judges by
    Column("author", String(120), nullable=False),  # empty: the file names none
    Column("first_run_ms", BigInteger, nullable=False),  # by the clock on the wall
    Column("text", Text, nullable=False),  # as it stood in its file then
)

TRANSITIONS = Table(
    "transitions",
    METADATA,
    Column("seq", _ID, primary_key=True, autoincrement=True),  # order in which they became known
    Column("rule_id", String(64), nullable=False),
    Column("rule_version", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # JSON list
    Column("known_at_ms", BigInteger, nullable=False),
    UniqueConstraint("rule_id", "subject_kind", "subject_id", "state", "since_ms", name="transition_identity"),
)

# --- alerts and cases -------------------------------------------------------------------------------------------------

CASES = Table(
    "cases",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("incident_key", String(160), nullable=False, unique=True),  # category | subject | first firing
    Column("number", String(32), unique=True),  # issued at filing
    Column("scheme", String(24), nullable=False),
    Column("kind", String(12), nullable=False),  # event | component
    Column("code", String(16), nullable=False),
    Column("category", String(64), nullable=False),  # key of the site's categories
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("domain", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("source", String(16), nullable=False),  # iot | collector | register | public | leader | video | transfer
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("cell", String(15), nullable=False),
    Column("lat", Float),
    Column("lon", Float),
    Column("state", String(16), nullable=False),
    Column("reported_at_ms", BigInteger, nullable=False),
    Column("filed_at_ms", BigInteger),
    Column("dispatched_at_ms", BigInteger),  # the handling clock starts
    Column("done_at_ms", BigInteger),  # the handling clock stops
    Column("limit_value", Float),
    Column("limit_type", String(16)),  # urgent_hour | urgent_minute | natural_day | work_hour | work_day
    Column("deadline_ms", BigInteger),
    Column("warned", Boolean, nullable=False, default=False),
    Column("breached", Boolean, nullable=False, default=False),
    Column("normal_for_s", Integer, nullable=False, default=0),
    Column("give_up_after_s", Integer, nullable=False, default=0),
    Column("next_check_ms", BigInteger),  # when the timer must look at it again
    Column("unit", String(64)),
    Column("crew", String(64)),
    Column("rework_count", Integer, nullable=False, default=0),
    Column("extensions", Integer, nullable=False, default=0),  # 延期 granted, at most two
    Column("suspended_at_ms", BigInteger),  # 挂账, once; stays set after the case has gone on
    Column("resume_at_ms", BigInteger),  # when a suspended case goes on by itself
    Column("resume_state", String(16)),  # the state that it goes back to
    Column("closed_at_ms", BigInteger),
    Column("closed_how", String(16)),  # verified | checked | forced | cancelled | rejected
    Column("version", Integer, nullable=False, default=1),  # optimistic lock: every change adds one
    Column("updated_at_ms", BigInteger, nullable=False),
    Index("cases_by_state", "state", "deadline_ms"),
    Index("cases_by_category", "category", "reported_at_ms"),
    Index("cases_by_next_check", "next_check_ms"),
)

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("rule_id", String(64), nullable=False),
    Column("rule_version", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("domain", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cell", String(15), nullable=False),
    Column("device_id", String(64)),
    Column("observed_property", String(64)),
    Column("state", String(8), nullable=False),  # ISA-18.2: UNACK ACKED RTNUN NORM SHLVD DSUPR OOSRV
    Column("firing", Boolean, nullable=False),  # the live condition
    Column("fired_at_ms", BigInteger, nullable=False),  # first firing of this life
    Column("last_fired_at_ms", BigInteger, nullable=False),
    Column("activations", Integer, nullable=False, default=1),  # firings in this life
    Column("resolved_at_ms", BigInteger),
    Column("acknowledged_by", String(64)),
    Column("acknowledged_at_ms", BigInteger),
    Column("shelved_until_ms", BigInteger),
    Column("shelved_reason", Text),
    Column("case_id", _ID, ForeignKey("cases.id")),
    Column("version", Integer, nullable=False, default=1),
    Column("updated_at_ms", BigInteger, nullable=False),
    UniqueConstraint("rule_id", "subject_kind", "subject_id", "fired_at_ms", name="alert_identity"),
    Index("alerts_live", "firing", "state"),
    Index("alerts_by_case", "case_id"),
    Index("alerts_by_shelf", "shelved_until_ms"),
)

CASE_LOG = Table(
    "case_log",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("event", Integer, nullable=False),  # number within the case, from 1
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),  # user name, `iot`, `rule`, `matrix`, `timer`, `sensor`
    Column("move", String(24), nullable=False),
    Column("from_state", String(16)),
    Column("to_state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False, default="{}"),  # JSON: evidence, trace, opinion
    UniqueConstraint("case_id", "event", name="case_log_event"),
)

TASKS = Table(
    "tasks",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("case_id", _ID, ForeignKey("cases.id"), nullable=False),
    Column("round", Integer, nullable=False),  # 1 for the first dispatch, one more for each rework or new dispatch
    Column("kind", String(20), nullable=False),  # handle | verify_pre_file | check_pre_close
    Column("crew", String(64), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("state", String(12), nullable=False),  # offered | accepted | started | done | returned | withdrawn
    Column("offered_at_ms", BigInteger, nullable=False),
    Column("done_at_ms", BigInteger),
    Column("note", Text),
    UniqueConstraint("case_id", "round", "kind", name="task_identity"),
    Index("tasks_by_crew", "crew", "state"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("about", String(12), nullable=False),  # alert | case
    Column("about_id", _ID, nullable=False),
    Column("event", Integer, nullable=False),
    Column("channel", String(32), nullable=False),  # name of a notifier
    Column("address", Text, nullable=False),  # for mqtt: the topic
    Column("payload", Text, nullable=False),  # JSON
    Column("retained", Boolean, nullable=False, default=True),  # false: tell it, and take back what was retained there
    Column("created_at_ms", BigInteger, nullable=False),
    Column("sent_at_ms", BigInteger),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_ms", BigInteger, nullable=False),
    Column("last_error", Text),
    UniqueConstraint("about", "about_id", "event", "channel", "address", name="notice_identity"),
    Index("outbox_waiting", "sent_at_ms", "next_attempt_ms"),
    Index("outbox_by_address", "channel", "address", "sent_at_ms"),
)

# --- people -----------------------------------------------------------------------------------------------------------

USERS = Table(
    "users",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("role", String(16), nullable=False),  # viewer | operator | dispatcher | crew | administrator
    Column("crew", String(64)),
    Column("disabled", Boolean, nullable=False, default=False),
    Column("created_at_ms", BigInteger, nullable=False),
)

SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),  # SHA-256; the token itself is never stored
    Column("user", String(64), ForeignKey("users.name"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
)

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),  # SHA-256; the token itself is never stored
    Column("scopes", Text, nullable=False),  # words of alerts.store.api_tokens.Scope
    Column("topics", Text, nullable=False),  # JSON list of MQTT filters
    Column("created_at_ms", BigInteger, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("revoked_at_ms", BigInteger),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", String(48), nullable=False),
    Column("object", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
