"""Chooses the best of a request's completions by a documented score (docs/selection.md).

    score = mean log p(token) of the sampled tokens
          + 3.0 * share of the content words of `must` that the text says
          + 1.0 * share of them that it says in their order (longest common subsequence); of all its words,
                  where a narrator speaks, and in a choice
          - 2.0 * [it leaves out one of the things that `must` asks for]
          - 0.3 * content words that the card does not have, where a narrator speaks, and in a choice those beyond one;
                  0.2 * those beyond one in a spoken line
          - 1.5 * [it has a number that `must` does not have]
          - 2.0 * [the bound of length ended it, not the model]
          - 3.0 * share of its content words that it says again, more than `must` does
          - 0.08 * words beyond what `must` needs; 0.2 in a choice
          - 0.4 * sentences beyond one for each thing that `must` asks for (of a journal entry or a summary: beyond two)
          - 2.0 * [a choice asks where `must` does not, or does not where it asks]
          - 2.0 * [it says no where `must` says yes, or yes where it says no; a third of it for a "no" that comes later]
          - 1.5 * [it is told by the wrong person: no "I" where the speaker is meant or acts, an "I" where nobody does,
                  an "I" or "you" in a trait, an "I" in a choice whose `must` has none]
          - 0.8 * [it says "we" where one person is meant]
          - 2.0 * [it calls the person by another gender's pronoun]
          - 1.5 * share of the content words that it has from an example line of the speaker
          - 1.0 * [the speaker tells their own name, role or voice; a choice calls somebody "the keeper"]
          - 1.0 * [it ends in a tag: ", I will"]
          - 0.2 * [it is `must` or one of the request's own last resorts, word for word]
          - 1.0 * [it begins with the same two words as a text of the record]
          - 2.0 * share of its pairs of neighboring words, but for those of `must`, that texts of the record have
          - 4.0 * [it says the same words as a text of the record]

The mean log-probability alone likes the dull and the repeated; coverage decides, the rest breaks ties. The weights were
set by reading what came out of SmolLM2-135M-Instruct, not learned. All is pure and deterministic; of equal scores the
lower index wins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gamegen._words import STOP_WORDS, content_stems, coverage, stem, word_set, words
from gamegen.cards import AFTER
from gamegen.engine.api import Completion
from gamegen.records import JSON, Finding, Request
from gamegen.said import Said
from gamegen.spoken import parts_of, spoken, to_player

NOTHING = Said()

CARRIED = 0.5
"""Coverage from which a text counts as saying its `must`; 95% of the hand-written corpus reaches it."""

GOOD = 1.0
"""A score below which a text is tried again, as long as it may be."""

FLOOR = 0.0
"""A score below which a text gives way to a last resort: what was read there made no sense."""

NARRATED = frozenset({"objective", "quest_summary", "journal"})
"""Kinds that a narrator tells: nobody says "I", and nothing beyond the facts is wanted."""

_CHOICE = "player_choice"
_SPOKEN = frozenset({"npc_line", _CHOICE})
_CLOSE = NARRATED | {_CHOICE}
"""Kinds whose every word should stand in its `must`, in the same order."""
_SLACK: Mapping[str, int] = {"npc_line": 2, "player_choice": 2, "objective": 4, "quest_summary": 12, "journal": 6}
_OTHER_SLACK = 6
"""Words that a text may have beyond its `must` without a penalty."""

_TWO_SENTENCES = frozenset({"quest_summary", "journal"})
_SENTENCE_END = re.compile(r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)[.!?…]+['’)]?(?= )")

_JOIN = re.compile(r", (?=(?:and|so|but|or|because|since|which|while|though|where) )")
"""Where a sentence may add something to itself."""
_SUBORDINATE = word_set("after although as because before if once since though unless until when where whether while")
"""A sentence that begins with one of these has its main clause behind a comma."""
_MARKS = ".!?…'’)"
_MOST_TAILS = 3
_TAG = re.compile(r", (?:and |so )?(?:I|you|we|they|he|she|it)\b['’\w ]{1,18}(?=[.!?]?$)")
"""Where a sentence says again, in words without content, that it means it."""

_CALLED = re.compile(r", (?:the|an?|your|my) ([\w '’-]+)[.!?]?$")
"""Where a text ends in what it calls somebody, with an article."""

_FIRST = word_set("i i'm i've i'll i'd me my mine myself we we're we've we'll we'd us our ours ourselves")
_MANY = word_set("we we're we've we'll we'd us our ours ourselves")
_SECOND = word_set("you you're you've you'll you'd your yours yourself")
_SUBJECT = word_set("i i'm i've i'll i'd we we're we've we'll we'd")
"""Who acts in "I have not seen you" does not act in "you have not seen me"."""
_NEGATIVE = word_set("no not never nobody nothing none nor neither nowhere without cannot")
_HE, _SHE = word_set("he him his himself he's he'll he'd"), word_set("she her hers herself she's she'll she'd")
_GENDERS: Mapping[str, frozenset[str]] = {"she": _HE, "he": _SHE, "they": _HE | _SHE, "it": _HE | _SHE}
"""Pronouns that are not those of the person."""


def choose(
    request: Request,
    completions: Sequence[Completion],
    findings: Sequence[Sequence[Finding]],
    already: Said = NOTHING,
) -> int | None:
    """The index of the best completion without a finding; None if every one has some.

    findings: those of each completion. already: the texts that the record has so far.
    """
    best: tuple[float, int] | None = None
    for index, (completion, found) in enumerate(zip(completions, findings, strict=True)):
        if found:
            continue
        value = score(request, completion, already)
        if best is None or value > best[0]:
            best = (value, index)
    return None if best is None else best[1]


def score(request: Request, completion: Completion, already: Said = NOTHING) -> float:
    """The score of one completion; higher is better. See the module for the formula."""
    text = completion.text
    own = words(text)
    content = _content(text)
    result = completion.logprob / completion.tokens if completion.tokens else 0.0
    result += 3.0 * said(request, text) + _in_order(request, own, content)
    result -= 2.0 * (not carries(request, text))
    result -= _invented(request, content)
    result -= 1.5 * bool(_numbers(own) - _numbers(words(str(request.card.get("must", "")))))
    result -= 2.0 * (completion.finish == "length")
    result -= 3.0 * max(0.0, _repetition(content) - _repetition(_content(str(request.card.get("must", "")))))
    result -= (0.2 if _kind(request) == _CHOICE else 0.08) * _spare_words(request, own)
    result -= 0.4 * max(0, len(sentence_ends(text)) + 1 - _sentences(request))
    result -= 2.0 * (_kind(request) == _CHOICE and ("?" in text) != ("?" in str(request.card.get("must", ""))))
    result -= 2.0 * _polarity(request, own)
    result -= 1.5 * _wrong_person(request, own)
    result -= 0.8 * _of_many(request, own)
    result -= 2.0 * _wrong_gender(request, own)
    result -= 1.5 * max((_shared(content, line) for line in _lines(request)), default=0.0)
    result -= 1.0 * (_describes_itself(request, content) or _calls_by_role(request, text))
    result -= 1.0 * (_tag(text) is not None)
    result -= 0.2 * (own == _meant(request) or any(words(line) == own for line in request.fallback))
    result -= 1.0 * already.opens(own)
    result -= 2.0 * already.shared(own, _meant(request))
    result -= 4.0 * already.has(own)
    return result


def variants(completion: Completion) -> list[Completion]:
    """The completion, and what it would be without its tails: had it ended after an earlier sentence, and without what
    a sentence adds to itself (", and ..."). With a small model it is nearly always the tail that goes wrong; the mean
    log-probability is that of the tokens that are left."""
    text = completion.text
    spans = [(end, len(text)) for end in sentence_ends(text) if end > completion.forced]
    if tag := _tag(text):
        spans.append(tag)
    tails = [span for span in _tails(text) if span[0] >= completion.forced][:_MOST_TAILS]
    spans += tails
    result = [completion, *(_without(completion, [span]) for span in spans)]
    if len(tails) > 1:
        result.append(_without(completion, tails))
    return result


def _tails(text: str) -> Iterator[tuple[int, int]]:
    """What each sentence adds to itself, without its end mark: from the first comma with a joining word to the end, if
    no main clause and no list can be in it."""
    start = 0
    for end in [*sentence_ends(text), len(text)]:
        sentence = text[start:end]
        join = _JOIN.search(sentence)
        if join is not None and words(sentence)[0] not in _SUBORDINATE:
            before, behind = sentence[: join.start()], sentence[join.end() :]
            listed = "," in before and len(before.rpartition(",")[2].split()) <= 2
            if not listed and behind.count(",") == len(_JOIN.findall(behind)):
                yield start + join.start(), start + len(sentence.rstrip(_MARKS))
        start = end


def _tag(text: str) -> tuple[int, int] | None:
    """Where the text's last clause is a tag of words without content."""
    match = _TAG.search(text)
    if match is None or not STOP_WORDS.union(_FIRST, _SECOND).issuperset(words(match[0])):
        return None
    return match.span()


