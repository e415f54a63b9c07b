"""Plain HTML elements with text, as NiceGUI elements: no framework's look comes with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


class Words(TextElement):
    """Text in a tag of its own; `attributes` are HTML attributes."""

    def __init__(self, text: str, tag: str = "span", classes: str = "", **attributes: str) -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)
        for name, value in attributes.items():
            self._props[name.rstrip("_").replace("_", "-")] = value


def link(text: str, address: str, classes: str = "") -> Words:
    """Make a link."""
    return Words(text, "a", classes, href=address)


def button(text: str, do: Callable[[], Any], classes: str = "") -> Words:
    """Make a button that calls `do` in the server."""
    made = Words(text, "button", f"w-button {classes}", type="button")
    made.on("click", do, [])
    return made


@contextmanager
def box(tag: str, classes: str = "", **attributes: str) -> Iterator[ui.element]:
    """Make an element for others to stand in."""
    with ui.element(tag).classes(classes) as made:
        for name, value in attributes.items():
            made._props[name.rstrip("_").replace("_", "-")] = value  # noqa: SLF001 - `props()` would parse the text
        yield made


@contextmanager
def panel(title: str, note: str = "", classes: str = "") -> Iterator[ui.element]:
    """Make a panel with a heading; yields the heading's row (for buttons), the content goes into the body."""
    with box("section", f"w-panel {classes}"):
        with box("div", "title") as head:
            Words(title, "h2")
            if note:
                Words(note, classes="muted clip")
        with box("div", "body"):
            yield head


def facts(pairs: Sequence[tuple[str, str | tuple[str, str] | None]]) -> None:
    """List facts as term and description; a pair (address, words) is a link, an empty one is left out."""
    with box("dl", "w-facts"):
        for term, value in pairs:
            if not value:
                continue
            Words(term, "dt")
            with box("dd"):
                if isinstance(value, tuple):
                    link(value[1], value[0])
                else:
                    Words(value)


def empty(title: str, means: str = "") -> None:
    """Say that there is nothing, and what that means."""
    with box("div", "w-empty"):
        Words(title, "b")
        Words(means)


def select(label: str, options: Mapping[str, str], chosen: str, do: Callable[[str], Any]) -> ui.element:
    """Make a drop-down list of {value: words}; `do` gets the new value."""
    with box("label"):
        Words(label)
        with box("select", "w-field") as made:
            for value, words in options.items():
                option = Words(words, "option", value=value)
                if value == chosen:
                    option._props["selected"] = True  # noqa: SLF001 - as above
        made.on("change", lambda event: do(str(event.args)), js_handler="(event) => emit(event.target.value)")
    return made


def search(label: str, do: Callable[[str], Any], value: str = "") -> ui.element:
    """Make a search field; `do` gets its text when the typing pauses."""
    with box("input", "w-field", type="search", placeholder=label, aria_label=label, value=value) as made:
        pass
    made.on("input", lambda event: do(str(event.args)), js_handler="(event) => emit(event.target.value)", throttle=0.3)
    return made
