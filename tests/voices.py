"""An engine without a model that answers a card by its `must`, with a word of its own at the end: a voice."""

from __future__ import annotations

from dataclasses import replace

from gamegen.cards import CHATML, FIELDS
from gamegen.engine.api import Job
from gamegen.spoken import spoken, to_player
from gamegen.testing import FakeEngine

SAY = {"npc_line": spoken, "player_choice": str}


class Voice(FakeEngine):
    """word: what nearly every text ends with. Every text but a title passes the checks."""

    def __init__(self, word: str = "indeed", capacity: int = 200) -> None:
        super().__init__(self._say, capacity)
        form = replace(CHATML, kinds=tuple(FIELDS))
        self.info = replace(self.info, model=word, sha256=word.encode().hex(), card_form=form)
        self.word = word

    def cards(self) -> dict[str, dict[str, str]]:
        """Request key -> the card that was shown, of every job so far."""
        return {job.key: card_of(job) for job in self.jobs}

    def _say(self, job: Job, candidate: int) -> str:
        card = card_of(job)
        if job.opening:
            return f"{job.opening} {self.word}."
        text = SAY.get(card["kind"], to_player)(card["must"]).rstrip(".?")
        if card["kind"] == "quest_title":
            return " ".join([self.word, *text.split()[:4]]).title()
        return f"{text[0].upper()}{text[1:]}, {self.word}."


def card_of(job: Job) -> dict[str, str]:
    kind, *lines = job.prompt.removeprefix(CHATML.before).removesuffix(CHATML.behind).split("\n")
    return {"kind": kind, **dict(line.split(": ", 1) for line in lines)}
