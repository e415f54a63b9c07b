"""SenML in JSON (RFC 8428), on topics with a level `senml`.

    [{"bn": "urn:dev:mac:0024befffe804ff1/", "bt": 1782892800, "bu": "Cel", "n": "temperature", "v": 25.2},
     {"n": "humidity", "u": "%RH", "v": 61, "t": -10}]

`_senml.py` says how a pack is resolved and how its names are understood. A pack in CBOR on these topics is left to
`senml_cbor`.
"""

from __future__ import annotations

from ingest.dialects import senml_cbor
from ingest.dialects._base import Dialect, all_or_nothing, handed_on, read_json
from ingest.dialects._senml import observations
from ingest.model import Frame, Lookup, Observation, Refusal

_HEAD_BYTES = 256


class SenmlJson:
    """Decodes SenML packs in JSON."""

    name = "senml_json"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic has a level `senml`, or the payload begins like a pack."""
        if "senml" in topic.lower().split("/"):
            return True
        head = payload[:_HEAD_BYTES].lstrip()
        return head.startswith(b"[") and (b'"bn"' in head or (b'"n"' in head and b'"v"' in head))

    def reader(self, payload: bytes) -> Dialect:
        """Return the dialect that reads a payload on a topic of this one: JSON never begins as a CBOR array does."""
        return senml_cbor.DIALECT if senml_cbor.is_array(payload) else self

    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...] | Refusal:
        """Return the observations of a pack, or why there are none."""
        reader = self.reader(frame.payload)
        return self._decode(frame, lookup) if reader is self else handed_on(reader, frame, lookup)

    @all_or_nothing
    def _decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        return observations(read_json(frame.payload), frame, lookup)


DIALECT: Dialect = SenmlJson()
