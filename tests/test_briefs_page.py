"""The page about briefs tells the settings that the kinds declare."""

from __future__ import annotations

from tests.briefs_page import PAGE, page


def test_the_page_about_briefs_has_every_setting_of_every_kind() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written.count("<!-- settings: ") == 3
    assert page(written) == written, "python -m tests.briefs_page writes the tables anew"
