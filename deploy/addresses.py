"""Addresses that people type: `host:port`."""

from __future__ import annotations

from deploy.commands._base import UserError

_PORTS = range(1, 65_536)


def host_port(text: str, option: str) -> tuple[str, int]:
    """Return host and port of `text`; raise UserError that names the option it came from."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) not in _PORTS:
        raise UserError(f"{option} is {text!r}: give host:port, as in 127.0.0.1:1883")
    return host, int(port)
