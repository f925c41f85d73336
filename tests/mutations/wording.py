"""Damages to the texts of any record. Titles, which obey other rules, are left alone."""

from __future__ import annotations

from gamegen.ratings import unrated
from gamegen.world import World
from tests.mutations.damages import Document, damage, texts


def some(document: Document) -> Document:
    """A text that is a sentence."""
    return next(each for each in texts(document) if each["text"].endswith("."))


@damage("", "GG601")
def double_space(document: Document, world: World) -> None:
    one = some(document)
    one["text"] = one["text"].replace(" ", "  ", 1)


@damage("", "GG601")
def control_character(document: Document, world: World) -> None:
    one = some(document)
    one["text"] = one["text"].replace(" ", " \u0007", 1)


@damage("", "GG601")
def decomposed_letter(document: Document, world: World) -> None:
    some(document)["text"] = "The cafe\u0301 is closed today."


@damage("", "GG602")
def unbalanced_brace(document: Document, world: World) -> None:
    some(document)["text"] = "That is what the sign said :}."


@damage("", "GG602")
def unlisted_placeholder(document: Document, world: World) -> None:
    some(document)["text"] = "Bring it to {item.nothing} tonight."


@damage("", "GG603")
def role_marker(document: Document, world: World) -> None:
    one = some(document)
    one["text"] = f"NPC: {one['text']}"


@damage("", "GG603")
def echo_of_the_prompt(document: Document, world: World) -> None:
    some(document)["text"] = "Rewrite the line in character."


@damage("", "GG603")
def html_entity(document: Document, world: World) -> None:
    some(document)["text"] = "Bread &amp; salt is all that is left."


@damage("", "GG603")
def web_address(document: Document, world: World) -> None:
    some(document)["text"] = "See https://example.org for the rest."


@damage("", "GG603")
def digits_alone(document: Document, world: World) -> None:
    some(document)["text"] = "1 2 3 4 5."


@damage("", "GG604")
def far_too_long(document: Document, world: World) -> None:
    quest = document["kind"] == "quest"
    words = [f"{first}{second}" for first in "abdefghik" for second in "aeiouylmnrstw"][: 40 if quest else 60]
    one = document["stages"][0]["objectives"][0]["text"] if quest else some(document)
    one["text"] = " ".join(words).capitalize() + "."


@damage("", "GG605")
def no_final_stop(document: Document, world: World) -> None:
    one = some(document)
    one["text"] = one["text"].rstrip(".")


@damage("", "GG605")
def end_in_the_middle(document: Document, world: World) -> None:
    one = some(document)
    one["text"] = one["text"].rstrip(".") + " and the."


@damage("quest", "GG605")
def title_with_a_stop(document: Document, world: World) -> None:
    document["title"]["text"] += "."


@damage("", "GG606")
def avoided_word(document: Document, world: World) -> bool | None:
    if not world.avoid:
        return False
    some(document)["text"] = f"It is {world.avoid[0]} to wait here."
    return None


@damage("", "GG607")
def word_above_the_rating(document: Document, world: World) -> bool | None:
    words = sorted(unrated(world.rating))
    if not words:
        return False
    some(document)["text"] = f"What a {words[0]} day this was."
    return None


@damage("", "GG608")
def copied_example_line(document: Document, world: World) -> bool | None:
    lines = [line for person in world.characters.values() for line in person.lines if len(line.split()) > 4]
    if not lines:
        return False
    some(document)["text"] = lines[0]
    return None


@damage("", "GG609")
def foreign_name(document: Document, world: World) -> None:
    some(document)["text"] = "Then came Xanthippe with the cart."


@damage("", "GG611")
def word_twice(document: Document, world: World) -> None:
    some(document)["text"] = "It was was late in the day."


@damage("", "GG611")
def repeated_clause(document: Document, world: World) -> None:
    some(document)["text"] = "Wait for the tide, then wait for the tide."


@damage("", "GG101")
def empty_text(document: Document, world: World) -> None:
    some(document)["text"] = ""


@damage("", "GG101")
def line_break(document: Document, world: World) -> None:
    some(document)["text"] = "Wait here.\nThen come."


@damage("", "GG616")
def sentence_glued_to_the_next(document: Document, world: World) -> None:
    some(document)["text"] = "The stairs are where it lies.wreck the lamp there."
