"""A TCP proxy on the loopback that does to connections what networks do: cut them, hold them up, close them half."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from typing import Self

_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with RST


class Proxy:
    """Listens on `port` and hands everything on to `target`, both on the loopback; a context manager."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        self._ended = False
        self.refusing = False
        self.connections = 0
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        """Begin."""
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all connections."""
        self._ended = True
        self._flowing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)

    def cut(self) -> None:
        """Reset every connection."""
        with self._lock:
            for pair in self._pairs:
                for end in pair:
                    with contextlib.suppress(OSError):
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        end.shutdown(socket.SHUT_RDWR)

    def close_half(self) -> None:
        """Close every connection towards the client only: it may still write, and nobody reads it."""
        with self._lock:
            for client, _ in self._pairs:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_WR)

    def stall(self) -> None:
        """Let connections stand, and nothing through."""
        self._flowing.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flowing.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing or self._ended:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                client.close()
                continue
            self.connections += 1
            thread = threading.Thread(target=self._carry, args=(client, server), daemon=True)
            self._threads.append(thread)
            with self._lock:
                self._pairs.append((client, server))
            thread.start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        other = {client: server, server: client}
        try:
            while not self._ended:
                self._flowing.wait()
                for end in select.select(list(other), [], [], 0.1)[0]:
                    if not self._flowing.is_set():
                        break
                    data = end.recv(_BYTES)
                    if not data:
                        return
                    other[end].sendall(data)
        except OSError:
            return
        finally:
            with self._lock:
                self._pairs.remove((client, server))
            client.close()
            server.close()
