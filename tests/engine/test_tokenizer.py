"""What tokens mean in bytes, and mending the files that say it wrongly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tokenizers import Tokenizer

from gamegen.engine.manifest import ModelFolder
from gamegen.engine.tokenizer import (
    UnknownTokenizer,
    byte_map,
    mend,
    special_ids,
    token_bytes,
    wrong_tokens,
)
from tests.engine.small_models import EOS, byte_level, sentencepiece

GGUF_DECODER = {
    "type": "Sequence",
    "decoders": [
        {"type": "ByteFallback"},
        {"type": "Fuse"},
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    ],
}
"""What transformers writes for a byte-level vocabulary that came from a GGUF."""

START = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<|end|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {"<|end|>": {"id": "<|end|>", "ids": [EOS], "tokens": ["<|end|>"]}},
}


def test_the_byte_map_is_a_bijection_onto_the_bytes() -> None:
    assert sorted(byte_map().values()) == list(range(256))


def test_the_byte_map_is_that_of_the_tokenizers_library() -> None:
    from tokenizers import pre_tokenizers

    assert set(byte_map()) == set(pre_tokenizers.ByteLevel.alphabet())


def test_byte_level_tokens_have_their_bytes() -> None:
    found = token_bytes(byte_level())
    assert found[:256] == [bytes([byte]) for byte in range(256)]
    assert found[256:] == [b" t", b"he", b" the", b"<|end|>"]


def test_sentencepiece_tokens_have_their_bytes() -> None:
    found = token_bytes(sentencepiece())
    assert found[3:259] == [bytes([byte]) for byte in range(256)]
    assert found[259:] == [b" ", b"a", b" a", "é".encode(), b"  "]


def test_ids_without_a_token_have_no_bytes() -> None:
    document = json.loads(byte_level())
    document["model"]["vocab"]["Ġtt"] = 263
    assert token_bytes(json.dumps(document))[260:] == [b"", b"", b"", b" tt"]


def test_unigram_vocabularies_are_lists() -> None:
    document = json.loads(sentencepiece())
    pieces = sorted(document["model"]["vocab"], key=document["model"]["vocab"].__getitem__)
    document["model"] = {"type": "Unigram", "unk_id": 0, "vocab": [[piece, -1.0] for piece in pieces]}
    assert token_bytes(json.dumps(document)) == token_bytes(sentencepiece())


@given(st.text())
def test_tokens_of_a_text_spell_the_text(text: str) -> None:
    bytes_of = token_bytes(byte_level())
    ids = Tokenizer.from_str(byte_level()).encode(text.replace("<|end|>", ""), add_special_tokens=False).ids
    assert b"".join(bytes_of[index] for index in ids) == text.replace("<|end|>", "").encode()


def test_a_special_token_is_known_as_one() -> None:
    assert special_ids(byte_level()) == {EOS}
    assert special_ids(sentencepiece()) == {0, 1, 2}


@pytest.mark.parametrize("text", [byte_level(), sentencepiece()], ids=["byte-level", "sentencepiece"])
def test_a_right_tokenizer_has_no_wrong_token(text: str) -> None:
    assert wrong_tokens(mend(text).text, 320, [2]) == []


def test_the_decoder_of_a_gguf_gives_wrong_bytes_and_is_mended() -> None:
    broken = byte_level(decoder=GGUF_DECODER)
    mended = mend(broken)
    assert wrong_tokens(broken, 320, [EOS])
    assert mended.changes == ("decoder replaced by ByteLevel",)
    assert wrong_tokens(mended.text, 320, [EOS]) == []


def test_mending_twice_changes_nothing() -> None:
    once = mend(byte_level(decoder=GGUF_DECODER))
    assert mend(once.text).changes == ()
    assert mend(once.text).text == once.text


def test_what_the_file_adds_to_texts_becomes_the_prefix() -> None:
    mended = mend(sentencepiece())
    assert mended.prefix == (1,)
    assert Tokenizer.from_str(mended.text).encode("a").ids == [261]


def test_a_start_token_the_model_was_not_trained_with_is_left_out() -> None:
    assert mend(byte_level(post_processor=START)).prefix == (EOS,)
    assert mend(byte_level(post_processor=START), add_prefix=False).prefix == ()


def test_the_start_token_is_found_inside_a_sequence() -> None:
    part = {"type": "Sequence", "processors": [{"type": "ByteLevel", "trim_offsets": True}, START]}
    assert mend(byte_level(post_processor=part)).prefix == (EOS,)


@pytest.mark.parametrize(
    "model",
    [
        {"type": "WordPiece", "vocab": {"[UNK]": 0, "##a": 1}},
        {"type": "WordLevel", "vocab": {"a": 0}},
        {"type": "BPE", "vocab": {"a": 0}, "merges": []},
    ],
    ids=lambda model: str(model["type"]),
)
def test_other_families_are_refused_by_name(model: dict[str, Any]) -> None:
    with pytest.raises(UnknownTokenizer, match=model["type"]):
        token_bytes(byte_level(model=model, pre_tokenizer={"type": "Whitespace"}, decoder=None))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": {}}', '{"model": {"vocab": 3}}'])
def test_what_is_no_tokenizer_is_refused(text: str) -> None:
    with pytest.raises(UnknownTokenizer, match=r"not a tokenizer\.json"):
        token_bytes(text)


def test_a_character_outside_the_byte_map_is_refused_with_its_id() -> None:
    document = json.loads(byte_level())
    document["model"]["vocab"]["✗"] = 260
    with pytest.raises(UnknownTokenizer, match="token 260"):
        token_bytes(json.dumps(document))


@pytest.mark.model
def test_no_token_of_the_default_model_is_wrong(default_model: ModelFolder) -> None:
    text = default_model.tokenizer.read_text(encoding="utf-8")
    assert wrong_tokens(text, default_model.manifest.vocab, default_model.manifest.eos) == []
    assert len(token_bytes(text)) == 49_152
