"""The tree of shared prompt prefixes: pages of tokens that were computed once, found again by the tokens before them.

A page holds the keys and values of `PAGE` tokens. Which page it is depends on all tokens up to its end, so that two
prompts share exactly the pages of their common beginning. Pages are cut at multiples of `PAGE` from the start of a
prompt: where a prompt is cut is a function of the prompt alone, whatever else is in the tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

PAGE = 32
"""Tokens of a page (docs/engine.md has the figures for others)."""


@dataclass(eq=False, slots=True)
class _Node:
    parent: _Node | None
    tokens: tuple[int, ...]
    page: int
    children: dict[tuple[int, ...], _Node] = field(default_factory=dict)
    used: int = 0
    """When it was last used, counted in look-ups."""
    shared: bool = False
    """Whether it was ever found again."""


class PrefixTree:
    """Which page holds what. `pages`: how many there are; 0 keeps nothing."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        self.lock = Lock()
        """Hold it from `find` until its pages are read, and from `add` until its page is written."""
        self._free = list(range(pages))[::-1]
        self._root = _Node(None, (), -1)
        self._nodes: set[_Node] = set()
        self._clock = 0

    def __len__(self) -> int:
        return len(self._nodes)

    def find(self, pages: Sequence[tuple[int, ...]]) -> list[int]:
        """The pages that hold the longest known beginning of a prompt, given as its pages of tokens."""
        self._clock += 1
        node, found = self._root, []
        for tokens in pages:
            child = node.children.get(tokens)
            if child is None:
                break
            child.used, child.shared = self._clock, True
            found.append(child.page)
            node = child
        return found

    def add(self, pages: Sequence[tuple[int, ...]]) -> int | None:
        """A page for the last of `pages`. None where it has one, its beginning is not known (any more), or nothing can
        be given up for it."""
        node = self._root
        for tokens in pages[:-1]:
            following = node.children.get(tokens)
            if following is None:
                return None
            node = following
        if pages[-1] in node.children:
            return None
        if not self._free and not self._evict(keep=node):
            return None
        child = _Node(node, pages[-1], self._free.pop(), used=self._clock)
        node.children[child.tokens] = child
        self._nodes.add(child)
        return child.page

    def _evict(self, keep: _Node) -> bool:
        """Give up the least used page that no other builds upon: one never found again before any other, then by age.

        The pages of the look-up under way stay.
        """
        leaves = [node for node in self._nodes if not node.children and node is not keep and node.used < self._clock]
        if not leaves:
            return False
        least = min(leaves, key=lambda node: (node.shared, node.used, node.page))
        parent = least.parent
        if parent is not None:
            del parent.children[least.tokens]
        self._nodes.remove(least)
        self._free.append(least.page)
        return True
