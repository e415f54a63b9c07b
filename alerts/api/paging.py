"""Pages of long lists: `?limit=&offset=` in, `{"items", "total", "limit", "offset"}` out."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

Limit = Annotated[int, Field(ge=1, le=500, description="how many items at most")]
Offset = Annotated[int, Field(ge=0, le=1_000_000, description="how many items to leave out at the beginning")]
CellPrefix = Annotated[str, Field(pattern=r"^\d{1,15}$", description="cell code or its beginning")]


class PageQuery(BaseModel):
    """Query arguments of a list; an argument that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")

    limit: Limit = 50
    offset: Offset = 0


class Page(BaseModel, Generic[Item]):
    """A part of a list; `total` counts all that match."""

    items: list[Item]
    total: int = Field(examples=[1])
    limit: int = Field(examples=[50])
    offset: int = Field(examples=[0])


def words(text: str | None) -> tuple[str, ...]:
    """Return the words of a comma-separated query argument; an empty one is as good as none."""
    return tuple(word.strip() for word in (text or "").split(",") if word.strip())
