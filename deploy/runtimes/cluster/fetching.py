"""How the worker fetches from Kafka: Faust's consumer, with a shorter wait.

aiokafka has one request at a broker at a time, for the partitions that it has no records of. Kafka answers when one of
them has something, or after `fetch_max_wait_ms`, which Faust has fixed at 1,500: so long a partition whose records were
all taken waits for a request in which it is not.

The names that are overridden here are not public: the versions are pinned, and a test holds on to them.
"""

from __future__ import annotations

import aiokafka
import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TransportT

WAIT_MS = 100


class App(faust.App):
    """A Faust application whose consumer waits less."""

    def _new_transport(self) -> TransportT:
        made = super()._new_transport()
        made.Consumer = _Consumer  # type: ignore[misc]  # of this transport alone
        return made


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = WAIT_MS  # noqa: SLF001 - see above
        return consumer
