"""What each token of a `tokenizer.json` means in bytes, and mending the files that say it wrongly.

Two families are understood: byte-level (GPT-2, Llama 3, Qwen, SmolLM), where each character of a token stands for one
byte, and SentencePiece with byte fallback (Llama 2, Mistral, Gemma), where U+2581 stands for a space and ``<0x0A>``
for a byte. A file that transformers writes from a GGUF names the decoder of the second family for a vocabulary of
the first; a grammar that believes it takes the space marker for a letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gamegen.records import JSON

SPACE = "\u2581"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}


class UnknownTokenizer(ValueError):
    """The tokenizer belongs to neither family, or one of its tokens has no bytes; the text says which."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A tokenizer made fit for use.

    text:    the tokenizer.json; it adds nothing to a text by itself.
    prefix:  ids that a text begins with (the beginning-of-text token, for models trained with one).
    changes: what was changed, in words; empty when nothing was.
    """

    text: str
    prefix: tuple[int, ...]
    changes: tuple[str, ...]


def byte_map() -> dict[str, int]:
    """The characters that stand for the 256 bytes in byte-level vocabularies (GPT-2's table).

    Printable Latin-1 characters stand for themselves, the other bytes for U+0100 and following, in order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}


def family(document: Mapping[str, JSON]) -> Literal["byte-level", "sentencepiece"]:
    """Which family a parsed tokenizer.json belongs to. Raises UnknownTokenizer."""
    vocabulary = _vocabulary(document)
    before = list(_types(document.get("pre_tokenizer"))) + list(_types(document.get("normalizer")))
    if "ByteLevel" in before:
        return "byte-level"
    if any(SPACE in token for token in vocabulary) and ("<0x0A>" in vocabulary or document["model"]["type"] != "BPE"):
        return "sentencepiece"
    if "ByteLevel" in _types(document.get("decoder")) and byte_map().keys() <= vocabulary.keys():
        return "byte-level"
    raise UnknownTokenizer(f"a {document['model']['type']} tokenizer that is neither byte-level nor SentencePiece")


def token_bytes(tokenizer_json: str) -> list[bytes]:
    """The bytes of each token id, by the family's own rule (never by the file's decoder); b"" for ids without a token.

    Added tokens (special or not) have the bytes of their content. Raises UnknownTokenizer.
    """
    document = _parse(tokenizer_json)
    byte_level = family(document) == "byte-level"
    table = byte_map()
    added = {entry["id"]: entry["content"] for entry in document.get("added_tokens", ())}
    vocabulary = _vocabulary(document)
    result = [b""] * (max([*vocabulary.values(), *added], default=-1) + 1)
    for token, index in vocabulary.items():
        if index in added:
            continue
        if byte_level:
            try:
                result[index] = bytes(table[character] for character in token)
            except KeyError as error:
                raise UnknownTokenizer(f"token {index} has a character outside the byte map: {error}") from None
        elif match := _BYTE.fullmatch(token):
            result[index] = bytes([int(match[1], 16)])
        else:
            result[index] = token.replace(SPACE, " ").encode()
    for index, content in added.items():
        result[index] = content.encode()
    return result


def special_ids(tokenizer_json: str) -> frozenset[int]:
    """Ids of the special tokens (control tokens: they are never part of a text)."""
    return frozenset(entry["id"] for entry in _parse(tokenizer_json).get("added_tokens", ()) if entry["special"])


def mend(tokenizer_json: str, add_prefix: bool | None = None) -> Mended:
    """Give the tokenizer the decoder of its family, and take out what it adds to texts.

    add_prefix: whether texts begin with the tokens that the file adds in front; None trusts the file.
    Raises UnknownTokenizer.
    """
    document = _parse(tokenizer_json)
    changes = []
    if family(document) == "byte-level" and list(_types(document.get("decoder"))) != ["ByteLevel"]:
        document["decoder"] = _BYTE_LEVEL
        changes.append("decoder replaced by ByteLevel")
    prefix = _added_in_front(document)
    if add_prefix is False and prefix:
        prefix = ()
        changes.append("no beginning-of-text token is added")
    if document.get("post_processor") is not None:
        document["post_processor"] = None
    for name in ("truncation", "padding"):
        document[name] = None
    return Mended(json.dumps(document, ensure_ascii=False, separators=(",", ":")), prefix, tuple(changes))


def wrong_tokens(tokenizer_json: str, vocabulary: int, eos: Sequence[int]) -> list[int]:
    """Ids whose bytes the grammar library reads otherwise than the byte map.

    Special tokens are left out, and tokens with the byte 0xFF: no text has it, and the library marks specials by it.
    vocabulary: width of the model's logits; it may exceed the tokenizer's.
    """
    import llguidance

    expected = token_bytes(tokenizer_json)
    special = special_ids(tokenizer_json)
    reader = llguidance.LLTokenizer(tokenizer_json, n_vocab=max(vocabulary, len(expected)), eos_token=list(eos))
    return [
        index
        for index, content in enumerate(expected)
        if content and b"\xff" not in content and index not in special and reader.decode_bytes([index]) != content
    ]


def _parse(tokenizer_json: str) -> dict[str, JSON]:
    try:
        document = json.loads(tokenizer_json)
        if isinstance(document["model"]["vocab"], dict | list) and isinstance(document["model"].get("type", ""), str):
            document["model"].setdefault("type", "BPE")
            return dict(document)
    except (ValueError, KeyError, TypeError):
        pass
    raise UnknownTokenizer("not a tokenizer.json of the tokenizers library")


def _vocabulary(document: Mapping[str, JSON]) -> dict[str, int]:
    """token -> id; Unigram files hold a list of [token, score]."""
    vocabulary = document["model"]["vocab"]
    if isinstance(vocabulary, list):
        return {token: index for index, (token, _) in enumerate(vocabulary)}
    return dict(vocabulary)


def _types(part: JSON) -> Iterator[str]:
    """The types of a pipeline part, sequences opened."""
    if isinstance(part, dict):
        inner = [part[name] for name in ("decoders", "pretokenizers", "normalizers") if name in part]
        if inner:
            for step in inner[0]:
                yield from _types(step)
        else:
            yield part["type"]


def _added_in_front(document: Mapping[str, JSON]) -> tuple[int, ...]:
    """Ids that the post-processor puts before a single text."""
    part = document.get("post_processor")
    steps = part["processors"] if part and part["type"] == "Sequence" else [part] if part else []
    for step in steps:
        if step["type"] == "TemplateProcessing":
            front: list[int] = []
            for piece in step["single"]:
                if "SpecialToken" not in piece:
                    break
                front.extend(step["special_tokens"][piece["SpecialToken"]["id"]]["ids"])
            return tuple(front)
    return ()
