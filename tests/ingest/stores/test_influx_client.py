"""What the answers of an InfluxDB mean (a small HTTP server gives them)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ingest.stores._base import ServerAwayError, StoreError
from ingest.stores._influx_client import InfluxClient
from ingest.stores._influx_options import InfluxOptions

pytestmark = pytest.mark.network


class Server(HTTPServer):
    """Gives the same answer to every request."""

    status = 200
    body = b""


class Answer(BaseHTTPRequestHandler):
    """Gives the server's answer."""

    server: Server

    def do_POST(self) -> None:
        """Take the request and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the library
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Run the server."""
    with Server(("127.0.0.1", 0), Answer) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def client(server: Server) -> Iterator[InfluxClient]:
    """Return a client of the server."""
    options = InfluxOptions(url=f"http://127.0.0.1:{server.server_port}", org="o", bucket="b", token="", timeout_s=5)
    with contextlib.closing(InfluxClient(options)) as made:
        yield made


FOR_GOOD, FOR_NOW, AWAY = (StoreError, False), (StoreError, True), (ServerAwayError, True)


@pytest.mark.parametrize(
    "answer,means,text",
    [
        ((400, b'{"message":"unable to parse"}'), FOR_GOOD, "400 unable to parse$"),
        ((413, b"too large"), FOR_GOOD, "413 too large$"),
        ((422, b'{"message":"field type\\nconflict"}'), FOR_GOOD, "422 field type conflict$"),
        ((401, b'{"message":"unauthorized access"}'), FOR_NOW, r"refuses the token: mend token under \[influx\]"),
        ((403, b""), FOR_NOW, r"refuses the token: mend token under \[influx\] \(403 Forbidden\)"),
        ((404, b'{"message":"bucket not found"}'), FOR_NOW, "no bucket 'b' in organisation 'o'"),
        ((429, b"slow down"), AWAY, "cannot take it now: 429 slow down"),
        ((503, b'["?"]'), AWAY, "cannot take it now: 503"),
        ((500, b"x" * 5_000), AWAY, "x{300}…$"),
    ],
)
def test_refusal(
    server: Server, client: InfluxClient, answer: tuple[int, bytes], means: tuple[type[StoreError], bool], text: str
) -> None:
    """Bad lines are refused for good; everything else waits until the server or the settings are mended."""
    server.status, server.body = answer

    with pytest.raises(StoreError, match=text) as raised:
        client.send(b"p,device=d value=1.0,quality=1i 1")

    assert (type(raised.value), raised.value.retryable) == means


def test_tables(server: Server, client: InfluxClient) -> None:
    """An answer may hold tables of different columns, or none."""
    server.body = b",result,table,_value\r\n,a,0,1\r\n,a,0,2\r\n\r\n,result,table,device\r\n,b,0,x\r\n\r\n"
    two = client.query("from(…)")
    server.body = b"\r\n"

    none = client.query("from(…)")

    assert [(row.get("_value"), row.get("device")) for row in two] == [("1", None), ("2", None), (None, "x")]
    assert none == []


def test_query_that_breaks_off(server: Server, client: InfluxClient) -> None:
    """A failure after the answer had begun stands in its last table; the rows before it are not taken for the whole."""
    server.body = b",result,table,_value\r\n,a,0,1\r\n\r\nerror,reference\r\nout of memory,897\r\n"

    with pytest.raises(ServerAwayError, match="broke off a query: out of memory"):
        client.query("from(…)")


def test_nobody_there(server: Server, client: InfluxClient) -> None:
    """A connection that is refused is told with what to do."""
    server.shutdown()
    server.server_close()

    with pytest.raises(ServerAwayError, match=r"does not answer \(connection refused\): start it, or mend url under"):
        client.send(b"p,device=d value=1.0,quality=1i 1")
