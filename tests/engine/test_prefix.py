"""The tree of prefixes against a plain model: a dictionary from each known beginning to its page."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings, strategies as st

from gamegen.engine.prefix import PrefixTree

Pages = tuple[tuple[int, ...], ...]

# Three different pages, four of them at most: beginnings are often shared, and differ late as well as early.
PROMPTS = st.lists(st.tuples(st.integers(0, 2)), max_size=4).map(tuple)


class Known:
    """What the tree should know: page, last use and whether it was found again, of each beginning."""

    def __init__(self) -> None:
        self.pages: dict[Pages, int] = {}
        self.used: dict[Pages, int] = {}
        self.shared: set[Pages] = set()
        self.clock = 0

    def find(self, prompt: Pages) -> list[int]:
        self.clock += 1
        found = []
        for end in range(1, len(prompt) + 1):
            if prompt[:end] not in self.pages:
                break
            found.append(self.pages[prompt[:end]])
            self.used[prompt[:end]] = self.clock
            self.shared.add(prompt[:end])
        return found

    def dispensable(self) -> list[Pages]:
        """What may be given up now, the first one first: leaves that the look-up under way has not used."""
        parents = {beginning[:-1] for beginning in self.pages}
        leaves = [each for each in self.pages if each not in parents and self.used[each] < self.clock]
        return sorted(leaves, key=lambda each: (each in self.shared, self.used[each], self.pages[each]))

    def remove(self, beginning: Pages) -> None:
        del self.pages[beginning], self.used[beginning]
        self.shared.discard(beginning)


def prefill(tree: PrefixTree, known: Known, prompt: Pages) -> None:
    """What the scheduler does with a prompt, in both."""
    found = tree.find(prompt)
    assert found == known.find(prompt)
    for end in range(len(found) + 1, len(prompt) + 1):
        page = tree.add(prompt[:end])
        if end > 1 and prompt[: end - 1] not in known.pages:
            assert page is None
            continue
        if len(known.pages) == tree.pages:
            leaves = known.dispensable()
            if not leaves:
                assert page is None
                continue
            assert page == known.pages[leaves[0]]
            known.remove(leaves[0])
        assert page is not None and 0 <= page < tree.pages
        known.pages[prompt[:end]] = page
        known.used[prompt[:end]] = known.clock


@settings(max_examples=400)
@given(budget=st.integers(0, 12), prompts=st.lists(PROMPTS, max_size=60))
def test_the_tree_knows_what_a_plain_dictionary_knows(budget: int, prompts: Sequence[Pages]) -> None:
    tree, known = PrefixTree(budget), Known()
    for prompt in prompts:
        prefill(tree, known, prompt)
        assert len(tree) == len(known.pages) <= budget
        assert len(set(known.pages.values())) == len(known.pages)


@given(budget=st.integers(1, 6), prompts=st.lists(PROMPTS, max_size=30), last=PROMPTS)
def test_the_look_up_under_way_loses_no_page(budget: int, prompts: Sequence[Pages], last: Pages) -> None:
    tree = PrefixTree(budget)
    for prompt in prompts:
        _fill(tree, prompt)
    held = _fill(tree, last)
    assert tree.find(last) == held


def _fill(tree: PrefixTree, prompt: Pages) -> list[int]:
    """Look a prompt up and add what is missing. Returns the pages of its known beginning, as far as it goes now."""
    held = tree.find(prompt)
    for end in range(len(held) + 1, len(prompt) + 1):
        page = tree.add(prompt[:end])
        if page is None:
            break
        held.append(page)
    return held


def test_a_beginning_is_found_as_far_as_it_is_known() -> None:
    tree = PrefixTree(8)
    held = _fill(tree, ((1,), (2,), (3,)))
    assert tree.find(((1,), (2,), (9,))) == held[:2]
    assert tree.find(((2,), (1,))) == []
    assert tree.find(((1,), (2,), (3,), (4,))) == held


def test_equal_tokens_behind_other_beginnings_are_other_pages() -> None:
    tree = PrefixTree(8)
    assert len({*_fill(tree, ((1,), (5,))), *_fill(tree, ((2,), (5,)))}) == 4


def test_the_same_tokens_in_other_pages_are_not_found() -> None:
    tree = PrefixTree(8)
    _fill(tree, ((1, 2), (3,)))
    assert tree.find(((1,), (2, 3))) == []


def test_without_pages_nothing_is_kept() -> None:
    tree = PrefixTree(0)
    assert _fill(tree, ((1,), (2,))) == []
    assert (tree.find(((1,),)), len(tree)) == ([], 0)


def test_a_page_that_others_build_upon_stays() -> None:
    tree = PrefixTree(2)
    first, second = _fill(tree, ((1,), (2,)))
    assert _fill(tree, ((3,),)) == [second]
    assert tree.find(((1,),)) == [first]


def test_what_was_never_found_again_leaves_before_what_was() -> None:
    tree = PrefixTree(2)
    (shared,) = _fill(tree, ((1,),))
    assert tree.find(((1,),)) == [shared]
    (once,) = _fill(tree, ((2,),))
    assert _fill(tree, ((3,),)) == [once]
    assert tree.find(((1,),)) == [shared]


def test_of_pages_found_again_the_one_used_longest_ago_leaves() -> None:
    tree = PrefixTree(2)
    pages = {token: _fill(tree, ((token,),)) for token in (1, 2)}
    for token in (2, 1, 2):
        assert tree.find(((token,),)) == pages[token]
    assert _fill(tree, ((3,),)) == pages[1]


def test_a_prompt_longer_than_all_pages_keeps_its_beginning() -> None:
    tree = PrefixTree(2)
    held = _fill(tree, ((1,), (2,), (3,), (4,)))
    assert len(held) == 2
    assert tree.find(((1,), (2,), (3,))) == held
