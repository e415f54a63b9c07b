"""Drafts a profile file from recorded messages: what is guessed stands in it, doubts are marked, the rest waits.

The draft passes the check as it is, so that a person can go through it line by line: fields that are not understood
stand as comments with example values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from ingest.model import Property
from ingest.profiles.guessing import Entry, Guess, guesses, likely_domain
from ingest.profiles.recordings import Recording

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./]*")
_YAML_WORDS = frozenset({"on", "off", "yes", "no", "y", "n", "true", "false", "null"})
_SHOWN_VALUES, _SHOWN_CHARACTERS, _SHOWN_RAW = 3, 60, 8
_COORDINATES = tuple(
    re.compile(rf"(?:^|\.){name}$", re.IGNORECASE) for name in ("lat(?:itude)?", "(?:lon|lng|longitude)")
)
_ERRORS = re.compile(r"(?:^|\.)(?:err|error|error_?code)$", re.IGNORECASE)


def model_id(recording: Recording, name: str) -> str:
    """Return an id for the model: as the messages name it, else made of a file name."""
    for text in (*recording.names, name):
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        if ID.fullmatch(slug):
            return slug
    return f"unknown-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-') or 'model'}"


def draft(recording: Recording, dictionary: Mapping[str, Property], *, id_: str, domain: str | None = None) -> str:
    """Return the text of a profile file."""
    fields = list(recording.fields.values())
    domain = domain or likely_domain(fields, dictionary)
    found = guesses(fields, dictionary, domain)
    taken: set[str] = set()
    count = f"{recording.messages} message{'s' * (recording.messages != 1)}"
    lines = [
        f"# Drafted from {count}. Look at every line, above all at those marked doubtful; a line `field: …` with the",
        "# property and the unit makes a field of the comments at the end.",
        f"id: {id_}",
        f"title: {{zh: {_text(id_)}, en: {_text(id_)}}}",
        f"domains: [{domain}]",
        f"source: drafted from {count}; say here where the fields are described",
    ]
    body = [line for guess in found for line in _field(guess, taken)]
    if body:
        lines += ["fields:", *body]
    else:
        lines.append(
            "unusable: no field of the recorded messages was understood; describe the fields, then take this out"
        )
    told = [*_position(recording), *_validity(recording)]
    lines += told
    lines += [line for guess in found if not guess.entries for line in _not_understood(guess, told)]
    lines += _bytes(recording)
    return "\n".join(lines) + "\n"


def _field(guess: Guess, taken: set[str]) -> Iterator[str]:
    """Yield the lines of a field; an entry for a property that another field has already is only a comment."""
    fresh = [entry for entry in guess.entries if entry.property not in taken]
    for entry in guess.entries:
        if entry not in fresh:
            yield f"  # doubtful: {_text(guess.field.path)} may be {entry.property} too; another field is taken for it"
    if not fresh:
        return
    taken |= {entry.property for entry in fresh}
    for doubt in guess.doubts:
        yield f"  # doubtful: {doubt}"
    example = f"  # {_examples(guess)}"
    if len(fresh) == 1:
        yield f"  {_text(guess.field.path)}: {_entry(fresh[0])}{example}"
        return
    yield f"  {_text(guess.field.path)}:{example}"
    for entry in fresh:
        yield f"    - {_entry(entry)}"


def _entry(entry: Entry) -> str:
    parts = [f"property: {entry.property}"]
    parts += [f"unit: {_text(entry.unit)}"] if entry.unit != "1" else []
    parts += [entry.more] if entry.more else []
    return "{" + ", ".join(parts) + "}"


def _position(recording: Recording) -> Iterator[str]:
    """Yield the fields that say where the device is, if there are both."""
    lat, lon = (next((path for path in recording.fields if pattern.search(path)), None) for pattern in _COORDINATES)
    if lat and lon:
        yield f"position: {{lat: {_text(lat)}, lon: {_text(lon)}}}"


def _validity(recording: Recording) -> Iterator[str]:
    """Yield validity fields that most makers name alike."""
    lines = []
    for path, field in recording.fields.items():
        if path.rpartition(".")[2].lower() == "valid" and all(isinstance(value, bool) for value in field.values):
            lines.append(f"  - {{field: {_text(path)}, is: true}}")
        elif _ERRORS.search(path) and all(isinstance(value, int) for value in field.values):
            lines += ["  # doubtful: an error code, taken as good when it is 0", f"  - {{field: {_text(path)}, is: 0}}"]
    if lines:
        yield "valid_when:"
        yield from lines


def _not_understood(guess: Guess, told: Sequence[str]) -> Iterator[str]:
    """Yield the comment about a field, unless the lines `told` name it."""
    if any(re.search(rf": {re.escape(_text(guess.field.path))}[,}}]", line) for line in told):
        return
    why = f" ({guess.doubts[0]})" if guess.doubts else ""
    yield f"# not understood: {_text(guess.field.path)}: {_examples(guess)}{why}"


def _bytes(recording: Recording) -> Iterator[str]:
    if recording.raw:
        yield "# A byte layout (`bytes`) reads messages that come without decoded fields; recorded here:"
    shown = dict.fromkeys(recording.raw)
    for port, raw in list(shown)[:_SHOWN_RAW]:
        yield f"#   port {port if port is not None else '-'}, {len(raw)} bytes: {raw.hex()[: _SHOWN_CHARACTERS * 2]}"


def _examples(guess: Guess) -> str:
    values = list(dict.fromkeys(_quoted(value) for value in guess.field.values))
    units = f" [{', '.join(map(_quoted, sorted(guess.field.units)))}]" if guess.field.units else ""
    text = ", ".join(value[:_SHOWN_CHARACTERS] for value in values[:_SHOWN_VALUES])
    return " ".join(f"{text}{', …' if len(values) > _SHOWN_VALUES else ''}{units}".split())


def _text(text: str) -> str:
    """Return a text as a YAML scalar, in quotes where it would mean something else without."""
    if (_PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS) or ID.fullmatch(text):
        return text
    return _quoted(text)


def _quoted(value: object) -> str:
    """Return a value as JSON and YAML both read it, on one line, with what cannot be printed escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in text)
