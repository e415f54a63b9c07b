"""Guesses what a recorded field means: by its name, the unit beside it, and which units make its values plausible.

A guess says how sure it is: everything that a person should look at is told as a doubt. Where a name and its values do
not go together nothing is guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ingest.model import Property
from ingest.profiles.recordings import Field
from ingest.profiles.values import NOTHING, NUMBER
from ingest.profiles.vocabulary import SENSECAP, Row, is_setting, meaning, unit_in
from ingest.units import ALIASES, conversion

_WORDS = {
    "on": 1, "off": 0, "open": 1, "opened": 1, "closed": 0, "close": 0, "yes": 1, "no": 0, "occupied": 1, "free": 0,
    "vacant": 0, "alarm": 1, "normal": 0, "full": 1, "empty": 0, "detected": 1, "clear": 0,
}  # fmt: skip
_LEAST = {"mV": 500.0, "Pa": 10_000.0, "mA": 0.0}
_SURFACES = {
    "waste": ("waste.fill_level", "waste.distance", "waste.level"),
    "weather": ("weather.water_level", "weather.water_distance", "weather.water_level"),
}


class Entry(msgspec.Struct):
    """One property of a field; `more` holds what else belongs into its mapping, as written in the file."""

    property: str
    unit: str
    more: str = ""


class Guess(msgspec.Struct):
    """What a field may mean: `entries`, none where it is not understood, and what is doubtful about them."""

    field: Field
    entries: list[Entry] = []
    doubts: list[str] = []


def guesses(fields: Iterable[Field], dictionary: Mapping[str, Property], domain: str) -> list[Guess]:
    """Return a guess for each field of a device of this domain, in order."""
    return [_guess(field, dictionary, domain) for field in fields]


def likely_domain(fields: Iterable[Field], dictionary: Mapping[str, Property]) -> str:
    """Return the domain that most names of a recording speak of."""
    domains = {name.partition(".")[0] for name in dictionary} - {"device"}
    rows = [row for row in map(_row, fields) if row is not None and row.sure]
    votes = Counter(name.partition(".")[0] for row in rows for name in row.properties if "{" not in name)
    votes.update("waste" for row in rows if row.surface is not None)
    known = Counter({name: count for name, count in votes.items() if name in domains})
    return max(known, key=lambda name: (known[name], name == "weather")) if known else "weather"


def _row(field: Field) -> Row | None:
    """Return what the name of a field is known by; its last key counts, then the keys before it."""
    number = re.search(r"\[measurementId=(\d+)\]", field.path)
    if number:
        return meaning(SENSECAP[number[1]]) if number[1] in SENSECAP else None
    keys = [key.strip("'") for key in re.split(r"\.(?=(?:[^']*'[^']*')*[^']*$)", field.path)]
    if any(is_setting(key) for key in keys):
        return None
    return meaning(keys[-1]) or (meaning(" ".join(keys[-2:])) if len(keys) > 1 else None)


def _guess(field: Field, dictionary: Mapping[str, Property], domain: str) -> Guess:
    row = _row(field)
    if row is None:
        return Guess(field)
    if row.surface is not None:
        return _surface(field, row, dictionary, domain)
    properties = [name.format(domain=domain) for name in row.properties]
    known = [dictionary[name] for name in properties if name in dictionary]
    if not known:
        return _inside(field, row, dictionary)
    known = [one for one in known if one.name.partition(".")[0] in {domain, "device"}] or known
    if known[0].unit == "1" and (words := _words(field)) is not None:
        return Guess(field, [Entry(known[0].name, "1", words)], ["words that were not seen yet are refused"])
    guess = _measured(field, row, known)
    foreign = guess.entries and guess.entries[0].property.partition(".")[0] not in {domain, "device"}
    if foreign and not row.sure:
        return Guess(field, [], [f"looks like {guess.entries[0].property}, which is not of the domain {domain}"])
    if foreign:
        guess.doubts.append(f"the device is taken for one of the domain {domain}")
    return guess


def _inside(field: Field, row: Row, dictionary: Mapping[str, Property]) -> Guess:
    """Return a guess for what devices of this domain can only mean of themselves: their own temperature."""
    names = [f"device.internal_{name.rpartition('.')[2]}" for name in row.properties]
    known = [dictionary[name] for name in names if name in dictionary]
    guess = _measured(field, row, known) if known else Guess(field)
    if guess.entries:
        guess.doubts.append("taken for what it is like inside of the device")
    return guess


def _measured(field: Field, row: Row, known: Sequence[Property]) -> Guess:
    numbers, stated = _numbers(field, flags=known[0].unit == "1")
    if numbers is None:
        return Guess(field)
    named = unit_in(field.path)
    if stated is None and named and any(conversion(named, one.unit, one.molar_g) for one in known):
        stated = named
    units = (stated,) if stated else row.units
    options = [(one, unit) for one in known for unit in units if conversion(unit, one.unit, one.molar_g)]
    if any(not number.is_integer() for number in numbers) and (len(known) > 1 or known[0].unit == "cm"):
        options.reverse()  # a battery level, or a number of millimetres, is whole; a voltage, or metres, are not
    fitting = [(one, unit) for one, unit in options if _plausible(numbers, unit, one)]
    if not fitting:
        looks = f"looks like {known[0].name}, but its values fit none of its units" if options else ""
        return Guess(field, [], [looks] if looks else [])
    found, unit = fitting[0]
    doubts = [] if row.sure else [f"makers use this name for different things, here taken as {found.name}"]
    if len(fitting) > 1 and stated is None:
        others = " or ".join(dict.fromkeys(other for _, other in fitting[1:] if other != unit))
        doubts += [f"the unit is not stated: its values fit {unit}, and {others} too"] if others else []
    return Guess(field, [Entry(found.name, unit)], doubts)


def _surface(field: Field, row: Row, dictionary: Mapping[str, Property], domain: str) -> Guess:
    level, distance, height = _SURFACES.get(domain, _SURFACES["waste"])
    direct = dictionary.get(distance if row.surface == "distance" else height)
    if direct is None or level not in dictionary:
        return Guess(field)
    guess = _measured(field, row, [direct])
    if 0.0 in (_numbers(field, flags=False)[0] or ()):
        guess.doubts.append("0 may mean that nothing was measured: then add `missing: [0]`")
    for entry in list(guess.entries):
        measures = "" if row.surface == "distance" else "measures: level"
        guess.entries.insert(0, Entry(level, entry.unit, f"surface: {{{measures}}}"))
    if row.surface == "level" and guess.entries:
        guess.doubts = ["if this is the distance down to the content, take `measures: level` out", *guess.doubts]
        guess.entries = [entry for entry in guess.entries if entry.more]
    return guess


def _numbers(field: Field, *, flags: bool) -> tuple[list[float] | None, str | None]:
    """Return the numbers of a field and the one unit beside them; None where it has other values, or no number."""
    numbers: list[float] = []
    units = set(field.units)
    for value in field.values:
        if isinstance(value, bool):
            if not flags:
                return None, None
            numbers.append(float(value))
        elif isinstance(value, int | float):
            numbers.append(float(value))
        elif isinstance(value, str) and value.strip().lower() not in NOTHING:
            match = NUMBER.fullmatch(value)
            if match is None:
                return None, None
            numbers.append(float(match[1]))
            units |= {match[2]} if match[2] else set()
    unit = units.pop() if len(units) == 1 else None
    return (numbers or None), (ALIASES.get(unit, unit) if unit else None)


def _words(field: Field) -> str | None:
    """Return the mapping of the words of a field, None where it has other values than well-known words."""
    texts = [value for value in field.values if value is not None]
    if not texts or not all(isinstance(text, str) and text.strip().lower() in _WORDS for text in texts):
        return None
    pairs = dict.fromkeys(str(text) for text in texts)
    return "words: {" + ", ".join(f'"{text}": {_WORDS[text.strip().lower()]}' for text in pairs) + "}"


def _plausible(numbers: Sequence[float], unit: str, one: Property) -> bool:
    found = conversion(unit, one.unit, one.molar_g)
    if found is None or any(0.0 < number < _LEAST.get(unit, 0.0) for number in numbers):
        return False
    values = [number * found.factor + found.offset for number in numbers if number or one.unit != "cm"]
    return all(one.good_low <= value <= one.good_high for value in values)
