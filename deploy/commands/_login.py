"""The broker that a command publishes to, as its options name it: by address, or by a settings file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands._base import UserError

if TYPE_CHECKING:
    from ingest.io.login import Login

DEFAULT = "127.0.0.1:1883"

BrokerOption = Annotated[
    str | None, typer.Option("--broker", help=f"MQTT broker, host:port; default: that of --config, else {DEFAULT}.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file (TOML): its broker, with name, password and TLS.")
]
UsernameOption = Annotated[str | None, typer.Option("--username", help="User name for a broker that asks for one.")]
PasswordOption = Annotated[Path | None, typer.Option("--password-file", help="File with the password, on one line.")]


def login(
    broker: str | None, config: Path | None, username: str | None, password_file: Path | None, source: str | None = None
) -> Login:
    """Return how to reach the broker that these options name; what they do not say, the settings say.

    `source` names one of several brokers of the settings (None: that of the house). Raises UserError.
    """
    import msgspec

    from deploy import brokers
    from deploy.addresses import host_port
    from deploy.settings import load
    from ingest.io.login import Login

    found = Login()
    if config is not None:
        settings = load(config)
        known = source if source in settings.brokers else settings.mqtt.source
        found = brokers.login(settings.brokers[known], brokers.section(settings, known))
    if broker is not None or config is None:
        host, port = host_port(broker or DEFAULT, "--broker")
        found = msgspec.structs.replace(found, host=host, port=port)
    if password_file is not None and username is None:
        raise UserError("--password-file needs --username")
    if username is not None:
        found = msgspec.structs.replace(found, username=username, password=_password(password_file))
    return found


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"{path}: the password cannot be read: {exc}") from exc
    except IndexError:
        raise UserError(f"{path} is empty: write the password into it") from None
