"""Messages of every dialect for measurements, made by a seeded generator: 500 weather stations say three values each.

Each station sends once a minute of event time; values wander a little, so that every quality test is satisfied.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import cbor2

from deploy.bench.load import START_MS
from ingest import dictionary
from ingest.devices import Register
from ingest.model import Device

STATIONS = 500
_APART_DEG = 0.05  # five kilometres: too far to be judged by each other
PROPERTIES = ("weather.temperature", "weather.humidity", "weather.wind_speed")
_BATCH = 20  # stations in one file of CSV or NDJSON
_FIELDS = ("temperature", "humidity", "windSpeed")
_SENML = (("temperature", "Cel"), ("humidity", "%RH"), ("wind_speed", "m/s"))


class Said(NamedTuple):
    """What one station says at one time."""

    number: int
    device_id: str
    eui: str
    time_ms: int
    values: tuple[float, float, float]

    @property
    def text(self) -> str:
        """The time as RFC 3339."""
        return dt.datetime.fromtimestamp(self.time_ms / 1000, dt.UTC).isoformat(timespec="milliseconds")


Message = tuple[str, bytes]


def register() -> Register:
    """Return the register of the stations."""
    devices = {}
    for number in range(STATIONS):
        streams = {f"datastream.{3 * number + index + 1}": name for index, name in enumerate(PROPERTIES)}
        devices[_id(number)] = Device(
            id=_id(number),
            domain="weather",
            kind="weather_station",
            cell="450107003013001",
            lat=22.5 + number // 25 * _APART_DEG,
            lon=108.0 + number % 25 * _APART_DEG,
            cadence_s=60,
            eui=_eui(number),
            attributes={**streams, "topic": f"stations/{_id(number)}/state"},
        )
    return Register(devices, dictionary.load()[0])


def messages(dialect: str, count: int, seed: int = 1) -> Iterator[Message]:
    """Yield about `count` messages (topic, payload) of a dialect; KeyError for one that has no writer here."""
    write, random = WRITERS[dialect], Random(seed)  # noqa: S311 - to be the same for the same seed
    values = [(24 + random.random() * 4, 60 + random.random() * 10, 2 + random.random()) for _ in range(STATIONS)]
    sent = 0
    for minute in range(count):
        said = []
        for number in range(STATIONS):
            warm, damp, windy = values[number]
            time_ms = START_MS + minute * 60_000 + number
            shown = (round(warm, 2), round(damp, 1), round(windy, 2))
            said.append(Said(number, _id(number), _eui(number), time_ms, shown))
            drift = random.uniform(-0.1, 0.1)
            values[number] = warm + drift, damp - drift, windy + drift / 5 if windy > 1 else windy + 0.02
        for message in write(said):
            if sent == count:
                return
            sent += 1
            yield message


def _id(number: int) -> str:
    return f"ws-{number:04}"


def _eui(number: int) -> str:
    return f"70B3D57ED{number:07X}"


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _wangge_json(said: list[Said]) -> Iterator[Message]:
    for one in said:
        values = dict(zip(PROPERTIES, one.values, strict=True))
        body = {"device_id": one.device_id, "time": one.time_ms, "values": values}
        yield f"wangge/city/up/{one.device_id}", _json(body)


def _wangge_ndjson(said: list[Said]) -> Iterator[Message]:
    lines = [payload for _, payload in _wangge_json(said)]
    for at in range(0, len(lines), _BATCH):
        yield "wangge/city/up", b"\n".join(lines[at : at + _BATCH]) + b"\n"


def _wangge_csv(said: list[Said]) -> Iterator[Message]:
    head = ",".join(("device_id", "time", *PROPERTIES))
    lines = [",".join(map(str, (one.device_id, one.text, *one.values))) for one in said]
    for at in range(0, len(lines), _BATCH):
        yield "wangge/city/up", "\n".join((head, *lines[at : at + _BATCH], "")).encode()


def _senml(one: Said) -> list[dict[str, object]]:
    records: list[dict[str, object]] = [
        {"n": name, "u": unit, "v": value} for (name, unit), value in zip(_SENML, one.values, strict=True)
    ]
    records[0] = {"bn": f"{one.device_id}/", "bt": one.time_ms / 1000, **records[0]}
    return records


def _senml_json(said: list[Said]) -> Iterator[Message]:
    for one in said:
        yield f"senml/{one.device_id}", _json(_senml(one))


def _senml_cbor(said: list[Said]) -> Iterator[Message]:
    labels = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2}
    for one in said:
        pack = [{labels[name]: value for name, value in record.items()} for record in _senml(one)]
        yield f"senmlc/{one.device_id}", cbor2.dumps(pack)


def _smart_data_models(said: list[Said]) -> Iterator[Message]:
    for one in said:
        entity_id = f"urn:ngsi-ld:WeatherObserved:{one.device_id}"
        warm, damp, windy = one.values
        values = {"temperature": warm, "relativeHumidity": damp / 100, "windSpeed": windy}
        entity = {"id": entity_id, "type": "WeatherObserved", "dateObserved": one.text} | values
        yield f"ngsi/weather/{one.device_id}", _json(entity)


def _sensor_things(said: list[Said]) -> Iterator[Message]:
    for one in said:
        for index, value in enumerate(one.values):
            body = {"@iot.id": one.number, "phenomenonTime": one.text, "resultTime": None, "result": value}
            yield f"v1.1/Datastreams({3 * one.number + index + 1})/Observations", _json(body)


def _the_things_stack(said: list[Said]) -> Iterator[Message]:
    for one in said:
        body = {
            "end_device_ids": {
                "device_id": one.device_id,
                "application_ids": {"application_id": "city"},
                "dev_eui": one.eui,
            },
            "received_at": one.text,
            "uplink_message": {
                "f_port": 2,
                "f_cnt": one.time_ms // 60_000 % 65_536,
                "frm_payload": base64.b64encode(b"%d" % one.number).decode(),
                "decoded_payload": dict(zip(_FIELDS, one.values, strict=True)),
                "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -80, "channel_rssi": -80, "snr": 7.5}],
                "settings": {"data_rate": {"lora": {"bandwidth": 125_000}}, "frequency": "470300000"},
                "received_at": one.text,
                "consumed_airtime": "0.046336s",
            },
        }
        yield f"v3/city@district/devices/{one.device_id}/up", _json(body)


def _chirpstack(said: list[Said]) -> Iterator[Message]:
    for one in said:
        body = {
            "deduplicationId": f"3ac7e3c4-4401-4b8d-9386-{one.time_ms % 10**12:012}",
            "time": one.text,
            "deviceInfo": {
                "tenantName": "city",
                "applicationName": "weather",
                "deviceName": one.device_id,
                "devEui": one.eui.lower(),
            },
            "devAddr": "00189440",
            "fCnt": one.time_ms // 60_000 % 65_536,
            "fPort": 2,
            "object": dict(zip(_FIELDS, one.values, strict=True)),
            "rxInfo": [{"gatewayId": "016c001ff10a235b", "rssi": -80, "snr": 7.5}],
            "txInfo": {"frequency": 470_300_000, "modulation": {"lora": {"bandwidth": 125_000, "spreadingFactor": 9}}},
        }
        yield f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{one.eui.lower()}/event/up", _json(body)


def _plain(said: list[Said]) -> Iterator[Message]:
    for one in said:
        yield f"stations/{one.device_id}/state", _json(dict(zip(_FIELDS, one.values, strict=True)) | {"time": one.text})


WRITERS: dict[str, Callable[[list[Said]], Iterator[Message]]] = {
    "chirpstack": _chirpstack,
    "plain": _plain,
    "senml_cbor": _senml_cbor,
    "senml_json": _senml_json,
    "sensor_things": _sensor_things,
    "smart_data_models": _smart_data_models,
    "the_things_stack": _the_things_stack,
    "wangge_csv": _wangge_csv,
    "wangge_json": _wangge_json,
    "wangge_ndjson": _wangge_ndjson,
}
