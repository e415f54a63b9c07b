"""Starts the MQTT broker that a demo uses when there is none: iotcore (rumqttd), on the loopback."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator

from iotcore import Broker

from deploy.commands._base import UserError

WINDOW = 100  # rumqttd sends so many unacknowledged messages to a client, whatever it is told
MAX_PAYLOAD_BYTES = 16 * 1024 * 1024


def free_port(wanted: int, host: str = "127.0.0.1") -> int:
    """Return `wanted`, or a free port when `wanted` is 0; raise UserError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as exc:
            raise UserError(f"port {wanted} on {host} is in use: end what listens there, or name another port") from exc
        return int(probe.getsockname()[1])


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
