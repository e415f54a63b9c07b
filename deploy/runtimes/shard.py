"""Which part of a site a line serves: all of it, or the sub-districts that one partition holds.

A sub-district is the widest area that a rule may look across, so each shard can judge alone. The digest is stable: the
same in every process and for ever, because rows of the case store and records of Kafka are found by it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

_SUBDISTRICT_DIGITS = 9


class Shard(NamedTuple):
    """Part `number` (from 0) of `of`."""

    number: int = 0
    of: int = 1

    def serves(self, area: str) -> bool:
        """Tell whether a sub-district lies in this part."""
        return self.of == 1 or shard_of(area, self.of) == self.number


WHOLE = Shard()


def area_of(cell: str) -> str:
    """Return the sub-district of a cell: its first nine digits."""
    return cell[:_SUBDISTRICT_DIGITS]


def shard_of(key: str, of: int) -> int:
    """Return the number of the part that a key (a sub-district, an MQTT topic) belongs to."""
    digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % of
