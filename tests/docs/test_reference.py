"""docs/operations.md names every setting with its default, and every metric with its labels: all of them, no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pydantic
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from deploy import metrics
from deploy.settings import Settings
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| `([a-z0-9_.]+)` \|([^|]*)\|", re.MULTILINE)


def section(title: str) -> dict[str, str]:
    """Return the first two columns of the tables under a heading."""
    text = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return {name: value.strip() for name, value in _ROW.findall(text)}


def settings(model: type[pydantic.BaseModel], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (dotted key, default as the page writes it) of every setting."""
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        if isinstance(default, pydantic.BaseModel):
            yield from settings(type(default), f"{path}{name}.")
        else:
            yield path + name, "–" if field.is_required() else written(default)


def written(default: Any) -> str:
    """Return a default as the page writes it."""
    if isinstance(default, tuple):
        return ", ".join(map(written, default))
    return "none" if default is None else f"`{default}`"


def test_every_setting() -> None:
    """The table of settings is the tree of settings."""
    assert section("Settings") == dict(settings(Settings))


def test_every_metric() -> None:
    """The table of metrics is the module of metrics."""
    collectors = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    expected = {
        one._name + ("_total" if isinstance(one, Counter) else ""): ", ".join(f"`{label}`" for label in one._labelnames)
        for one in collectors
    }

    assert section("Is it well?") == expected
