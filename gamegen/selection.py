"""Chooses the best of a request's completions by a documented score (docs/selection.md).

    score = mean log p(token) of the sampled tokens
          + 3.0 * share of the content words of `must` that the text says
          - 2.0 * [the bound of length ended it, not the model]
          - 3.0 * share of its content words that it says again
          - 0.05 * words beyond what `must` needs
          - 1.5 * share of the content words that it has from an example line of the speaker
          - 1.0 * [it tells the speaker's own name, or words of the description of the voice]
          - 1.0 * [it begins with the same two words as a text of the record]
          - 4.0 * [it says the same words as a text of the record]

The mean log-probability alone likes the dull and the repeated; coverage decides, the rest breaks ties. The weights were
set by reading what came out of SmolLM2-135M-Instruct, not learned. All is pure and deterministic; of equal scores the
lower index wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from gamegen._words import STOP_WORDS, content_stems, coverage, stem, words
from gamegen.engine.api import Completion
from gamegen.records import JSON, Finding, Request
from gamegen.spoken import spoken

CARRIED = 0.5
"""Coverage from which a text counts as saying its `must`; 95% of the hand-written corpus reaches it."""

SPOKEN_KINDS = frozenset({"npc_line", "player_choice"})
_SLACK = {"npc_line": 8, "player_choice": 3, "objective": 4, "quest_summary": 16, "journal": 8, "trait": 8}
"""Words that a text may have beyond its `must` without a penalty."""


def choose(
    request: Request,
    completions: Sequence[Completion],
    findings: Sequence[Sequence[Finding]],
    already: Sequence[str] = (),
) -> int | None:
    """The index of the best completion without a finding; None if every one has some.

    findings: those of each completion. already: texts of the same record, in any order.
    """
    best: tuple[float, int] | None = None
    for index, (completion, found) in enumerate(zip(completions, findings, strict=True)):
        if found:
            continue
        value = score(request, completion, already)
        if best is None or value > best[0]:
            best = (value, index)
    return None if best is None else best[1]


def score(request: Request, completion: Completion, already: Sequence[str] = ()) -> float:
    """The score of one completion; higher is better. See the module for the formula."""
    text = completion.text
    own = _content(text)
    kind = str(request.card.get("kind", ""))
    likelihood = completion.logprob / completion.tokens if completion.tokens else 0.0
    result = likelihood + 3.0 * said(request, text)
    result -= 2.0 * (completion.finish == "length")
    result -= 3.0 * (1 - len(set(own)) / len(own) if own else 0.0)
    spare = len(words(text)) - len(words(str(request.card.get("must", "")))) - _SLACK.get(kind, 12)
    result -= 0.05 * max(0, spare)
    result -= 1.5 * max((_shared(own, line) for line in _lines(request)), default=0.0)
    if kind == "npc_line":
        result -= 1.0 * _describes_itself(request, own)
    start = words(text)[:2]
    result -= 1.0 * any(words(other)[:2] == start for other in already)
    result -= 4.0 * any(words(other) == words(text) for other in already)
    return result


def said(request: Request, text: str) -> float:
    """How much of the request's `must` the text says, 0 to 1: in the card's words or in the speaker's."""
    must = str(request.card.get("must", ""))
    if request.card.get("kind") in SPOKEN_KINDS:
        return max(coverage(must, text), coverage(spoken(must), text))
    return coverage(must, text)


def carries(request: Request, text: str) -> bool:
    """Whether the text says its `must` well enough."""
    return said(request, text) >= CARRIED


def _content(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def _shared(own: Sequence[str], line: str) -> float:
    held = set(content_stems(line))
    return sum(word in held for word in own) / len(own) if own else 0.0


def _lines(request: Request) -> list[str]:
    lines: JSON = request.values.get("lines", ())
    return [str(line) for line in lines] if isinstance(lines, list | tuple) else []


def _describes_itself(request: Request, own: Sequence[str]) -> bool:
    """A speaker tells neither their own name nor how they speak, unless they must."""
    described = set(content_stems(f"{request.card.get('who', '')} {request.card.get('voice', '')}"))
    return bool((described - set(content_stems(str(request.card.get("must", ""))))) & set(own))
