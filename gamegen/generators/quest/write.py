"""The words of a quest: one request per text, and the merge of the texts into the document."""

from __future__ import annotations

from collections.abc import Generator as Coroutine, Iterator
from copy import deepcopy

from gamegen.records import JSON, Plan, Request


def write(plan: Plan) -> Coroutine[list[Request], list[JSON], dict[str, JSON]]:
    """All texts in one list: none depends on another, so that the engine's rows stay full."""
    texts = yield [
        Request(
            text["key"],
            text["template"],
            text["card"],
            text["schema"],
            {"pronouns": text["pronouns"]} if text["pronouns"] else {},
            names=tuple(text["names"]),
            opening=text["opening"],
            fallback=tuple(text["fallback"]),
        )
        for text in plan.data["texts"]
    ]
    slots = {
        spec["key"]: {"id": spec["line"], "text": text} for spec, text in zip(plan.data["texts"], texts, strict=True)
    }
    document: dict[str, JSON] = deepcopy(plan.data["document"])
    for key, part, name in _places(document):
        part[name] = slots[key]
    return document


def _places(document: dict[str, JSON]) -> Iterator[tuple[str, dict[str, JSON], str]]:
    """(request key, object, property) of each text of the record."""
    yield "title", document, "title"
    yield "summary", document, "summary"
    for stage in document["stages"]:
        yield f"stages/{stage['id']}/journal", stage, "journal"
        for objective in stage["objectives"]:
            yield f"stages/{stage['id']}/objectives/{objective['id']}", objective, "text"
    for outcome in document["outcomes"]:
        yield f"outcomes/{outcome['id']}", outcome, "text"