def _without(completion: Completion, spans: Sequence[tuple[int, int]]) -> Completion:
    """The completion without these spans of its text."""
    text, at = "", 0
    for start, end in spans:
        text += completion.text[at:start]
        at = end
    text += completion.text[at:]
    left = [
        token.logprob
        for token in completion.trace
        if token.logprob is not None and not any(start <= token.start < end for start, end in spans)
    ]
    tokens, logprob = (len(left), math.fsum(left)) if left else (completion.tokens, completion.logprob)
    ended = spans[-1][1] >= len(completion.text.rstrip(_MARKS))
    finish = "stop" if ended else completion.finish
    return replace(completion, text=text, logprob=logprob, tokens=tokens, finish=finish)


def sentence_ends(text: str) -> list[int]:
    """Where a sentence ends and another one follows."""
    return [match.end() for match in _SENTENCE_END.finditer(text)]


def said(request: Request, text: str) -> float:
    """How much of the request's `must` the text says, 0 to 1."""
    return coverage(str(request.card.get("must", "")), text)


def carries(request: Request, text: str) -> bool:
    """Whether the text says its `must` well enough: of each thing that it asks for, the words that are new with it."""
    held, before = set(content_stems(text)), set[str]()
    for part in parts_of(str(request.card.get("must", ""))):
        wanted = set(content_stems(part)) - before or set(content_stems(part))
        if len(wanted & held) < CARRIED * len(wanted):
            return False
        before |= wanted
    return True


