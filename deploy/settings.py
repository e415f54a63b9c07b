"""The one settings tree, read once, from a TOML file (`--config`) and from `WANGGE_…` variables that override it.

Unknown keys are refused; all faults are told together, each with its path. No other module reads the environment.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pydantic
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from deploy.clock import Clock
from deploy.commands._base import UserError


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class MqttSettings(_Section):
    """The broker that the frames come from. `window`: how many unacknowledged messages it sends at most."""

    host: str = "127.0.0.1"
    port: int = pydantic.Field(1883, ge=1, le=65_535)
    topics: tuple[str, ...] = ("wangge/+/up/#", "v3/#", "ngsi/#", "senml/#")
    client_id: str = "wangge"
    source: str = "mqtt"
    username: str | None = None
    password: pydantic.SecretStr | None = None
    window: int = pydantic.Field(100, ge=1, le=65_535)


class EpochSettings(_Section):
    """When an epoch closes: at so many frames, at an age, or when the feed pauses."""

    frames: int = pydantic.Field(2_000, ge=1)
    age_ms: int = pydantic.Field(200, ge=1)
    pause_ms: int = pydantic.Field(5, ge=1)


class WebSettings(_Section):
    """Where console and API listen."""

    host: str = "127.0.0.1"
    port: int = pydantic.Field(8080, ge=1, le=65_535)


class ClockSettings(_Section):
    """The scaled clock of a demo; without it the wall clock."""

    start_ms: int = 0
    wall_start_ms: int = 0
    speed: float = pydantic.Field(1.0, gt=0)


class Settings(BaseSettings):
    """All that an installation says about itself. `site` is the site folder, `data` holds state.db and series.db."""

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
    mqtt: MqttSettings = MqttSettings()
    epoch: EpochSettings = EpochSettings()
    web: WebSettings = WebSettings()
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

    def real_clock(self) -> Clock:
        """Return the clock that everything of this installation shares."""
        return Clock(start_ms=self.clock.start_ms, wall_start_ms=self.clock.wall_start_ms, speed=self.clock.speed)


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
