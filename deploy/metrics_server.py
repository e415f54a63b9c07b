"""Answers Prometheus for a process that has no web application: bridge and worker, where `metrics.port` is set."""

from __future__ import annotations

from deploy.commands._base import UserError
from deploy.settings import MetricsSettings


def answer(settings: MetricsSettings) -> None:
    """Answer on `/metrics`, on a thread of its own, until the process ends; nothing without a port.

    `deploy.metrics_folder.share` comes before. Raises UserError where the port cannot be had.
    """
    if settings.port is None:
        return
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415 - only after `share`
    from prometheus_client.multiprocess import MultiProcessCollector  # noqa: PLC0415 - as above

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # prometheus_client has no types here
    try:
        start_http_server(settings.port, settings.host, registry)
    except OSError as exc:
        remedy = "end what listens there, or set another `port` under [metrics]"
        raise UserError(f"cannot answer on {settings.host}:{settings.port}: {exc.strerror or exc}: {remedy}") from exc
