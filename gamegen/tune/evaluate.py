"""Judges a model by held-out examples on the engine it runs on: one text a card, as generation would ask for it.

Figures of one model, over the n held-out examples:

    loss                  mean of -log p of the tokens of the written line and its closing mark, in nats per token,
                          under the model's own prompt (`Engine.score`); exp(loss) is the perplexity
    says_must             share of texts that say their `must`: coverage of its content stems >= selection.CARRIED
    passes_checks         share of texts against which `checks.text.text_findings` finds nothing
    longest_shared_run    most consecutive words that a text shares with a training line
    mean_shared_run       the same per text, on average
    distinct_2            different pairs of words as a share of all (Li et al., 2016; `gamegen.measures`)
    self_bleu_4           mean BLEU-4 of each text against all others (Zhu et al., 2018; `gamegen.measures`)
    prompt_tokens         tokens of a prompt, on average
    texts                 n
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gamegen._words import coverage, words
from gamegen.cards import CardForm
from gamegen.checks.text import text_findings
from gamegen.engine.api import Engine, Job
from gamegen.examples import Example
from gamegen.measures import distinct, self_bleu
from gamegen.originality import Copies, SharedRuns
from gamegen.prompts import Prompts
from gamegen.records import JSON, Request, TextContext
from gamegen.selection import CARRIED, NARRATED
from gamegen.tune.lessons import Lesson
from gamegen.tune.reading import Fields
from gamegen.writing import CARD_SAMPLING, NARRATED_SAMPLING, SAMPLING

MOST = 400
"""Held-out examples that are judged: the first by hash."""

TEMPLATES: Mapping[str, str] = {
    "npc_line": "dialogue/npc_line.j2",
    "player_choice": "dialogue/player_choice.j2",
    "objective": "quest/objective.j2",
    "quest_title": "quest/title.j2",
    "quest_summary": "quest/summary.j2",
    "journal": "quest/journal.j2",
    "trait": "character/trait.j2",
}
"""What a model that knows no card is asked with. Kinds of plugins are asked for by card alone, and not compared."""

_SCHEMA: Mapping[str, JSON] = {"type": "string", "minLength": 3, "maxLength": 260}


class _Unseen(Prompts):
    """Prompts whose examples are none of the lines that are judged."""

    def __init__(self, form: CardForm | None, fields: Fields, lines: frozenset[tuple[str, ...]]) -> None:
        super().__init__(form=form, cards=fields)
        self._judged = lines

    @property
    def examples(self) -> tuple[Example, ...]:
        return tuple(each for each in super().examples if tuple(words(each["line"])) not in self._judged)


@dataclass(frozen=True, slots=True)
class Judged:
    """A model's texts beside their lessons, and the figures."""

    lessons: tuple[Lesson, ...]
    texts: tuple[str, ...]
    figures: Mapping[str, JSON]


def comparable(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The examples of kinds that every model can be asked for, at most 400."""
    return sorted((each for each in lessons if each.kind in TEMPLATES), key=lambda each: each.name)[:MOST]


def judge(
    engine: Engine,
    lessons: Sequence[Lesson],
    taught: Sequence[Lesson],
    fields: Fields,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Judged:
    """Let the model write each lesson's text once, and look at them. taught: the training lessons.

    The same model and lessons give the same figures. Raises what the engine raises.
    """
    judged = frozenset(lesson.words for lesson in lessons)
    prompts = _Unseen(engine.info.card_form, fields, judged)
    asked: list[tuple[str, str]] = []
    jobs: dict[str, int] = {}
    texts = [""] * len(lessons)
    done = 0
    for index, lesson in enumerate(lessons):
        request = _request(lesson, dict(lesson.card))
        if not prompts.shows_card(request):
            request = _request(lesson, _filled(lesson))
        shared, prompt = prompts.render(request)
        asked.append((shared, prompt))
        few_shot = NARRATED_SAMPLING if lesson.kind in NARRATED else SAMPLING
        sampling = CARD_SAMPLING if prompts.shows_card(request) else few_shot
        job = Job(f"held_out_{index}", "line", shared, prompt, request.schema, sampling, seed=seed)
        jobs[job.record] = index
        engine.submit(job)
    while found := engine.poll():
        for job, completions in found:
            texts[jobs[job.record]] = completions[0].text
            done += 1
        if progress is not None:
            progress(done, len(lessons))
    scores = engine.score([(s + p, f'{each.line}"') for (s, p), each in zip(asked, lessons, strict=True)])
    tokens = sum(len(score.logprobs) for score in scores)
    figures: dict[str, JSON] = {
        "loss": round(-math.fsum(score.logprob for score in scores) / tokens, 4) if tokens else None,
        "prompt_tokens": _mean([engine.count_tokens(shared + prompt) for shared, prompt in asked]),
        **measure(texts, lessons, taught),
    }
    return Judged(tuple(lessons), tuple(texts), figures)


def measure(texts: Sequence[str], lessons: Sequence[Lesson], taught: Sequence[Lesson]) -> dict[str, JSON]:
    """The figures that texts alone decide; see the module for the formulas. texts[i] answers lessons[i]."""
    shared = SharedRuns(lesson.words for lesson in taught)
    copies = Copies.of(lesson.line for lesson in taught)
    runs = [shared.longest(text) for text in texts]
    said = [coverage(each.card.get("must", ""), text) >= CARRIED for text, each in zip(texts, lessons, strict=True)]
    clean = [
        not text_findings(text, each.card, _SCHEMA, TextContext(), examples=copies)
        for text, each in zip(texts, lessons, strict=True)
    ]
    return {
        "texts": len(texts),
        "says_must": _mean(said),
        "passes_checks": _mean(clean),
        "longest_shared_run": max(runs, default=0),
        "mean_shared_run": _mean(runs),
        "distinct_2": round(distinct(texts, 2), 4),
        "self_bleu_4": round(self_bleu(texts), 4),
    }


def _request(lesson: Lesson, card: Mapping[str, JSON]) -> Request:
    values = {"pronouns": lesson.card["pronouns"]} if "pronouns" in lesson.card else {}
    return Request("line", TEMPLATES.get(lesson.kind, ""), card, _SCHEMA, values)


def _filled(lesson: Lesson) -> dict[str, JSON]:
    """The card with every field that a template uses."""
    card = {"voice": "", "place": "", **lesson.card}
    order = " at ".join(filter(None, (card.get("target", ""), card["place"])))
    return {"must": f"{card.get('verb', '')} {order}".strip(), **card}


def _mean(values: Sequence[float]) -> float:
    return round(math.fsum(values) / len(values), 4) if values else 0.0
