"""Pages of long lists: `?limit=&offset=` in, `{"items", "total", "limit", "offset"}` out."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="how many items at most")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="how many items to leave out at the beginning")]
DEFAULT_LIMIT = 50


class Page(BaseModel, Generic[Item]):
    """A part of a list; `total` counts all that match."""

    items: list[Item]
    total: int = Field(examples=[1])
    limit: int = Field(examples=[DEFAULT_LIMIT])
    offset: int = Field(examples=[0])


def words(text: str | None) -> tuple[str, ...]:
    """Return the words of a comma-separated query argument; an empty one is as good as none."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
