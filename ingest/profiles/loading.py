"""Loads profiles: the shipped ones, then a site's own, which may replace a shipped one by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.located import Fault, load_yaml, validate
from ingest.model import Property
from ingest.profiles import compiling
from ingest.profiles.model import Profile
from ingest.profiles.schema import ProfileFile

SHIPPED = Path(__file__).with_name("models")


def load(paths: Sequence[Path], dictionary: Mapping[str, Property]) -> tuple[dict[str, Profile], tuple[Fault, ...]]:
    """Return the profiles of these files and folders by id and other names, later before earlier, and every fault.

    A folder's files are its `*.yaml`. A file whose name is not its id is a fault; so are two profiles with one name.
    """
    profiles: dict[str, Profile] = {}
    faults: list[Fault] = []
    for path in paths:
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        found, more = _load_all(files, dictionary)
        profiles |= found
        faults += more
    names = {name: profile for profile in profiles.values() for name in profile.known_as}
    return names | profiles, tuple(sorted(faults))


def distinct(profiles: Mapping[str, Profile]) -> list[Profile]:
    """Return each profile once, in order of id."""
    return [profiles[name] for name in sorted(profiles) if profiles[name].id == name]


def for_site(folder: Path, dictionary: Mapping[str, Property]) -> tuple[dict[str, Profile], tuple[Fault, ...]]:
    """Return the shipped profiles with those of a site's folder `profiles/`, if it has one, and every fault."""
    own = folder / "profiles"
    return load([SHIPPED, *([own] if own.is_dir() else [])], dictionary)


def load_one(
    path: Path, dictionary: Mapping[str, Property], name: str | None = None
) -> tuple[Profile | None, tuple[Fault, ...]]:
    """Return the profile of a file, None where it cannot be made, and its faults."""
    document = load_yaml(path, name)
    if isinstance(document, Fault):
        return None, (document,)
    content = validate(ProfileFile, document)
    if not isinstance(content, ProfileFile):
        return None, content
    profile, faults = compiling.profile(content, dictionary)
    domains = {name.partition(".")[0] for name in dictionary} - {"device"}
    for number, domain in enumerate(content.domains):
        if domain not in domains:
            faults.append((("domains", number), f"{domain!r} is not one of {', '.join(sorted(domains))}"))
    if content.unusable is None and not content.fields:
        faults.append((("id",), "has no fields: say what it measures, or why it is `unusable`"))
    if content.id != path.stem:
        faults.append((("id",), f"the file of profile {content.id!r} is called {content.id}.yaml, not {path.name}"))
    return profile, tuple(document.fault(place, message) for place, message in faults)


def _load_all(files: Iterable[Path], dictionary: Mapping[str, Property]) -> tuple[dict[str, Profile], list[Fault]]:
    profiles: dict[str, Profile] = {}
    faults: list[Fault] = []
    owners: dict[str, str] = {}
    for file in files:
        profile, found = load_one(file, dictionary)
        faults += found
        if profile is not None:
            profiles[profile.id] = profile
            for name in (profile.id, *profile.known_as):
                if owners.setdefault(name, profile.id) != profile.id:
                    faults.append(Fault(str(file), 1, f"{name!r} is a name of profile {owners[name]!r} already"))
    return profiles, faults
