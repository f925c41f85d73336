"""Relations between people: which kind answers which, and where two sides contradict each other.

A kind says what a person is to the other: ``{to: tam, kind: "employs"}`` of Averil means that she employs Tam. Kinds
are the world's own words; those below are understood, any other is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gamegen.world import Relation, World

PAIRS: tuple[tuple[str, str], ...] = (
    ("employs", "works_for"),
    ("owes_money", "lent_money"),
    ("debtor", "creditor"),
    ("pays", "paid_by"),
    ("buys_from", "sells_to"),
    ("host", "guest"),
    ("landlord", "tenant"),
    ("teacher", "apprentice"),
    ("teacher", "student"),
    ("mentor", "student"),
    ("mentor", "apprentice"),
    ("mentor", "protege"),
    ("teacher", "protege"),
    ("former_teacher", "former_apprentice"),
    ("former_teacher", "former_student"),
    ("parent", "child"),
    ("mother", "child"),
    ("father", "child"),
    ("parent", "son"),
    ("parent", "daughter"),
    ("mother", "son"),
    ("mother", "daughter"),
    ("father", "son"),
    ("father", "daughter"),
    ("grandparent", "grandchild"),
    ("aunt", "nephew"),
    ("aunt", "niece"),
    ("uncle", "nephew"),
    ("uncle", "niece"),
    ("brother", "sister"),
    ("brother", "sibling"),
    ("sister", "sibling"),
    ("husband", "wife"),
    ("husband", "spouse"),
    ("wife", "spouse"),
)
"""Kinds that answer each other, both ways. Where a kind has several answers, the first one is the natural one."""
MUTUAL = (
    "friend", "old_friend", "rival", "enemy", "colleague", "neighbor", "accomplice", "card_partner",
    "drinking_companion", "sibling", "brother", "sister", "cousin", "spouse", "husband", "wife", "former_spouse",
)  # fmt: skip
"""Kinds that answer themselves."""
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("employs", "works_for"),
    ("owes_money", "lent_money", "debtor", "creditor"),
    ("landlord", "tenant"),
    ("teacher", "apprentice", "mentor", "student", "protege"),
    ("former_teacher", "former_apprentice", "former_student"),
    ("spouse", "husband", "wife", "former_spouse"),
    (
        "parent", "mother", "father", "child", "son", "daughter", "grandparent", "grandchild", "aunt", "uncle",
        "nephew", "niece", "sibling", "brother", "sister", "cousin",
    ),
)  # fmt: skip
"""Kinds that speak of one matter: two people who both speak of it must agree. Feelings (friend, rival, avoids) may be
one-sided, and two people may pay, buy from or host each other; those stand in none."""
NEW_KINDS = (
    "neighbor", "friend", "cousin", "rival", "former_apprentice", "owes_money", "lent_money", "colleague", "buys_from",
    "sells_to", "card_partner", "guest", "student", "sibling", "works_for",
)  # fmt: skip
"""What a new person may be to somebody of the world."""
CHILD_KINDS = ("neighbor", "friend", "cousin", "student")
"""What a child may be to somebody of the world."""
_SAME = {"debtor": "owes_money", "creditor": "lent_money"}


def answers(kind: str) -> tuple[str, ...]:
    """The kinds by which the other side may answer; the natural one first, none for a kind that is not understood."""
    found = [kind] if kind in MUTUAL else []
    for one, other in PAIRS:
        found += [other] if one == kind else [one] if other == kind else []
    return tuple(dict.fromkeys(found))


def family(kind: str) -> tuple[str, ...]:
    """The kinds that speak of the same matter; none for feelings and for kinds that are not understood."""
    return next((kinds for kinds in FAMILIES if kind in kinds), ())


def contradict(kind: str, other: str) -> bool:
    """Whether a person who is `kind` to another cannot have that other be `other` to them."""
    kind, other = _SAME.get(kind, kind), _SAME.get(other, other)
    return other in family(kind) and other not in answers(kind)


def both_ways(world: World, id: str) -> list[Relation]:
    """The relations of a person of the world: their own, then those that only the other side tells, turned around."""
    person = world.characters[id]
    found = list(person.relations)
    for other in world.characters.values():
        if other.id == id or any(relation.to == other.id for relation in person.relations):
            continue
        for relation in other.relations:
            if relation.to == id and (answer := answers(relation.kind)):
                found.append(Relation(other.id, answer[0]))
    return found


def contradictions(
    world: World, id: str | None, relations: list[Mapping[str, str]]
) -> Iterator[tuple[int, str, str, str]]:
    """(place in the list, kind, the other's id, what the world says instead) for each relation the world denies.

    id: the person of the world who has the relations; None for a new person, of whom nobody speaks.
    """
    person = world.characters.get(id) if id is not None else None
    for place, relation in enumerate(relations):
        other = world.characters.get(relation["to"])
        if other is None or person is None:
            continue
        for answer in other.relations:
            if answer.to == person.id and contradict(relation["kind"], answer.kind):
                yield place, relation["kind"], other.id, f"{other.id} says {answer.kind}"
        own = [each.kind for each in person.relations if each.to == other.id]
        same = [kind for kind in own if kind in family(relation["kind"])]
        if same and relation["kind"] not in same:
            yield place, relation["kind"], other.id, f"{person.id} is {same[0]} to {other.id} in the world"
