"""The one settings tree, read once, from a TOML file (`--config`) and from `WANGGE_…` variables that override it.

Unknown keys are refused; all faults are told together, each with its path. No other module reads the environment.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from deploy.clock import Clock
from deploy.commands._base import UserError
from ingest.stores._influx_options import InfluxOptions


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def _plain_url(url: str) -> str:
    """Return the URL of a server without a final slash; refuse one with more in it than scheme, host and port."""
    if not re.fullmatch(r"https?://[^/@\s]+/?", url):
        raise ValueError("is not http://HOST:PORT or https://HOST:PORT (a name and password do not belong into it)")
    return url.rstrip("/")


class SourceSettings(_Section):
    """A broker that frames come from. `window`: how many unacknowledged messages it sends at most.

    `group` shares the subscription with others of that name (`$share/…`). `tls` alone trusts the certificates of the
    system, `ca` is a file of others; `certificate` and `key` are ours, for a broker that asks for them.
    `topic_frames_per_s` bounds each topic, `frames_per_s` the source as a whole (None: no bound); what was not used up
    is kept for `burst_s` (`ingest.rate`).
    """

    host: str = "127.0.0.1"
    port: Annotated[int, pydantic.Field(ge=1, le=65_535)] = 1883
    topics: Annotated[tuple[str, ...], pydantic.Field(min_length=1)] = (
        "wangge/+/up/#",
        "v3/#",
        "application/+/device/+/event/+",
        "ngsi/#",
        "senml/#",
        "senmlc/#",
        "v1.1/#",
    )
    group: Annotated[str, pydantic.Field(pattern=r"^[^/+#]+$", max_length=64)] | None = None
    username: str | None = None
    password: pydantic.SecretStr | None = None
    tls: bool = False
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    window: Annotated[int, pydantic.Field(ge=1, le=65_535)] = 100
    frames_per_s: Annotated[float, pydantic.Field(ge=0.001, le=1e6)] | None = None
    topic_frames_per_s: Annotated[float, pydantic.Field(ge=0.001, le=1e6)] | None = 500
    burst_s: Annotated[float, pydantic.Field(ge=1, le=86_400)] = 200


class MqttSettings(SourceSettings):
    """The broker of the house: frames come from it, notices go to it. `source` is its name as a source."""

    client_id: str = "wangge"
    source: Annotated[str, pydantic.Field(min_length=1, max_length=64)] = "mqtt"


_SourceName = Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=64)]


class EpochSettings(_Section):
    """When an epoch closes: at so many frames, at an age, or when the feed pauses."""

    frames: Annotated[int, pydantic.Field(ge=1)] = 2_000
    age_ms: Annotated[int, pydantic.Field(ge=1)] = 200
    pause_ms: Annotated[int, pydantic.Field(ge=1)] = 5


class KafkaSettings(_Section):
    """The Kafka cluster of bridge and workers. `prefix` begins the names of its topics and names the consumer group.

    `username` and `password` are those of SASL (`sasl` names the mechanism), `ca` a file of certificates; `tls` alone
    trusts those of the system. Without `idempotence` a producer that tries again may write a record twice, which is
    recognised: for a broker that cannot tell (Tansu). A member that is silent for `session_timeout_s` loses its
    partitions to the others; a worker that commits nothing for `stuck_after_s` while records wait for it ends itself.
    """

    bootstrap: str = "127.0.0.1:9092"
    prefix: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9._-]{1,200}$")] = "wangge"
    partitions: Annotated[int, pydantic.Field(ge=1, le=1_000)] = 8
    replication: Annotated[int, pydantic.Field(ge=1, le=10)] = 1
    retention_hours: Annotated[int, pydantic.Field(ge=1)] = 72
    tls: bool = False
    ca: Path | None = None
    sasl: str = "SCRAM-SHA-512"
    username: str | None = None
    password: pydantic.SecretStr | None = None
    idempotence: bool = True
    session_timeout_s: Annotated[float, pydantic.Field(ge=6)] = 30
    stuck_after_s: Annotated[float, pydantic.Field(ge=10)] = 120


class InfluxSettings(_Section):
    """The InfluxDB 2 of `store = "influx"`. `ca`: a file of certificates to trust, in place of the usual ones.

    `spool_mib` bounds what waits in the data folder while the server is away; when it is full, reading stops.
    """

    url: Annotated[str, pydantic.AfterValidator(_plain_url)] = "http://127.0.0.1:8086"
    org: str = "wangge"
    bucket: str = "wangge"
    token: pydantic.SecretStr | None = None
    ca: Path | None = None
    timeout_s: Annotated[float, pydantic.Field(ge=0.1, le=300)] = 10
    spool_mib: Annotated[int, pydantic.Field(ge=1, le=1_048_576)] = 256

    def options(self) -> InfluxOptions:
        """Return what the store must be told; raise UserError where the token is missing."""
        if self.token is None:
            raise UserError("influx.token is missing: set token under [influx], or WANGGE_INFLUX__TOKEN")
        return InfluxOptions(
            url=self.url,
            org=self.org,
            bucket=self.bucket,
            token=self.token.get_secret_value(),
            ca_file=str(self.ca) if self.ca else None,
            timeout_s=self.timeout_s,
            spool_bytes=self.spool_mib * 2**20,
        )


class WebSettings(_Section):
    """Where console and API listen."""

    host: str = "127.0.0.1"
    port: Annotated[int, pydantic.Field(ge=1, le=65_535)] = 8080


class MetricsSettings(_Section):
    """Where a bridge or worker answers Prometheus by itself; without a port it does not."""

    host: str = "127.0.0.1"
    port: Annotated[int, pydantic.Field(ge=1, le=65_535)] | None = None


class ClockSettings(_Section):
    """The scaled clock of a demo (deploy.clock); without it the wall clock."""

    start_ms: int = 0
    wall_start: int | Path = 0
    end_ms: int | None = None
    speed: Annotated[float, pydantic.Field(gt=0)] = 1.0


class Settings(BaseSettings):
    """All that an installation says about itself. `site` is the site folder, `data` holds state.db and series.db.

    `database` is the SQLAlchemy URL of the case store (postgresql://user:password@host/database); without it, it is
    state.db. `sources` are further brokers that frames come from, by their names.
    """

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="WANGGE_",
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    site: Path
    data: Path
    store: str = "sqlite"
    database: pydantic.SecretStr | None = None
    mqtt: MqttSettings = MqttSettings()
    sources: dict[_SourceName, SourceSettings] = {}
    epoch: EpochSettings = EpochSettings()
    kafka: KafkaSettings = KafkaSettings()
    influx: InfluxSettings = InfluxSettings()
    web: WebSettings = WebSettings()
    metrics: MetricsSettings = MetricsSettings()
    clock: ClockSettings = ClockSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables override the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the case store (it may hold a password)."""
        return self.database.get_secret_value() if self.database else f"sqlite:///{self.data / 'state.db'}"

    @property
    def brokers(self) -> dict[str, SourceSettings]:
        """Every broker that frames come from, by its name as a source; that of the house is the first."""
        return {self.mqtt.source: self.mqtt} | self.sources

    @pydantic.model_validator(mode="after")
    def _one_name_each(self) -> Self:
        if self.mqtt.source in self.sources:
            raise ValueError(f"sources.{self.mqtt.source} has the name of the broker under [mqtt] (mqtt.source)")
        return self

    def real_clock(self) -> Clock:
        """Return the clock that everything of this installation shares."""
        return Clock(**self.clock.model_dump())


def load(config: Path) -> Settings:
    """Read a settings file; relative folders count from where it lies. Raises UserError with every fault."""
    try:
        values: dict[str, Any] = tomllib.loads(config.read_text(encoding="utf-8"))
    except OSError as exc:
        raise UserError(f"{config}: cannot be read: {exc.strerror} (name the settings file with --config)") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise UserError(f"{config}: is not TOML: {exc}") from exc
    for key in ("site", "data"):
        if isinstance(values.get(key), str):
            values[key] = config.parent / values[key]
    try:
        return Settings(**values)
    except pydantic.ValidationError as exc:
        faults = (f"{config}: {'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors())
        raise UserError("\n".join(faults)) from exc
