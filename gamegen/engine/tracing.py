"""Where each token of a finished text stands, and how sure the model was of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gamegen.engine.api import Completion, Token
from gamegen.engine.fields import field_spans
from gamegen.engine.grammar import Draft


def trace(draft: Draft, text: str, logprobs: Sequence[float]) -> tuple[Token, ...]:
    """The tokens of a finished draft. logprobs: of the sampled ones, in their order."""
    own = dict(zip(draft.sampled, logprobs, strict=False))
    pieces = [draft.grammar.grammars.bytes[token] for token in draft.tokens]
    starts, count = [], 0
    for piece in pieces:
        within = piece[:1] and piece[0] & 0xC0 == 0x80  # goes on with a character that an earlier token began
        starts.append(count - 1 if within else count)
        count += sum(1 for byte in piece if byte & 0xC0 != 0x80)
    return tuple(Token(min(start, len(text)), own.get(place)) for place, start in enumerate(starts))


@dataclass(frozen=True, slots=True)
class FieldScore:
    """How sure the model was of one field. mean: of the natural-log probabilities of its sampled tokens, 0 if none."""

    mean: float
    sampled: int
    forced: int


def field_scores(completion: Completion, bare: bool) -> Mapping[str, FieldScore]:
    """The fields of a completion by their path (``$.objectives[1].text``; ``$`` for a bare text), in their order.

    bare: whether the completion is one text rather than a JSON document. A token belongs to the field in which it
    begins; tokens between fields belong to none.
    """
    spans = field_spans(completion.text, bare)
    result: dict[str, FieldScore] = {}
    for path, start, end in spans:
        inside = [token for token in completion.trace if start <= token.start < end]
        sampled = [token.logprob for token in inside if token.logprob is not None]
        mean = sum(sampled) / len(sampled) if sampled else 0.0
        result[path] = FieldScore(mean, len(sampled), len(inside) - len(sampled))
    return result
