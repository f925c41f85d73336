"""Tokens of lessons, and which lessons each step of the training shows: pure functions of data and seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gamegen._random import Stream, digest, uniform
from gamegen.cards import CHATML, CardForm, card_prompt
from gamegen.errors import ModelUnavailable
from gamegen.tune.lessons import Lesson
from gamegen.tune.reading import Fields

MEGABATCH = 16
"""Batches whose lessons are sorted by length together, so that a batch has little padding."""
_MARK = "\x00"


@dataclass(frozen=True, slots=True)
class Encoded:
    """tokens: of prompt and line, with the closing quotation mark and the end of the turn. start: of the line."""

    tokens: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Coder:
    """How lessons become tokens for one base. encode: text to ids without added tokens. prefix: ids in front. end: id
    that ends a turn."""

    form: CardForm
    encode: Callable[[str], list[int]]
    prefix: tuple[int, ...]
    end: int
    fields: Fields

    def lesson(self, lesson: Lesson) -> Encoded:
        """Prompt and line are encoded apart, as the engine does it."""
        prompt = (*self.prefix, *self.encode(card_prompt(lesson.card, self.form, self.fields)))
        return Encoded((*prompt, *self.encode(f'{lesson.line}"'), self.end), len(prompt))


def coder(tokenizer: Any, add_prefix: bool | None, kinds: Sequence[str], fields: Fields) -> Coder:
    """For a tokenizer of transformers. The form is ChatML where the vocabulary has it, else the chat template's own
    turns, else the bare card. Raises ModelUnavailable GG875 where no token ends a text."""

    def encode(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    prefix = () if add_prefix is False else tuple(_in_front(tokenizer))
    vocabulary = tokenizer.get_vocab()
    end = tokenizer.eos_token_id
    if {"<|im_start|>", "<|im_end|>"} <= vocabulary.keys():
        form, end = CHATML, vocabulary["<|im_end|>"]
    else:
        form = _own_turns(tokenizer) or CardForm("", '\n"')
    if end is None:
        raise ModelUnavailable.of(
            "GG875",
            "expected a base whose tokenizer says which token ends a text, found none",
            "add eos_token to its tokenizer_config.json",
        )
    return Coder(CardForm(form.before, form.behind, tuple(kinds)), encode, prefix, int(end), fields)


def order(
    lessons: Sequence[Lesson],
    lengths: Sequence[int],
    weights: Mapping[str, float],
    epochs: float,
    batch: int,
    seed: int,
) -> list[tuple[int, ...]]:
    """The lessons (by index) of every step of the whole training.

    A lesson of weight 2.3 stands twice in an epoch, and a third time with probability 0.3, drawn anew for each epoch.
    Each epoch is shuffled, sorted by length within runs of 16 batches, cut into batches, and the batches of a run are
    shuffled again.
    """
    steps: list[tuple[int, ...]] = []
    for epoch in range(math.ceil(epochs)):
        stream = Stream("tune", seed, epoch)
        shown = stream.shuffled(_shown(lessons, weights, seed, epoch))
        own: list[tuple[int, ...]] = []
        for start in range(0, len(shown), batch * MEGABATCH):
            run = sorted(shown[start : start + batch * MEGABATCH], key=lambda index: lengths[index])
            own += stream.shuffled(tuple(run[i : i + batch]) for i in range(0, len(run), batch))
        steps += own[: max(1, round(len(own) * min(1.0, epochs - epoch)))]
    return steps


def _shown(lessons: Sequence[Lesson], weights: Mapping[str, float], seed: int, epoch: int) -> list[int]:
    shown = []
    for index, lesson in enumerate(lessons):
        whole = math.floor(weights[lesson.kind])
        more = uniform(digest("again", seed, epoch, lesson.name.hex()), 0) < weights[lesson.kind] - whole
        shown += [index] * (whole + more)
    return shown


def _in_front(tokenizer: Any) -> list[int]:
    """Ids that the tokenizer puts before a text."""
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a")["input_ids"]
    return list(full[: max(0, next((i for i in range(len(full)) if full[i : i + len(plain)] == plain), 0))])


def _own_turns(tokenizer: Any) -> CardForm | None:
    if not getattr(tokenizer, "chat_template", None):
        return None
    try:
        turns = [{"role": "user", "content": f"{_MARK}card{_MARK}"}]
        text = str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    except Exception:  # templates are the model's: whatever they raise, the bare card still works
        return None
    before, found, behind = text.partition(f"{_MARK}card{_MARK}")
    if not found:
        return None
    return CardForm(before.removeprefix(tokenizer.bos_token or ""), f'{behind}"')
