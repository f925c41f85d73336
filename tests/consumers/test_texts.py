"""Any text within the text profile comes out of each runtime as it went in, in lines, choices, names and values."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from gamegen import testing
from gamegen._random import Stream
from gamegen.checks.dialogue_states import Witness
from gamegen_exporters import ink as ink_format, yarn as yarn_format
from tests.consumers.runtimes import Ink, Play, Yarn
from tests.consumers.test_dialogues import Dialogue, held_in_ink, held_in_yarn
from tests.consumers.walks import Walk, walk
from tests.strategies import texts

HARD, VALUES = testing.HARD_TEXTS, testing.HARD_VALUES


def talk(lines: Sequence[str], names: Sequence[str] = ("Mira",), player: str = "Ada") -> Dialogue:
    """A dialogue that says each text once as a line and offers it once, each name in turn speaking."""
    return testing.talk(lines, names, {"player": player})


def one_walk(record: Dialogue) -> list[Walk]:
    """Every line and choice is heard on the way to the first offer."""
    return [walk(record, Witness(), Stream("texts"), 1)]


def bare(text: str) -> str:
    """A name is no template: its braces are plain."""
    return text.replace("{{", "{").replace("}}", "}")


def in_yarn(name: str) -> bool:
    """Whether Yarn can hold a speaker's name (else it is refused by name)."""
    return "\\" not in name and not name.startswith('"') and not name.endswith('"')


HARD_NAMES = [bare(text) for text in HARD if "player" not in text and "lens" not in text]


def test_hard_texts_and_names_survive_ink(ink: Ink) -> None:
    held_in_ink(ink, [talk(HARD)], choose=one_walk)
    held_in_ink(ink, [talk(["Yes."], HARD_NAMES)], choose=one_walk)


def test_hard_texts_and_names_survive_yarn(yarn: Yarn) -> None:
    held_in_yarn(yarn, [talk(HARD)], choose=one_walk)
    held_in_yarn(yarn, [talk(["Yes."], [name for name in HARD_NAMES if in_yarn(name)])], choose=one_walk)


def test_values_of_placeholders_survive_ink(ink: Ink) -> None:
    for value in VALUES:
        held_in_ink(ink, [talk(["{player}", "x {player}", "{player}: {{y}}"], player=value)], choose=one_walk)


def test_values_of_placeholders_survive_yarn(yarn: Yarn) -> None:
    for value in VALUES:
        if '"' not in value and "\\" not in value:
            held_in_yarn(yarn, [talk(["{player}", "x {player}", "{player}: {{y}}"], player=value)], choose=one_walk)


MANY = st.lists(texts(), min_size=20, max_size=40)
BATCHES = settings(
    deadline=None,
    max_examples=25,
    # Shrinking a batch would take minutes; the message shows the text that differs as it is.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@BATCHES
@given(lines=MANY, names=st.lists(texts().map(bare), min_size=1, max_size=4))
def test_any_text_and_name_survives_ink(ink: Ink, lines: list[str], names: list[str]) -> None:
    held_in_ink(ink, [talk(lines, names)], choose=one_walk)


@BATCHES
@given(lines=MANY, names=st.lists(texts().map(bare).filter(in_yarn), min_size=1, max_size=4))
def test_any_text_and_name_survives_yarn(yarn: Yarn, lines: list[str], names: list[str]) -> None:
    held_in_yarn(yarn, [talk(lines, names)], choose=one_walk)


STRINGS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=20)


@BATCHES
@given(values=st.lists(STRINGS, min_size=1, max_size=30))
def test_any_string_value_survives_ink(ink: Ink, values: list[str]) -> None:
    record = talk(["Yes."])
    record["refs"] += (
        {"type": "flag", "id": f"f{n}", "name": "f", "value_type": "string", "initial": value}
        for n, value in enumerate(values)
    )
    expected = {f"flag_f{n}": value for n, value in enumerate(values)}
    found = ink.play(ink_format.render([record], {}), [Play([{"get": list(expected)}])])
    assert found == {"inkjs": [[expected]], "bink": [[expected]]}


@BATCHES
@given(values=st.lists(STRINGS.filter(lambda value: not set('"\\') & set(value)), min_size=1, max_size=30))
def test_any_string_value_without_quotes_survives_yarn(yarn: Yarn, values: list[str]) -> None:
    record = talk(["Yes."])
    record["refs"] += (
        {"type": "flag", "id": f"f{n}", "name": "f", "value_type": "string", "initial": value}
        for n, value in enumerate(values)
    )
    expected = {f"flag_f{n}": value for n, value in enumerate(values)}
    found = yarn.play(yarn_format.render([record], {}), [Play([{"get": list(expected)}])])
    assert found == {"bondage": [[expected]]}
