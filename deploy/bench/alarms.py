"""A steady load with the wall clock as time stamps, in which alerts fire all the time.

Devices of the site send at a given rate; every half second a bin begins or ceases to burn.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from deploy.bench.load import devices, values
from deploy.site import Site

_TICK_S = 0.05
_FIRE_EVERY_S = 0.5
_BURNING_CELSIUS, _COLD_CELSIUS = 72.0, 24.0


def paced(
    site: Site, seconds: float, rate: float, look: Callable[[float], None] = lambda _at_s: None
) -> Iterator[tuple[str, bytes]]:
    """Yield messages, `rate` observations a second, when they are due; `look` is called now and then with the time."""
    senders = devices(site)
    quiet = [values(device, index) for index, device in enumerate(senders)]
    bins = [index for index, device in enumerate(senders) if device.kind == "waste_bin"]
    start_s = time.monotonic()
    number = fires = 0
    while (at_s := time.monotonic() - start_s) < seconds:
        look(at_s)
        while number < at_s * rate / len(quiet[0]):
            device = senders[number % len(senders)]
            yield _message(site.id, device.id, quiet[number % len(senders)])
            number += 1
        while fires < at_s / _FIRE_EVERY_S:
            burning = _BURNING_CELSIUS if fires // len(bins) % 2 == 0 else _COLD_CELSIUS
            index = bins[fires % len(bins)]
            quiet[index] = {**quiet[index], "waste.temperature": burning}
            yield _message(site.id, senders[index].id, quiet[index])
            fires += 1
        time.sleep(_TICK_S)


def _message(site: str, device: str, sent: dict[str, float]) -> tuple[str, bytes]:
    payload = {"device_id": device, "time": time.time_ns() // 1_000_000, "values": sent}
    return f"wangge/{site}/up/{device}", json.dumps(payload).encode()
