"""What is written for translators is read as it was, by the libraries that know the formats."""

from __future__ import annotations

import codecs
import csv
import io
import re
import sys
from collections.abc import Callable
from pathlib import Path

import polib
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from translate.storage import pypo, xliff

from gamegen.errors import InvalidInput, UsageError
from gamegen.loc import Entry, Row, lock_of, rows
from gamegen.loc.csv_file import COLUMNS, bare, from_csv, guarded, to_csv
from gamegen.loc.po_file import from_po, to_po
from gamegen.loc.xliff_file import from_xliff, to_xliff
from tests.dialogue_records import forge
from tests.strategies import texts

unhurried = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
FILE = Path("de.file")
NOTHING: dict[str, str] = {}
Table = tuple[tuple[Row, ...], dict[str, str]]
Write = Callable[[tuple[Row, ...], dict[str, str], dict[str, str]], bytes]
Read = Callable[[bytes], list[Entry]]

FORMATS: dict[str, tuple[Write, Read]] = {
    "csv": (to_csv, lambda data: from_csv(FILE, data)),
    "po": (lambda table, done, stale: to_po(table, "de", done, stale), lambda data: from_po(FILE, data, "de")),
    "xliff": (
        lambda table, done, stale: to_xliff(table, "en", "de", done, stale),
        lambda data: from_xliff(FILE, data, "de"),
    ),
}
by_format = pytest.mark.parametrize("format_name", FORMATS)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Rows with any texts, speakers and notes, and translations of some of them."""
    any_text = st.sampled_from(draw(st.lists(texts(), min_size=1, max_size=4)))
    table = tuple(
        Row(f"talk_0001_{n:08x}", draw(any_text), "mira", draw(any_text), note=draw(any_text), max_length=limit)
        for n, limit in enumerate(draw(st.lists(st.sampled_from([None, 160]), max_size=3)))
    )
    return table, {one.id: draw(any_text) for one in table if draw(st.booleans())}


def row(text: str = "Rain again.", **rest: str) -> Row:
    return Row("talk_0001_a", text, "mira", "Mira Voss", note="spoken line", **rest)  # type: ignore[arg-type]


def refused(format_name: str, data: bytes) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        FORMATS[format_name][1](data)
    return [str(one) for one in caught.value.findings]


@by_format
@unhurried
@given(table=tables())
def test_what_is_written_is_read_as_it_was(format_name: str, table: Table) -> None:
    write, read = FORMATS[format_name]
    source, done = table
    entries = read(write(source, done, NOTHING))
    assert [(one.id, one.text, one.lock, one.review) for one in entries] == [
        (one.id, done.get(one.id, ""), one.lock, False) for one in source
    ]
    lines = [one.line for one in entries]
    assert lines == sorted(set(lines)) and all(line > 1 for line in lines)


@by_format
@unhurried
@given(table=tables())
def test_the_same_rows_give_the_same_bytes_with_one_line_feed_at_the_end(format_name: str, table: Table) -> None:
    write, _ = FORMATS[format_name]
    data = write(*table, NOTHING)
    assert data == write(*table, NOTHING)
    assert data.endswith(b"\n") and not data.endswith(b"\n\n") and b"\r" not in data


@unhurried
@given(tables())
def test_python_reads_the_csv(table: Table) -> None:
    source, done = table
    read = csv.DictReader(io.StringIO(to_csv(source, done, NOTHING).decode("utf-8-sig"), newline=""))
    for one, cells in zip(source, read, strict=True):
        assert tuple(cells) == COLUMNS
        assert [bare(cells[name]) for name in ("speaker", "text", "note")] == [one.speaker_name, one.text, one.note]


@unhurried
@given(tables())
def test_polib_and_translate_toolkit_read_the_po(table: Table) -> None:
    source, done = table
    data = to_po(source, "pt-BR", done, NOTHING)
    first = polib.pofile(data.decode())
    assert first.metadata["Language"] == "pt_BR"
    for one, entry in zip(source, first, strict=True):
        assert (entry.msgctxt, entry.msgid, entry.msgstr) == (one.id, one.text, done.get(one.id, ""))
        assert entry.comment == f"speaker: {one.speaker_name}\n{one.note}"
    second = pypo.pofile.parsestring(data)
    units = [unit for unit in second.units if not unit.isheader()]
    assert [(unit.getcontext(), unit.source, unit.target) for unit in units] == [
        (one.id, one.text, done.get(one.id, "")) for one in source
    ]


@unhurried
@given(tables())
def test_translate_toolkit_reads_the_xliff(table: Table) -> None:
    source, done = table
    file = xliff.Xliff1File.parsestring(to_xliff(source, "en", "de", done, NOTHING))
    assert (file.sourcelanguage, file.targetlanguage) == ("en", "de")
    for one, unit in zip(source, file.units, strict=True):
        assert (unit.xmlelement.get("id"), unit.source, unit.target) == (one.id, one.text, done.get(one.id))
        notes = [note.text for note in unit.xmlelement if note.tag.endswith("note")]
        assert notes == [f"speaker: {one.speaker_name}", one.note]
        assert unit.xmlelement.get("maxwidth") == (None if one.max_length is None else str(one.max_length))


def test_xliff_is_of_one_version() -> None:
    data = to_xliff([row()], "en", "de", NOTHING, NOTHING)
    assert b'version="1.2"' in data and b"document:1.1" not in data


def test_a_stale_translation_is_marked() -> None:
    stale = {"talk_0001_a": "Schon wieder Regen."}
    po = FORMATS["po"][0]((row(),), NOTHING, stale)
    assert polib.pofile(po.decode())[0].fuzzy
    assert from_po(FILE, po, "de")[0].review
    units = to_xliff([row()], "en", "de", NOTHING, stale)
    assert b'<target state="needs-review-translation">Schon wieder Regen.</target>' in units
    assert from_xliff(FILE, units, "de")[0].review
    table = to_csv([row()], NOTHING, stale)
    assert b"translated as: Schon wieder Regen." in table
    assert from_csv(FILE, table)[0].text == ""


def test_a_finished_translation_is_not_marked() -> None:
    done = {"talk_0001_a": "Schon wieder Regen."}
    assert not polib.pofile(to_po([row()], "de", done, NOTHING).decode())[0].fuzzy
    assert b'state="translated"' in to_xliff([row()], "en", "de", done, NOTHING)


def test_tools_check_placeholders_and_lengths_of_po() -> None:
    source = Row("talk_0001_a", "{player}, is it?", max_length=160)
    assert polib.pofile(to_po([source], "de", NOTHING, NOTHING).decode())[0].flags == [
        "python-brace-format",
        "max-length:160",
    ]


# Spreadsheets


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-- no", "@mira", "＝1", "'=1", "''@x", "'tis", "'", "'-'"])
def test_no_cell_begins_a_formula_and_each_comes_back(text: str) -> None:
    assert guarded(text)[0] not in "=+-@＝＋－＠"
    assert bare(guarded(text)) == text


@unhurried
@given(st.text("'=+-@＝ab ", max_size=5))
def test_any_cell_comes_back(text: str) -> None:
    assert bare(guarded(text)) == text


def test_a_formula_that_a_translator_typed_is_text() -> None:
    assert from_csv(FILE, b"id,lock,translation\na,00000000,=SUM(A1)\n")[0].text == "=SUM(A1)"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_excel_saves_is_read(separator: str, ending: str, encoding: str) -> None:
    source = row('He said "no, never"; and left\'s right.')
    done = {source.id: 'Er sagte „nie, "nie"; und ging.'}
    cells = list(csv.reader(io.StringIO(to_csv([source], done, NOTHING).decode("utf-8-sig"))))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=ending).writerows(cells)
    (entry,) = from_csv(FILE, out.getvalue().encode(encoding))
    assert (entry.id, entry.text, entry.lock) == (source.id, done[source.id], source.lock)
    assert ending == "\r" or entry.line == 2


@pytest.mark.parametrize("damaged", ["1.23E+71", "123456", "", "#NAME?"])
def test_a_lock_that_a_spreadsheet_took_for_a_number_is_that_of_the_text(damaged: str) -> None:
    (entry,) = from_csv(FILE, f"id,text,lock,translation\na,Rain.,{damaged},Regen.\n".encode())
    assert entry.lock == lock_of("Rain.")


def test_columns_may_change_places_and_new_ones_may_come() -> None:
    data = b"Translation,reviewer,ID,lock\nRegen.,Jo,a,0123abcd\n,,,\n"
    assert from_csv(FILE, data) == [Entry("a", "Regen.", "0123abcd", 2)]


def test_a_line_break_in_a_cell_is_kept_for_the_checks() -> None:
    (entry,) = from_csv(FILE, b'id,lock,translation\na,0123abcd,"two\r\nlines"\n')
    assert entry.text == "two\r\nlines"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected the columns"),
        (b"id,german,lock\n", "expected the columns"),
        (b"id,translation\n", "expected the columns"),
        (b"id,id,lock,translation\n", "expected the columns"),
        (b"id,lock,translation\na,0123abcd,no, never\n", "de.file:2:1: GG056 expected 3 cells, found 4"),
        (b'id,lock,translation\na,0123abcd,"open\n', "GG056 expected CSV"),
        ("id,lock,translation\na,0123abcd,Männer\n".encode("cp1252"), "save it as “CSV UTF-8”"),
        (codecs.BOM_UTF16_LE + b"i", "GG056 expected UTF-8"),
    ],
)
def test_a_csv_that_is_no_table_is_told(data: bytes, said: str) -> None:
    assert said in refused("csv", data)[0]


# Damaged files


@pytest.mark.parametrize(
    ("format_name", "data"),
    [
        ("po", b"\xff\xfe"),
        ("po", b"no po file"),
        ("po", b'msgid "a\nmsgstr "b"\n'),
        ("po", b'msgctxt "a"\nmsgid "b"\nmsgstr c\n'),
        ("po", b'msgctxt "a"\nmsgid "b"\nmsgstr "c.\n'),
        ("po", b'msgctxt "a"\nmsgid "b"\nmsgstr "c" d"\n'),
        ("xliff", b""),
        ("xliff", b"<html/>"),
        ("xliff", b"<xliff version='1.2'/>"),
        ("xliff", b"<xliff version='2.0' xmlns='urn:oasis:names:tc:xliff:document:2.0'/>"),
        ("xliff", to_xliff([row()], "en", "de", NOTHING, NOTHING)[:-20]),
    ],
)
def test_a_damaged_file_is_told_in_one_line(format_name: str, data: bytes) -> None:
    (said,) = refused(format_name, data)
    assert re.match(r"de\.file(:\d+:1)?: GG056 expected ", said)
    assert "\n" not in said


@unhurried
@given(st.sampled_from(list(FORMATS)), st.binary(max_size=60), st.integers(0, 400), st.integers(0, 40))
def test_any_damage_is_a_finding_and_no_fault_of_ours(format_name: str, put: bytes, at: int, cut: int) -> None:
    write, read = FORMATS[format_name]
    data = write((row(),), {"talk_0001_a": "Regen."}, NOTHING)
    try:
        read(data[:at] + put + data[at + cut :])
    except InvalidInput as error:
        assert {one.code for one in error.findings} == {"GG056"}


def test_entities_of_an_xliff_file_reach_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    head = f'<!DOCTYPE xliff [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
    data = to_xliff([row()], "en", "de", {"talk_0001_a": "ENTITY"}, NOTHING).replace(b"ENTITY", b"&e;")
    data = data.replace(b"?>\n", b"?>\n" + head, 1)
    try:
        read = [one.text for one in from_xliff(FILE, data, "de")]
    except InvalidInput:
        return
    assert not any("secret" in text for text in read)


@pytest.mark.parametrize("format_name", ["po", "xliff"])
def test_a_file_for_another_language_is_refused(format_name: str) -> None:
    read = {"po": from_po, "xliff": from_xliff}[format_name]
    with pytest.raises(InvalidInput, match="GG056 expected translations into 'fr', found a file for 'de'"):
        read(FILE, FORMATS[format_name][0]((row(),), NOTHING, NOTHING), "fr")


def test_a_po_file_names_its_language_with_an_underscore() -> None:
    assert from_po(FILE, to_po([row()], "pt-BR", NOTHING, NOTHING), "pt-br")


def test_a_target_with_the_state_new_is_no_translation() -> None:
    data = to_xliff([row()], "en", "de", {"talk_0001_a": "Rain again."}, NOTHING).replace(b'"translated"', b'"new"')
    assert from_xliff(FILE, data, "de")[0].text == ""


def test_obsolete_entries_of_a_po_file_are_left_out() -> None:
    data = to_po([row()], "de", NOTHING, NOTHING) + b'\n#~ msgctxt "b"\n#~ msgid "Gone."\n#~ msgstr "Weg."\n'
    assert [one.id for one in from_po(FILE, data, "de")] == ["talk_0001_a"]


@pytest.mark.parametrize(("format_name", "module"), [("po", "polib"), ("xliff", "translate.storage.xliff")])
def test_a_library_that_is_missing_is_named(format_name: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r'GG059 .* pip install "gamegen\[loc\]"'):
        FORMATS[format_name][0]((row(),), NOTHING, NOTHING)
    assert to_csv((row(),), NOTHING, NOTHING)


# The page


def test_the_page_shows_what_is_written() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "localisation.md").read_text("utf-8")
    record = forge()
    record["nodes"][0] |= {"intent": "greets"}
    record["nodes"][0]["lines"][0]["text"] = "{player}, is it?"
    first = rows([record], voices={"mira": "gruff"})[:1]
    assert to_csv(first, NOTHING, NOTHING).decode("utf-8-sig") in page
    assert to_po(first, "de", NOTHING, NOTHING).decode().partition("\n\n")[2] in page
    unit = to_xliff(first, "en", "de", NOTHING, NOTHING).decode().partition("<trans-unit")[2]
    assert all(part in page for part in unit.partition("<note")[0].split("\n        ")[:2])
    assert f'"id":"{first[0].id}","lock":"{first[0].lock}"' in page
