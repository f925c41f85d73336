"""Records in another language, as `gamegen export --language` wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gamegen.errors import InvalidContent
from gamegen.loc.project import checked_language, read_source
from gamegen.loc.translations import choose, read_translations, with_texts
from gamegen.records import Finding, Record


def records_in(
    language: str,
    content: Sequence[Path],
    world_path: Path | None,
    files: Sequence[Path],
    *,
    fallback: bool,
    stale: bool,
) -> tuple[list[Record], tuple[Finding, ...]]:
    """The records of the content in this language, and what is to be told about it.

    files: translations; none: the project's own. Content that is written in the language already stays as it is,
    unless files are given. fallback: where there is no translation to use, the source text stays. stale: translations
    of an earlier source text are used. Records that break their schema stay as they are: no export holds them.
    Raises UsageError (GG005), InvalidInput (GG006, GG056, GG057), and
    InvalidContent (GG057, GG058, GG601, GG604, GG618, GG619) naming all that cannot be used.
    """
    checked_language(language)
    source = read_source(content, world_path)
    if source.is_own(language) and not files:
        return list(source.records), ()
    own = source.file(language)
    if not files and not own.is_file():
        message = f"expected translations into {language!r} in {own}, found no such file"
        hint = f"run gamegen loc export --language {language}, or keep the source texts with --fallback"
        finding = Finding("GG058", message, hint)
        if not fallback:
            raise InvalidContent(finding)
        return list(source.records), (replace(finding, severity="warning"),)
    whole = [record for record in source.records if not source.faults(record)]
    chosen = choose(source.rows(whole), read_translations(files or (own,)), stale=stale)
    if chosen.errors and not fallback:
        raise InvalidContent(chosen.errors)
    return with_texts(source.records, chosen.texts), chosen.findings
