"""The proofs that ship with gamegen: ordinary plugins. What they find has a stable code (gamegen/codes.py)."""

from __future__ import annotations

from gamegen.hookspecs import Check, hookimpl


@hookimpl
def gamegen_checks() -> list[Check]:
    from gamegen.checks import character, dialogue, quest, references, text

    return [*references.CHECKS, *dialogue.CHECKS, *quest.CHECKS, *character.CHECKS, *text.CHECKS]
