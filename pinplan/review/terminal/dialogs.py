"""Questions and lists in front of the review. Escape leaves each of them without a consequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Key

A = TypeVar("A")


class Answer(Generic[A]):
    """An answer: its key, its words, and what it means."""

    def __init__(self, key: str, words: str, value: A) -> None:
        """Take them."""
        self.key, self.words, self.value = key, words, value


class Question(ModalScreen[A | None], Generic[A]):
    """A question. Enter gives the first answer, Escape none."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "")]

    def __init__(self, text: Text, answers: Sequence[Answer[A]], otherwise: str = "cancel") -> None:
        """Ask. ``otherwise``: what Escape does."""
        super().__init__()
        self._text, self._answers, self._otherwise = text, answers, otherwise

    def compose(self) -> ComposeResult:
        """The text, and a line for each answer."""
        with Vertical(classes="dialog"):
            with VerticalScroll(classes="dialog-text", can_focus=True):
                yield Static(self._text, markup=False)
            yield Static(_answers(self._answers, self._otherwise), classes="answers", markup=False)

    def on_key(self, event: Key) -> None:
        """Answer."""
        first = self._answers[0] if event.key == "enter" else None
        chosen = first or next((one for one in self._answers if one.key == (event.character or "").lower()), None)
        if chosen is not None:
            event.stop()
            self.dismiss(chosen.value)


def _answers(answers: Sequence[Answer[A]], otherwise: str) -> Text:
    rows = [
        Text.assemble(
            (f" {answer.key.upper()} ", "reverse"), f" {answer.words}", ("  (Enter)" if not number else "", "dim")
        )
        for number, answer in enumerate(answers)
    ]
    return Text("\n").join([*rows, Text.assemble((" Esc ", "reverse"), f" {otherwise}")])


class Line(ModalScreen[str | None]):
    """Asks for one line of text. Enter takes it, Escape does not."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "")]

    def __init__(self, words: str, value: str, longest: int) -> None:
        """Ask. ``value``: what is there at first."""
        super().__init__()
        self._words, self._value, self._longest = words, value, longest

    def compose(self) -> ComposeResult:
        """The field."""
        with Vertical(classes="dialog"):
            yield Static(self._words, markup=False)
            yield Input(self._value, max_length=self._longest, select_on_focus=False)
            yield Static(
                Text.assemble((" Enter ", "reverse"), " save   ", (" Esc ", "reverse"), " cancel"), markup=False
            )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take it."""
        self.dismiss(event.value)


class Page(ModalScreen[None]):
    """A longer text. Any of the usual keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q,question_mark,i", "dismiss(None)", "")]

    def __init__(self, text: Text) -> None:
        """Show it."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The text, scrolled with the arrow keys."""
        with Vertical(classes="dialog tall"):
            with VerticalScroll(classes="dialog-text"):
                yield Static(self._text, markup=False)
            yield Static(
                Text.assemble((" ↑ ↓ ", "reverse"), " scroll   ", (" Esc ", "reverse"), " close"), markup=False
            )


class Choosing(ModalScreen[tuple[str, int] | None]):
    """A list. Returns the key that was pressed, and the number of the row."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q", "dismiss(None)", "")]

    def __init__(self, head: str, rows: Sequence[Text], keys: dict[str, str], empty: str = "") -> None:
        """Show the rows.

        Args:
            head: what they are.
            rows: one line each.
            keys: key → what it does with the highlighted row.
            empty: shown where there are no rows.
        """
        super().__init__()
        self._head, self._rows, self._keys, self._empty = head, rows, keys, empty

    def compose(self) -> ComposeResult:
        """The list, and what the keys do."""
        words: list[str | tuple[str, str]] = []
        for key, does in self._keys.items():
            words += [(f" {key.capitalize()} ", "reverse"), f" {does}  "]
        with Vertical(classes="dialog tall"):
            yield Static(Text(self._head, "bold"), markup=False)
            if self._rows:
                yield OptionList(*(Option(row) for row in self._rows), markup=False)
            else:
                yield Static(self._empty, markup=False)
            yield Static(Text.assemble(*words, (" Esc ", "reverse"), " close"), markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter."""
        self.dismiss(("enter", event.option_index))

    def on_key(self, event: Key) -> None:
        """Another key, about the highlighted row."""
        if event.key in self._keys and event.key != "enter" and self._rows:
            at = self.query_one(OptionList).highlighted
            event.stop()
            if at is not None:
                self.dismiss((event.key, at))
