"""What is allowed can always be ended."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gamegen.engine.grammar import Draft
from gamegen.engine.profile import Profile
from gamegen.engine.tokens import _tail
from tests.engine.tiny import grammars


def document(longest: int) -> dict[str, Any]:
    text = {"type": "string", "minLength": 3, "maxLength": longest, "x-gamegen": {"ends": "sentence"}}
    return {"type": "object", "properties": {"a": text}, "required": ["a"], "additionalProperties": False}


def begun(longest: int, text: str) -> Draft:
    draft = Draft(grammars().compile(document(longest)))
    for byte in text.encode():
        draft.take(grammars().tokens.single[bytes([byte])])
    return draft


@pytest.mark.parametrize(("token", "needed"), [(".", 0), ("e.", 0), (" .", 1), (" !", 1), (" …", 1), ("…", 0)])
def test_a_stop_behind_a_space_leaves_room_for_another_since_it_ends_no_sentence(token: str, needed: int) -> None:
    assert not re.search(Profile().pattern(), "The tide .")
    assert Profile(ends="sentence").needs()[_tail(token.encode())] == needed


@pytest.mark.parametrize("longest", range(9, 16))
@pytest.mark.parametrize("text", ["The tide", "The tide ", "The tid.", "The ti ."])
def test_a_text_in_a_document_can_be_closed_wherever_it_stands(longest: int, text: str) -> None:
    stops = begun(longest, "")
    for byte in text.encode():
        token = grammars().tokens.single[bytes([byte])]
        if not stops.allows([token])[0]:
            break
        stops.take(token)
    stops.close()
    assert 3 <= len(stops.text()[0]) - len('{"a":""}') <= longest
