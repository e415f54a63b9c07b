"""How to reach an MQTT broker: address, who we are, TLS. What every client of ours is told before it connects."""

from __future__ import annotations

import ssl

import msgspec
from paho.mqtt.client import Client


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A broker and how to get in; `tls` is None for a plain connection."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"

    def prepare(self, client: Client) -> None:
        """Give a client that is not connected yet the user name and TLS."""
        if self.username is not None:
            client.username_pw_set(self.username, self.password)
        if self.tls is not None:
            client.tls_set_context(self.tls)
