"""What the settings say about MQTT brokers, for the parts that connect to them."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence

from alerts.api.topics import hears
from deploy.commands._base import UserError
from deploy.runtimes.epoch import Limits, share_of
from deploy.settings import Settings, SourceSettings
from ingest.io.login import Login
from ingest.io.mqtt_source import MqttOptions
from ingest.io.sources import Sources
from ingest.rate import Limit, Rates
from ingest.redrive import PREFIX


def home(settings: Settings) -> MqttOptions:
    """Return the broker of the house: notices go there. Raises UserError where a certificate cannot be read."""
    return options(settings, settings.mqtt.source)


def options(settings: Settings, name: str) -> MqttOptions:
    """Return how to reach one of the sources; raise UserError where a certificate of it cannot be read."""
    broker = settings.brokers[name]
    is_home = name == settings.mqtt.source
    own = "" if is_home else f"-{name}"
    access = login(broker, section(settings, name))
    topics = with_redriven(broker.topics) if is_home else broker.topics
    return MqttOptions(
        host=access.host,
        port=access.port,
        username=access.username,
        password=access.password,
        tls=access.tls,
        topics=shared(broker.group, topics) if broker.group else topics,
        client_id=f"{settings.mqtt.client_id}{own}",
        source=name,
    )


def with_redriven(topics: tuple[str, ...]) -> tuple[str, ...]:
    """Return topics that hear frames which are published again, whatever else they hear."""
    return topics if any(hears(topic, f"{PREFIX}x/0/x") for topic in topics) else (*topics, f"{PREFIX}#")


def shared(name: str, topics: Sequence[str]) -> tuple[str, ...]:
    """Return shared subscriptions to topics, a group for each: rumqttd (iotcore) serves one filter of a group only."""
    return tuple(f"$share/{name}{number or ''}/{topic}" for number, topic in enumerate(topics))


def section(settings: Settings, name: str) -> str:
    """Return the section of the settings that a source stands in."""
    return "mqtt" if name == settings.mqtt.source else f"sources.{name}"


def login(broker: SourceSettings, place: str) -> Login:
    """Return how to get into a broker; raise UserError that names `place`, its section, where this cannot be."""
    return Login(
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password=broker.password.get_secret_value() if broker.password else None,
        tls=_tls(broker, place),
    )


def _tls(broker: SourceSettings, place: str) -> ssl.SSLContext | None:
    if not (broker.tls or broker.ca or broker.certificate):
        return None
    try:
        context = ssl.create_default_context(cafile=str(broker.ca) if broker.ca else None)
    except OSError as exc:
        raise UserError(f"{place}.ca {broker.ca}: not a readable file of certificates ({exc})") from exc
    if broker.certificate:
        try:
            context.load_cert_chain(broker.certificate, broker.key)
        except OSError as exc:
            raise UserError(
                f"{place}.certificate {broker.certificate}, key {broker.key or 'in the same file'}: "
                f"not a readable certificate with its key ({exc})"
            ) from exc
    return context


def opened(
    settings: Settings,
    now_ms: Callable[[], int],
    change: Callable[[MqttOptions], MqttOptions] = lambda options: options,
) -> Sources:
    """Return all sources as one, not started yet; `change` has the last word about the options of each."""
    parts = [(change(options(settings, name)), share_of(broker.window)) for name, broker in settings.brokers.items()]
    return Sources(parts, now_ms)


def epoch_limits(settings: Settings) -> Limits:
    """Return when an epoch closes."""
    return Limits(
        frames=settings.epoch.frames,
        window=sum(broker.window for broker in settings.brokers.values()),
        age_s=settings.epoch.age_ms / 1000,
        pause_s=settings.epoch.pause_ms / 1000,
    )


def rates(settings: Settings) -> Rates:
    """Return how fast frames may come."""
    sources = {}
    topics = {}
    for name, broker in settings.brokers.items():
        if broker.frames_per_s:
            sources[name] = Limit(broker.frames_per_s, broker.burst_s)
        if broker.topic_frames_per_s:
            topics[name] = Limit(broker.topic_frames_per_s, broker.burst_s)
    return Rates(sources, topics)
