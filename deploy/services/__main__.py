"""`make services`: gets what this machine can have of the servers, and says what it cannot have and why.

Nothing is got twice. The exit code is 0 also where servers are absent: their tests are then skipped by name.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from deploy.services import cache
from deploy.services.cache import AbsentError, Found
from deploy.services.get import compose, debian, influxdb, kafka, tansu
from deploy.services.get._base import Server

SERVERS = (  # the quick ones first
    debian.MOSQUITTO,
    debian.POSTGRESQL,
    debian.VICTORIA_METRICS,
    tansu.SERVER,
    kafka.SERVER,
    compose.SERVER,
    influxdb.SERVER,
)


def provide(server: Server, console: Console) -> Found:
    """Return the server, got now if it is not there; raise AbsentError with the reason."""
    found = server.find()
    if found is not None:
        return found
    started = time.monotonic()
    with cache.alone():
        found = server.find() or server.get(lambda text: console.print(f"{server.name}: {text}", highlight=False))
    console.print(f"{server.name}: done in {time.monotonic() - started:.0f} s", highlight=False)
    return found


def main(servers: Sequence[Server] = SERVERS) -> None:
    """Get all servers and print the table of what is there."""
    console = Console()
    table = Table("server", "version")
    table.add_column("where, or why not", overflow="fold")
    for server in servers:
        try:
            found = provide(server, console)
        except (AbsentError, OSError) as exc:
            console.print(f"{server.name}: not to be had: {exc}", highlight=False)
            table.add_row(server.name, "absent", str(exc))
        else:
            table.add_row(server.name, found.version, str(found.path))
    console.print(table)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted: run it again, what is there stays")
