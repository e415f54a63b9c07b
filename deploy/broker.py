"""Starts the MQTT broker that a demo uses when there is none: iotcore (rumqttd), on the loopback."""

from __future__ import annotations

import contextlib
import errno
import secrets
import signal
import socket
from collections.abc import Iterator

from iotcore import Broker

from deploy.commands._base import UserError

WINDOW = 100  # rumqttd sends so many unacknowledged messages to a client, whatever it is told
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024
_CHOSEN, _TRIES = range(20_000, 32_768), 100


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """Return `wanted`, or a free port when `wanted` is 0; raise UserError when it cannot be had.

    A port that is chosen lies below those that systems give to outgoing connections: between this look and the moment
    when somebody listens on it, no connection takes it by chance.
    """
    if wanted:
        fault = _fault(host, wanted)
        if fault is None:
            return wanted
        if fault.errno == errno.EADDRINUSE:
            raise UserError(f"port {wanted} on {host} is in use: end what listens there, or name another port")
        raise UserError(f"port {wanted} on {host} cannot be had: {fault.strerror}: name another port")
    for _ in range(_TRIES):
        port = secrets.choice(_CHOSEN)
        if _fault(host, port) is None:
            return port
    raise UserError(f"no port is free on {host} from {_CHOSEN.start} to {_CHOSEN.stop - 1}: name one")


def _fault(host: str, port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            return exc
    return None


@contextlib.contextmanager
def running(port: int) -> Iterator[None]:
    """Run the broker on the loopback; it ignores Ctrl-C, so that it outlives those who still have to finish."""
    broker = Broker(port=port, listen="127.0.0.1", max_payload_size=MAX_PAYLOAD_BYTES)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        broker.start()
    except (OSError, RuntimeError) as exc:
        raise UserError(f"the MQTT broker does not start on port {port}: {exc}") from exc
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield
    finally:
        broker.stop()
