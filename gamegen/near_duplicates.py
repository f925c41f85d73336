"""Near-duplicates: texts of one kind that read the same, or share most of their runs of three words.

Two texts are near-duplicates if they have the same letters and digits, or if both have six words or more and the sets
of their runs of three words (shingles) have a Jaccard similarity of 0.6 or more. Candidates come from MinHash (Broder,
"On the Resemblance and Containment of Documents", 1997) with banding (Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", section 3.4); each is then compared exactly, so that a pair that is told is one, and only a missed
pair is a matter of chance. With b bands of r values, a pair of similarity s shares a band with probability

    1 - (1 - s^r)^b

which for 36 bands of 4 is 0.993 at 0.6, and 0.25 at 0.3, where it only costs time: 42 bands of 3 would find 0.99996 of
the pairs at the bound, and look at three to five times as many that are none; 32 bands of 4 (128 values) would find
0.988. The permutations come from a fixed name, so
that every machine finds the same pairs.

datasketch would do the same, but requires scipy, which is larger than all else that gamegen installs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, TypeAlias

from gamegen._random import digest
from gamegen._words import folded, words
from gamegen.checks.text import card_kind
from gamegen.records import JSON
from gamegen.replanning import is_text

if TYPE_CHECKING:
    import numpy as np

    Numbers: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]
    """Unsigned, of 64 bits."""

SIMILAR = 0.6
"""Jaccard similarity of two sets of shingles from which their texts are near-duplicates."""
SHINGLE = 3
"""Words of a shingle."""
SHORT = 6
"""A text of fewer words is only compared as a whole: three of its words are nobody's own."""
BANDS = 36
ROWS = 4
"""MinHash values of a band; 144 permutations in all."""
VERSION = 1
"""Goes up when the same text gets other bands."""
_CHUNK = 2048
"""Texts that are hashed at once: about 30 MB."""

Shingles = frozenset[tuple[str, ...]]


def shingles(own: Sequence[str]) -> Shingles:
    """The runs of three words of a text; none of a short one."""
    if len(own) < SHORT:
        return frozenset()
    return frozenset(tuple(own[start : start + SHINGLE]) for start in range(len(own) - SHINGLE + 1))


def similarity(one: Shingles, other: Shingles) -> float:
    """Jaccard: what they have in common as a share of what they have together, 0 to 1; 0 for two empty sets."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def alike(one: str, other: str) -> bool:
    """Whether two texts of one kind are near-duplicates. A text without letters and digits is nobody's."""
    if not folded(one):
        return False
    return folded(one) == folded(other) or similarity(shingles(words(one)), shingles(words(other))) >= SIMILAR


def texts_in(record: Mapping[str, JSON]) -> Iterator[tuple[str, str, str]]:
    """(line id, kind of card, text) of every text of a record that is compared; of an unknown kind of card, the kind of
    record. Objectives are not compared: verb, target and place, which the plan gives, are nearly all that one says, and
    asked to say it otherwise a model only adds to it.

    In the order of the record's line on disk, whatever the order in which it was put together.
    """
    kind = str(record["kind"])
    for name in sorted(record):
        if name not in ("provenance", "review"):
            yield from _texts(record[name], f"$.{name}", kind)


def _texts(value: JSON, where: str, kind: str) -> Iterator[tuple[str, str, str]]:
    if is_text(value):
        if (card := _card_kind(kind, where) or kind) not in UNCOMPARED:
            yield str(value["id"]), card, value["text"]
    elif isinstance(value, Mapping):
        for name in sorted(value):
            if name not in ("provenance", "review"):
                yield from _texts(value[name], f"{where}.{name}", kind)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part, f"{where}[0]", kind)  # the kind of card is the same at every index


UNCOMPARED = frozenset({"objective"})
_card_kind = lru_cache(maxsize=4096)(card_kind)


def pairs_of_texts(texts: Sequence[tuple[str, str, str]]) -> list[tuple[int, int]]:
    """(earlier, later) of the places of near-duplicates among (record id, kind of card, text), by the later one.

    Each later text stands once, with the earliest that it is like. Texts of one record count as well.
    """
    split = [(kind, words(text)) for _, kind, text in texts]
    wanted = {" ".join(own): own for _, own in split}
    bands = shared_bands(dict(zip(wanted, bands_of(list(wanted.values())), strict=True)))
    seen = Seen(bands)
    pairs = []
    for place, (kind, own) in enumerate(split):
        said = Folded.of(kind, own)
        first = seen.like(said)
        seen.add(said, place)
        if first is not None:
            pairs.append((first, place))
    return pairs


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """A text as it is compared. key: its folded words, with spaces. whole: its letters and digits."""

    kind: str
    key: str
    whole: str
    shingles: Shingles

    @classmethod
    def of(cls, kind: str, own: Sequence[str]) -> Folded:
        """From the text's kind and folded words."""
        key = " ".join(own)
        return cls(kind, key, folded(key), shingles(own))


