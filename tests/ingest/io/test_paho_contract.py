"""The private names of paho-mqtt that `ingest.io.read_ahead` builds on, under its exact pin."""

from __future__ import annotations

import inspect
from importlib.metadata import version

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def test_version_is_the_one_we_looked_at() -> None:
    """Another version of paho needs another look at what follows."""
    assert version("paho-mqtt") == "2.2.0"


@pytest.mark.parametrize(
    "method,parameters",
    [
        ("loop_read", ["self", "max_packets"]),
        ("reconnect", ["self"]),
        ("_sock_recv", ["self", "bufsize"]),
        ("_packet_handle", ["self"]),
        ("_packet_queue", ["self", "command", "packet", "mid", "qos", "info"]),
        ("_loop_rc_handle", ["self", "rc"]),
    ],
)
def test_method_is_there(method: str, parameters: list[str]) -> None:
    """The methods that we override or call have the signatures that we know."""
    assert list(inspect.signature(getattr(Client, method)).parameters) == parameters


@pytest.mark.parametrize("attribute", ["_sock", "_thread", "_in_packet", "_last_bytes_received", "_msgtime_mutex"])
def test_attribute_is_there(attribute: str) -> None:
    """The attributes that we read or set exist."""
    assert hasattr(Client(CallbackAPIVersion.VERSION2), attribute)


def test_network_loop_reads_through_loop_read() -> None:
    """The loop calls `loop_read` when the socket is readable, so overriding it is enough."""
    assert "self.loop_read()" in inspect.getsource(Client._loop)


def test_threaded_client_does_not_write_from_the_caller() -> None:
    """With the network thread running, `_packet_queue` only queues and wakes it."""
    assert "if self._thread is None" in inspect.getsource(Client._packet_queue)