def holds(request: Request, text: str) -> bool:
    """Whether the text says its `must`, and neither denies it nor gives it to the wrong person."""
    own = words(text)
    wrong = _polarity(request, own) == 1 or _wrong_person(request, own) or _wrong_gender(request, own)
    return carries(request, text) and not wrong


def _sentences(request: Request) -> int:
    """How many sentences a text may have without a penalty."""
    least = 2 if _kind(request) in _TWO_SENTENCES else 1
    return max(least, len(parts_of(str(request.card.get("must", "")))))


def _content(text: str) -> list[str]:
    """The stems of all words that carry content, in order, as often as they stand there."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


def _repetition(content: Sequence[str]) -> float:
    return 1 - len(set(content)) / len(content) if content else 0.0


def _kind(request: Request) -> str:
    return str(request.card.get("kind", ""))


def _meant(request: Request) -> list[str]:
    """The words of the `must` as the text's own person says it."""
    must = str(request.card.get("must", ""))
    if _kind(request) == "npc_line":
        return words(spoken(must))
    if _kind(request) == _CHOICE:
        return words(must)
    return words(to_player(must))


def _in_order(request: Request, own: Sequence[str], content: Sequence[str]) -> float:
    must = str(request.card.get("must", ""))
    wanted: Sequence[str] = content_stems(must)
    if _kind(request) in _CLOSE:
        wanted, content = _meant(request), own
    longest = [0] * (len(content) + 1)
    for word in wanted:
        above = list(longest)
        for place, other in enumerate(content, 1):
            longest[place] = above[place - 1] + 1 if word == other else max(above[place], longest[place - 1])
    return longest[-1] / len(wanted) if wanted else 1.0


