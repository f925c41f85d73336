"""The page of a code: what it means, an example, what to do."""

from __future__ import annotations

from gamegen import _resources
from gamegen.codes import CODES
from gamegen.errors import UsageError
from gamegen.naming import did_you_mean


def page(code: str) -> str:
    """The page in Markdown. Raises UsageError (GG005) for a code that gamegen does not have."""
    code = code.upper()
    if code not in CODES:
        hint = did_you_mean(code, CODES) or "codes stand in findings, as in GG302"
        raise UsageError.of("GG005", f"expected the code of a finding, found {code!r}", hint)
    file = _resources.folder("docs/checks") / f"{code}.md"
    return file.read_text(encoding="utf-8").rstrip("\n") if file.is_file() else f"# {code}: {CODES[code]}"