def shared_bands(bands: Mapping[str, Numbers]) -> dict[str, tuple[int, ...]]:
    """The bands that more than one of the texts have, of each that has any: most are one text's alone, and find
    nothing. bands: see `bands_of`, by key."""
    import numpy as np

    found = {key: own for key, own in bands.items() if len(own)}
    if not found:
        return {}
    matrix = np.stack(list(found.values()))
    _, places, counts = np.unique(matrix, return_inverse=True, return_counts=True)
    shared = counts[places.reshape(matrix.shape)] > 1
    kept = ((key, tuple(own[mask].tolist())) for key, own, mask in zip(found, matrix, shared, strict=True))
    return {key: own for key, own in kept if own}


class Seen:
    """Texts by the places that they were added with, which rise. Finds the earliest near-duplicate of another text.

    bands: of every text that will be asked about or added, by key; a text that has none there is only compared as a
    whole. A text with just the words of an earlier one is not kept again, so that a line said a thousand times costs
    no more than one.
    """

    def __init__(self, bands: Mapping[str, tuple[int, ...]]) -> None:
        self._bands = bands
        self._wholes: dict[tuple[str, str], int] = {}
        self._kept: list[tuple[int, Shingles]] = []
        self._buckets: defaultdict[str, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._keys: set[tuple[str, str]] = set()

    def beside(self) -> Seen:
        """An empty one of the same bands."""
        return Seen(self._bands)

    def like(self, said: Folded) -> int | None:
        """The place of the earliest text that this one is a near-duplicate of."""
        best = self._wholes.get((said.kind, said.whole)) if said.whole else None
        bands = self._bands.get(said.key)
        if not bands:
            return best
        buckets = self._buckets[said.kind]
        candidates: set[int] = set()
        for band in bands:
            if band in buckets:
                candidates.update(buckets[band])
        least, most = SIMILAR * len(said.shingles), len(said.shingles) / SIMILAR
        for candidate in sorted(candidates):
            place, other = self._kept[candidate]
            if best is not None and place >= best:
                break
            if least <= len(other) <= most and similarity(said.shingles, other) >= SIMILAR:
                return place
        return best

    def add(self, said: Folded, place: int) -> None:
        """Keep a text; its place is greater than those before."""
        self._wholes.setdefault((said.kind, said.whole), place)
        bands = self._bands.get(said.key)
        if not bands or (said.kind, said.key) in self._keys:
            return
        self._keys.add((said.kind, said.key))
        buckets = self._buckets[said.kind]
        for band in bands:
            buckets[band].append(len(self._kept))
        self._kept.append((place, said.shingles))


def bands_of(texts: Sequence[Sequence[str]]) -> list[Numbers]:
    """The bands of texts, given as their folded words: of each text, for each band its number times 2^32 and 32 bits of
    its values; none for a short text. A function of each text alone."""
    import numpy as np

    found: list[Numbers] = [np.zeros(0, dtype=np.uint64)] * len(texts)
    long = [index for index, own in enumerate(texts) if len(own) >= SHORT]
    hashes: dict[str, int] = {}
    factors, offsets = _numbers("factor"), _numbers("offset")
    for start in range(0, len(long), _CHUNK):
        chunk = long[start : start + _CHUNK]
        values = _values([[_hash(word, hashes) for word in texts[index]] for index in chunk], factors, offsets)
        for index, row in zip(chunk, numbered(values), strict=True):
            found[index] = row
    return found


def numbered(values: Numbers) -> Numbers:
    """Bands from their values of 32 bits, (texts, BANDS)."""
    import numpy as np

    return (np.arange(BANDS, dtype=np.uint64) << np.uint64(32)) | values


def _values(texts: Iterable[Sequence[int]], factors: Numbers, offsets: Numbers) -> Numbers:
    """(texts, BANDS) of 32 bits each. texts: 64-bit hashes of their words, SHINGLE at least.

    A shingle is hashed to 32 bits by multiply-shift of its words, and permuted by multiply-shift again: strongly
    universal (Dietzfelbinger, 1996). All products are modulo 2^64.
    """
    import numpy as np

    numbers = [np.array(own, dtype=np.uint64) for own in texts]
    mix = _numbers("mix")
    runs = [sum(own[k : len(own) - SHINGLE + 1 + k] * mix[k] for k in range(SHINGLE)) for own in numbers]
    starts = np.cumsum([0, *(len(run) for run in runs[:-1])])
    keys = np.concatenate(runs) >> np.uint64(32)
    permuted = (keys[:, None] * factors + offsets) >> np.uint64(32)
    least = np.minimum.reduceat(permuted, starts, axis=0).reshape(len(runs), BANDS, ROWS)
    folded_rows: Numbers = (least * mix[:ROWS]).sum(axis=2, dtype=np.uint64) >> np.uint64(32)
    return folded_rows


@lru_cache
def _numbers(name: str) -> Numbers:
    """BANDS * ROWS odd numbers of 64 bits."""
    import numpy as np

    raw = (int.from_bytes(digest("near", name, number)[:8], "little") | 1 for number in range(BANDS * ROWS))
    return np.array(list(raw), dtype=np.uint64)


def _hash(word: str, known: dict[str, int]) -> int:
    """64 bits of a word; `known` keeps them."""
    if word not in known:
        known[word] = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
    return known[word]