def _invented(request: Request, content: Sequence[str]) -> float:
    """What the content words cost that the card does not have."""
    if _kind(request) not in (*NARRATED, *_SPOKEN):
        return 0.0
    known = set(content_stems(" ".join(str(value) for name, value in request.card.items() if name != AFTER)))
    new = len(set(content) - known)
    if _kind(request) == _CHOICE:
        return 0.3 * max(0, new - 1)
    return 0.3 * new if _kind(request) in NARRATED else 0.2 * max(0, new - 1)


def _numbers(text: Sequence[str]) -> set[str]:
    return {word for word in text if any(map(str.isdigit, word))}


def _spare_words(request: Request, own: Sequence[str]) -> int:
    needed = len(words(str(request.card.get("must", "")))) + _SLACK.get(_kind(request), _OTHER_SLACK)
    return max(0, len(own) - needed)


def _polarity(request: Request, own: Sequence[str]) -> float:
    if _negative(_meant(request)):
        return 0.0 if _negative(own) else 1.0
    if not _negative(own):
        return 0.0
    wanted = set(content_stems(str(request.card.get("must", ""))))
    last = max((place for place, word in enumerate(own) if stem(word) in wanted), default=-1)
    return 1.0 if _negative(own[:last]) else 1 / 3


def _negative(text: Sequence[str]) -> bool:
    return any(word in _NEGATIVE or word.endswith("n't") for word in text)


def _wrong_person(request: Request, own: Sequence[str]) -> bool:
    if _kind(request) in (*NARRATED, "trait"):
        unwanted = _FIRST | _SECOND if _kind(request) == "trait" else _FIRST
        return bool(unwanted.intersection(own) - set(_meant(request)))
    if _kind(request) not in _SPOKEN:
        return False
    meant = _meant(request)
    if _kind(request) == _CHOICE and _SUBJECT.intersection(own) and not _SUBJECT.intersection(meant):
        return True
    return any(person.intersection(meant) and not person.intersection(own) for person in (_FIRST, _SECOND, _SUBJECT))


def _of_many(request: Request, own: Sequence[str]) -> bool:
    meant = _meant(request)
    if _kind(request) not in _SPOKEN or _MANY.intersection(meant):
        return False
    return bool(
        (_FIRST - _MANY).intersection(meant) and _MANY.intersection(own) and not (_FIRST - _MANY).intersection(own)
    )


def _wrong_gender(request: Request, own: Sequence[str]) -> bool:
    wrong = _GENDERS.get(str(request.values.get("pronouns", "")), frozenset())
    return bool(wrong.intersection(own) - set(_meant(request)))


def _shared(own: Sequence[str], line: str) -> float:
    held = set(content_stems(line))
    return sum(word in held for word in own) / len(own) if own else 0.0


def _lines(request: Request) -> list[str]:
    lines: JSON = request.values.get("lines", ())
    return [str(line) for line in lines] if isinstance(lines, list | tuple) else []


def _describes_itself(request: Request, own: Sequence[str]) -> bool:
    """A speaker tells neither name, role nor how they speak, unless they must; a trait does not begin with a name."""
    described = set(content_stems(f"{request.card.get('who', '')} {request.card.get('voice', '')}"))
    return bool((described - set(content_stems(str(request.card.get("must", ""))))) & set(own))


def _calls_by_role(request: Request, text: str) -> bool:
    """A choice that ends in ", the keeper?" speaks to nobody; "keeper" would do."""
    _, comma, what = str(request.card.get("to", "")).partition(", ")
    match = _CALLED.search(text)
    return bool(comma and match and set(content_stems(match[1])) & set(content_stems(what)))
