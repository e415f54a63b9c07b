"""SenML in CBOR (RFC 8428 §6), on topics with a level `senmlc`, and on those of `senml_json`.

    87                                # array of 7 records
       a7                             # map of 7 fields: labels are small numbers in place of names
          21 78 1b 75 72 6e 3a …      # -2 (bn): "urn:dev:ow:10e2073a0108006:"
          22 fb 41 d3 03 a1 5b …      # -3 (bt): 1276020076.001
          …
          02 fb 40 5e 06 66 66 …      # 2 (v): 120.1

Labels become the names that JSON has for them and byte strings base64url text, so both forms are resolved by the same
rules (`_senml.py`) and give the same. A number may also be a decimal fraction (tag 4). Other tags are refused: no
sender of measurements needs them, and some make a reader work without end.
"""

from __future__ import annotations

import base64
import decimal
import io
from typing import Any, NoReturn

import cbor2

from ingest.dialects._base import MAX_PAYLOAD_BYTES, Dialect, all_or_nothing
from ingest.dialects._senml import observations
from ingest.errors import Reason, shown, unreadable
from ingest.model import Frame, Lookup, Observation

_LABELS = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_MAX_DEPTH = 8  # a pack needs two levels, and an extension field few more


def _refuse_tag(value: Any, immutable: bool) -> NoReturn:  # noqa: ARG001, FBT001 - as the library calls it
    raise cbor2.CBORDecodeError("a tag that SenML does not use")


# every tag that the library gives a meaning to, but 4 (decimal fraction)
_TAGS = (0, 1, 2, 3, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)
_REFUSED_TAGS = dict.fromkeys(_TAGS, _refuse_tag)
_AS_IN_JSON = frozenset({str, float, int, bool})
_ARRAYS = frozenset(bytes([head]) for head in range(0x80, 0xA0))
_SELF_DESCRIBED = b"\xd9\xd9\xf7"


def is_array(payload: bytes) -> bool:
    """Say whether a payload begins like an array in CBOR (which no text in UTF-8 does)."""
    return payload.removeprefix(_SELF_DESCRIBED)[:1] in _ARRAYS


class SenmlCbor:
    """Decodes SenML packs in CBOR."""

    name = "senml_cbor"

    def matches(self, topic: str, payload: bytes) -> bool:
        """Say whether the topic has a level `senmlc`, or the payload is an array in CBOR."""
        return "senmlc" in topic.lower().split("/") or is_array(payload)

    @all_or_nothing
    def decode(self, frame: Frame, lookup: Lookup) -> tuple[Observation, ...]:
        """Return the observations of a pack; what is wrong with it becomes the refusal."""
        pack = read_cbor(frame.payload)
        if not isinstance(pack, list):
            raise unreadable(Reason.SHAPE, f"a SenML pack is an array, not {shown(pack)}")
        return observations([named(record) for record in pack], frame, lookup)


def read_cbor(payload: bytes) -> Any:
    """Return the CBOR value of a payload; what is too large, too deep or not one whole value is refused."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes are more than {MAX_PAYLOAD_BYTES}")
    content = payload.removeprefix(_SELF_DESCRIBED)
    stream = io.BytesIO(content)
    decoder = cbor2.CBORDecoder(
        stream, max_depth=_MAX_DEPTH, semantic_decoders=_REFUSED_TAGS, allow_duplicate_keys=False
    )
    try:
        value = decoder.decode()
    except cbor2.CBORDecodeError as exc:
        if "nesting depth" in str(exc):
            raise unreadable(Reason.TOO_DEEP, f"the payload is nested deeper than {_MAX_DEPTH} levels") from exc
        raise unreadable(Reason.NOT_CBOR, f"the payload is not CBOR: {exc}") from exc
    if stream.tell() != len(content):
        raise unreadable(Reason.NOT_CBOR, f"{len(content) - stream.tell()} bytes follow the CBOR value")
    return value


def named(record: object) -> object:
    """Return a record with the names and values that it has in JSON; what is no map is returned as it is."""
    if not isinstance(record, dict):
        return record
    found = {
        (key.__class__ is int and _LABELS.get(key)) or _label(key): value
        if value.__class__ in _AS_IN_JSON
        else _plain(value)
        for key, value in record.items()
    }
    if len(found) < len(record):
        raise unreadable(Reason.SHAPE, "a SenML record has a field both by number and by name")
    return found


def _label(key: object) -> str:
    if type(key) is int:
        return _LABELS.get(key) or f"label {shown(key)}"
    if isinstance(key, str):
        return key
    raise unreadable(Reason.SHAPE, f"a label of a SenML record is {shown(key)}, not a number or a text")


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    if isinstance(value, decimal.Decimal):
        return float(value)
    return value


DIALECT: Dialect = SenmlCbor()
