"""How to reach Kafka, in the words of aiokafka; only the composition asks for it. Importing it needs no extra."""

from __future__ import annotations

import importlib.util
import logging
import ssl
import sys
from typing import Any

from deploy.commands._base import UserError
from deploy.settings import KafkaSettings

EXTRA = "install the extra that brings Faust and aiokafka: pip install 'wangge[cluster]'"


def need_extra() -> None:
    """Raise UserError unless what the cluster runtime needs is installed."""
    for name in ("aiokafka", "faust"):
        # Faust puts an object of its own in the place of its module, and that has no spec.
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            raise UserError(f"{name} is not installed: {EXTRA}")
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it says at errors is in our own line


def options(kafka: KafkaSettings, name: str) -> dict[str, Any]:
    """Return the arguments that producers, consumers and administrators of aiokafka share; `name` tells them apart."""
    made: dict[str, Any] = {"bootstrap_servers": kafka.bootstrap, "client_id": f"{kafka.prefix}-{name}"}
    context = tls(kafka)
    if context is not None:
        made["ssl_context"] = context
    if kafka.username is not None:
        made["sasl_mechanism"] = kafka.sasl
        made["sasl_plain_username"] = kafka.username
        made["sasl_plain_password"] = kafka.password.get_secret_value() if kafka.password else ""
    made["security_protocol"] = f"{'SASL_' if kafka.username else ''}{'SSL' if context else 'PLAINTEXT'}"
    return made


def tls(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """Return the TLS context, or None for a plain connection; raise UserError where `ca` cannot be read."""
    if not kafka.tls and kafka.ca is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(kafka.ca) if kafka.ca else None)
    except OSError as exc:
        raise UserError(f"kafka.ca {kafka.ca}: not a readable file of certificates ({exc})") from exc
