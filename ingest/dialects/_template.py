"""Template of a dialect: copy this file to `{name}.py`, without the underscore, and draw the payload here.

    {"device": "ws-0001", "at": "2026-07-01T08:00:00Z", "temp_c": 31.5}

Say in a sentence or two: the topic, how the device is named, which units the fields are in, what is left out.
Then add recorded cases to `tests/ingest/dialects/payloads/{name}/` and a row to docs/dialects.md.
"""

from __future__ import annotations

from ingest.dialects._base import Dialect, all_or_nothing, read_json
from ingest.errors import Reason, shown, unreadable
from ingest.model import Frame, Lookup, Observation
from ingest.normalise import converted, known_device, known_series, number, something, time_ms


class Template:
    """Decodes the payload drawn above."""

    name = "template"

    def matches(self, topic: str, payload: bytes) -> bool:  # noqa: ARG002 - the topic is enough
        """Say whether the message is of this dialect: by the topic, or by marks that no other dialect has."""
        return topic.startswith("template/")

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations; whatever is wrong is raised with its reason and becomes the refusal."""
        message = read_json(frame.payload)
        if not isinstance(message, dict) or not isinstance(message.get("device"), str):
            raise unreadable(Reason.SHAPE, f"{shown(message)} has no device")
        device = known_device(lookup.device(message["device"]), message["device"])
        time = time_ms(message.get("at"), "at")
        observations = []
        if "temp_c" in message:
            series = known_series(lookup, device.id, "weather.temperature")
            value = converted(number(message["temp_c"], "temp_c"), "Cel", series, "temp_c")
            observations.append(Observation(series, value, time, frame.received_at_ms))
        return something(observations, frame)


DIALECT: Dialect = Template()
