"""Ports for what the project starts: chosen where nobody takes them by chance, refused with a reason."""

from __future__ import annotations

import socket

import pytest

from deploy.broker import free_port
from deploy.commands._base import UserError

pytestmark = pytest.mark.network


def test_free_port_is_not_one_of_outgoing_connections() -> None:
    """A port that is chosen can be listened on, and lies below those that a system gives to connections."""
    for _ in range(20):
        port = free_port(0)

        assert 20_000 <= port < 32_768
        socket.create_server(("127.0.0.1", port)).close()


def test_free_port_takes_the_wanted_one() -> None:
    """A port that is wanted and free is the one."""
    wanted = free_port(0)

    assert free_port(wanted) == wanted


def test_free_port_in_use() -> None:
    """A port that somebody listens on is refused, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(UserError) as told:
            free_port(taken)

    assert str(told.value) == f"port {taken} on 127.0.0.1 is in use: end what listens there, or name another port"


def test_free_port_on_an_address_of_somebody_else() -> None:
    """Another reason is told as it is."""
    with pytest.raises(UserError, match=r"port 20000 on 192\.0\.2\.1 cannot be had: .+: name another port"):
        free_port(20_000, "192.0.2.1")
