"""Cards: the short form of a prompt, for a model that was taught to go from a plan's fields to a line.

A card is the kind and then one ``field: value`` a line, in the order that the kind declares; nothing else, no examples.
What stands around it in a prompt (the turns of a chat) belongs to the model and stands in its manifest.

    npc_line
    who: Mira Voss, blacksmith
    voice: gruff, short sentences, weary
    intent: reveals
    must: the harbor master sold the lens
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gamegen.records import JSON

FIELDS: Mapping[str, tuple[str, ...]] = {
    "npc_line": ("who", "voice", "intent", "must"),
    "player_choice": ("to", "intent", "must"),
    "objective": ("verb", "target", "place", "must"),
    "quest_title": ("must",),
    "quest_summary": ("giver", "must"),
    "journal": ("must",),
    "trait": ("who", "part", "pronouns", "must"),
}
"""The kinds of card that gamegen's own generators ask for, and the fields that each shows, in their order."""

AFTER = "after"
"""What was said just before, on every path to the text."""
TONE = "tone"
"""The tone of a text: the brief's, the world's, or that of `gamegen restyle`."""
EXTRAS = (AFTER, TONE)
"""Fields that any card may have, whatever its kind declares. They stand, in this order, last before `must`, unless the
kind declares a place for them."""


@dataclass(frozen=True, slots=True)
class CardForm:
    """What stands before and behind a card in a prompt. `behind` ends with the quotation mark that opens the text.

    kinds: of card that a model was taught; texts of other kinds are asked for with their template.
    """

    before: str
    behind: str
    kinds: tuple[str, ...] = ()


CHATML = CardForm("<|im_start|>user\n", '<|im_end|>\n<|im_start|>assistant\n"')
"""The form of the default model, and of what is tuned from it."""


def fields_of(*kinds: str) -> dict[str, tuple[str, ...]]:
    """The declarations of some of gamegen's own kinds, as `Generator.cards` takes them."""
    return {kind: FIELDS[kind] for kind in kinds}


def card_text(card: Mapping[str, JSON], fields: Mapping[str, Iterable[str]] = FIELDS) -> str:
    """The card as text: its kind, then its declared fields and the extra ones; what it lacks or is empty is left out.

    Each value stands on one line. Raises KeyError for a kind that is not declared.
    """
    kind = str(card["kind"])
    names = list(fields[kind])
    end = names.index("must") if "must" in names else len(names)
    names[end:end] = [name for name in EXTRAS if name in card and name not in names]
    shown = ((name, " ".join(str(card.get(name, "")).split())) for name in names)
    return "\n".join([kind, *(f"{name}: {value}" for name, value in shown if value)])


def card_prompt(card: Mapping[str, JSON], form: CardForm, fields: Mapping[str, Iterable[str]] = FIELDS) -> str:
    """The whole prompt of a card."""
    return f"{form.before}{card_text(card, fields)}{form.behind}"
