"""Counters and histograms of the pipeline (prometheus-client), touched once an epoch, never per observation.

Labels are stages, outcomes, reasons and states: words of ours, so their number is bounded. Nothing carries a device.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

FRAMES = Counter("wangge_frames", "Frames received from a source", ["source"])
ACKNOWLEDGED = Counter("wangge_frames_acknowledged", "Frames acknowledged to a source after their commit", ["source"])
BRIDGED = Counter("wangge_bridge_frames", "Frames that a bridge has put into Kafka", ["source"])
OBSERVATIONS = Counter("wangge_observations", "Observations by what became of them", ["outcome"])
REFUSALS = Counter("wangge_refusals", "Frames that gave no observations", ["stage", "reason"])
TRANSITIONS = Counter("wangge_transitions", "Changes of a rule's state", ["state"])
NOTICES = Counter("wangge_notices", "Notices by channel and what became of them", ["channel", "outcome"])
FAILURES = Counter("wangge_failures", "Mistakes of our own that a stage went on from", ["stage"])
RETRIES = Counter("wangge_store_retries", "Commits that had to be tried again", ["store"])
EPOCH_FRAMES = Histogram(
    "wangge_epoch_frames", "Frames in an epoch", buckets=(1, 10, 50, 100, 200, 500, 1_000, 2_000, 5_000)
)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
STAGE_SECONDS = Histogram("wangge_stage_seconds", "Wall time of a stage in an epoch", ["stage"], buckets=_SECONDS)
ALERT_SECONDS = Histogram(
    "wangge_alert_seconds", "Wall time from what the sensor saw to the committed alert", buckets=_SECONDS
)
CONNECTED = Gauge("wangge_source_connected", "1 while the broker is there", ["source"], multiprocess_mode="mostrecent")
RULES_FAULTS = Gauge(
    "wangge_rules_faults", "Faults of rule files that were not taken over", multiprocess_mode="mostrecent"
)
DRIFT = Gauge("wangge_drift_alarms", "Open alarms of drift", ["kind"], multiprocess_mode="mostrecent")
