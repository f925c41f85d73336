from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import pytest

from gamegen.errors import HostFailed, InvalidInput, WorldFault
from gamegen.world import Flag, Relation
from gamegen.world_file import load_world

GOOD = """\
[world]
id = "saltmarrow"
name = "Saltmarrow"
premise = "A harbor town in the fog."

[[character]]
id = "mira_voss"
name = "Mira Voss"
role = "blacksmith"
location = "forge"
knows = ["lens_was_sold"]
relations = [{ to = "mira_voss", kind = "knows herself" }]

[[location]]
id = "forge"
name = "Voss Forge"
links = ["market"]

[[location]]
id = "market"
name = "the market"

[[item]]
id = "lens"
name = "the Great Lens"
owner = "mira_voss"

[[fact]]
id = "lens_was_sold"
text = "The lens was sold."
about = ["lens"]

[[flag]]
id = "hostile"
type = "bool"
default = false
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a world file and return its path."""

    def write(content: str | bytes, name: str = "world.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def faults(path: Path) -> list[str]:
    """What is wrong with the world, one line a fault, paths cut to the file's name."""
    with pytest.raises(WorldFault) as caught:
        load_world(path)
    root = f"{path if path.is_dir() else path.parent}{os.sep}"
    return [str(finding).replace(root, "") for finding in caught.value.findings]


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


# What a good world becomes


def test_a_good_world_has_its_entries_in_file_order(write: Write) -> None:
    world = load_world(write(GOOD))
    assert [entity.id for entity in world] == ["mira_voss", "forge", "market", "lens", "lens_was_sold", "hostile"]


def test_lists_become_tuples_and_relations_values(write: Write) -> None:
    mira = load_world(write(GOOD)).characters["mira_voss"]
    assert mira.knows == ("lens_was_sold",)
    assert mira.relations == (Relation("mira_voss", "knows herself"),)


def test_what_is_left_out_has_its_default(write: Write) -> None:
    world = load_world(write(GOOD))
    assert (world.rating, world.language, world.tone) == ("teen", "en", ())
    assert (world.characters["mira_voss"].pronouns, world.characters["mira_voss"].faction) == ("they", None)


def test_the_type_of_a_flag_is_its_value_type(write: Write) -> None:
    assert load_world(write(GOOD)).flags == {"hostile": Flag("hostile", "bool", False)}


def test_a_world_remembers_its_path(write: Write) -> None:
    path = write(GOOD)
    assert load_world(str(path)).path == str(path)


def test_a_byte_order_mark_is_no_fault_and_moves_no_column(write: Write) -> None:
    assert load_world(write(codecs.BOM_UTF8 + GOOD.encode())).id == "saltmarrow"
    broken = changed('"forge"\nknows', '"frge"\nknows')
    assert faults(write(codecs.BOM_UTF8 + broken.encode())) == faults(write(broken))


def test_windows_line_ends_are_no_fault(write: Write) -> None:
    assert load_world(write(GOOD.replace("\n", "\r\n"))).id == "saltmarrow"


def test_names_may_be_in_any_script(write: Write) -> None:
    for name in ("Мира Восс", "薬師 ミラ", "مِيرا", 'Mira "the Anvil" {Voss} #1 | <b>', "נעמי", "👩\u200d🔧", "नमस्ते"):
        world = load_world(write(changed('"Mira Voss"', json.dumps(name, ensure_ascii=False))))
        assert world.characters["mira_voss"].name == normalize("NFC", name)


def test_strings_come_out_in_nfc(write: Write) -> None:
    world = load_world(write(changed('"Mira Voss"', '"Zoe\u0308"')))
    assert world.characters["mira_voss"].name == "Zo\u00eb"


def test_a_premise_may_run_over_several_lines(write: Write) -> None:
    world = load_world(write(changed('"A harbor town in the fog."', '"""\nA harbor town\n  in the fog.\n"""')))
    assert world.premise == "A harbor town in the fog."


def test_an_integer_written_with_a_point_is_an_integer(write: Write) -> None:
    world = load_world(write(GOOD + '[[flag]]\nid = "debt"\ntype = "int"\ndefault = 3.0\n'))
    assert repr(world.flags["debt"].default) == "3"


def test_hidden_and_other_files_of_a_folder_are_left_alone(write: Write, tmp_path: Path) -> None:
    write(GOOD, "world/a.toml")
    write("broken", "world/.a.toml")
    write("broken", "world/notes.md")
    assert load_world(tmp_path / "world").id == "saltmarrow"


def test_a_folder_is_merged_in_name_order(write: Write, tmp_path: Path) -> None:
    write('[[character]]\nid = "zed"\nname = "Zed"\nrole = "x"\n', "world/10.toml")
    write('{"character": [{"id": "abe", "name": "Abe", "role": "x"}]}', "world/20.json")
    write(GOOD, "world/30.toml")
    assert list(load_world(tmp_path / "world").characters) == ["zed", "abe", "mira_voss"]


# Files that are no world


def test_a_missing_path_names_the_nearest_beside_it(write: Write, tmp_path: Path) -> None:
    write(GOOD, "world.toml")
    with pytest.raises(InvalidInput, match=r"GG006 expected a world file .* did you mean .*world\.toml"):
        load_world(tmp_path / "wold.toml")


def test_a_file_of_another_type(write: Write) -> None:
    with pytest.raises(InvalidInput, match=r"GG006 expected a file named \.toml or \.json"):
        load_world(write(GOOD, "world.yaml"))


def test_a_folder_without_world_files(write: Write, tmp_path: Path) -> None:
    write("", "world/notes.md")
    with pytest.raises(InvalidInput, match=r"GG006 expected a folder with \.toml or \.json files"):
        load_world(tmp_path / "world")


def test_the_folder_of_a_project(write: Write, tmp_path: Path) -> None:
    write("", "project/gamegen.toml")
    with pytest.raises(InvalidInput, match="GG006 expected the folder of a world, found that of a project"):
        load_world(tmp_path / "project")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "all" / "world.toml").mkdir(parents=True)
    with pytest.raises(HostFailed, match="GG006 cannot read"):
        load_world(tmp_path / "all")


def test_a_path_no_system_has() -> None:
    with pytest.raises(InvalidInput, match="GG006"):
        load_world("a\0b.toml")


# Faults of one file: code, line and column, place, nearest name


def test_not_utf8(write: Write) -> None:
    source = GOOD.encode().replace(b"Voss Forge", b"\xc3\xa9 Caf\xe9")
    assert faults(write(source)) == [
        f"world.toml:16:14: GG701 expected UTF-8 text, found byte 0xe9 at offset {source.index(0xE9)};"
        " save the file as UTF-8"
    ]


def test_toml_syntax(write: Write) -> None:
    assert faults(write(changed('"forge"\nknows', "forge\nknows"))) == [
        "world.toml:10:12: GG702 TOML syntax error: invalid value; mend the file here, or just before"
    ]


def test_toml_syntax_at_the_end(write: Write) -> None:
    (fault,) = faults(write('[world]\nid = "x'))
    assert fault.startswith("world.toml:2:8: GG702 TOML syntax error: ")


def test_json_syntax(write: Write) -> None:
    assert faults(write('{"world": {\n  "id" 3}}', "world.json")) == [
        "world.json:2:8: GG702 JSON syntax error: expecting ':' delimiter; mend the file here, or just before"
    ]


@pytest.mark.parametrize("name", ["world.toml", "world.json"])
def test_nested_too_deeply(write: Write, name: str) -> None:
    (fault,) = faults(write(("a = " if name == "world.toml" else "") + "[" * 200_000, name))
    assert "GG702" in fault


@pytest.mark.parametrize(("name", "place"), [("world.toml", "2:5"), ("world.json", "2:5")])
def test_a_number_of_too_many_digits(write: Write, name: str, place: str) -> None:
    digits = "1" * 5000
    source = f"\nb = {digits}" if name == "world.toml" else f'{{\n"b":{digits}}}'
    (fault,) = faults(write(source, name))
    assert fault.startswith(f"{name}:{place}: GG702")


def test_a_key_twice_in_a_json_object(write: Write) -> None:
    source = '{"world": {"id": "a",\n "id": "b", "name": "N", "premise": "P"},\n'
    source += ' "character": [{"id": "c", "name": "C", "role": "r"}]}'
    assert faults(write(source, "world.json")) == [
        'world.json:2:2: GG702 key "id" stands twice in one object at $.world.id; remove one'
    ]


def test_half_a_surrogate_pair(write: Write) -> None:
    source = '{"world": {"id": "a", "name": "\\ud800", "premise": "P"},\n'
    source += ' "character": [{"id": "c", "name": "C", "role": "r"}]}'
    assert faults(write(source, "world.json")) == [
        'world.json:1:31: GG705 "\\ud800" holds half of a surrogate pair at $.world.name; write the character itself'
    ]


def test_a_json_world_that_is_no_object(write: Write) -> None:
    assert faults(write("[1]", "world.json")) == [
        "world.json:1:1: GG705 expected an object, found a list at $; change it"
    ]


def test_an_unknown_key(write: Write) -> None:
    assert faults(write(changed('role = "blacksmith"', 'role = "blacksmith"\nvoize = "gruff"'))) == [
        'world.toml:10:1: GG703 unknown key "voize" at $.character[0].voize; did you mean "voice"?'
    ]


def test_an_unknown_table_is_one_fault_not_one_a_reference(write: Write) -> None:
    assert faults(write(changed("[[item]]", "[[itm]]"))) == [
        'world.toml:23:3: GG703 unknown key "itm" at $.itm; did you mean "item"?'
    ]


def test_an_unknown_key_of_a_relation(write: Write) -> None:
    assert faults(write(changed("kind = ", "knd = "))) == [
        'world.toml:12:14: GG704 missing key "kind" at $.character[0].relations[0]; add it',
        'world.toml:12:34: GG703 unknown key "knd" at $.character[0].relations[0].knd; did you mean "kind"?',
    ]


@pytest.mark.parametrize("key", ["id", "name", "premise"])
def test_a_world_needs_its_keys(write: Write, key: str) -> None:
    lines = [line for i, line in enumerate(GOOD.splitlines()) if i > 3 or not line.startswith(f"{key} ")]
    assert faults(write("\n".join(lines))) == [f'world.toml:1:1: GG704 missing key "{key}" at $.world; add it']


def test_a_character_needs_its_keys(write: Write) -> None:
    assert faults(write(GOOD + "[[character]]\n")) == [
        f'world.toml:37:1: GG704 missing key "{key}" at $.character[1]; add it' for key in ("id", "name", "role")
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"Mira Voss"', "3", "8:8: GG705 expected a string, found the number 3 at $.character[0].name;"),
        ('["lens_was_sold"]', '"lens_was_sold"', '11:9: GG705 expected a list, found "lens_was_sold" at'),
        ('["lens"]', "[7]", "31:10: GG705 expected a string, found the number 7 at $.fact[0].about[0]"),
        ("default = false", 'default = "no"', '36:11: GG705 expected true or false, found "no" at $.flag[0].default'),
        ('type = "bool"', 'type = "int"', "36:11: GG705 expected an integer, found false at $.flag[0].default"),
        ('type = "bool"', 'type = "string"', "36:11: GG705 expected a string, found false at $.flag[0].default"),
        ('type = "bool"', 'type = "boll"', '35:8: GG705 expected one of bool, int, string, found "boll" at'),
        ('"Voss Forge"', "1979-05-27", "16:8: GG705 expected a string, found a date or time at $.location[0].name"),
        ('"Voss Forge"', "true", "16:8: GG705 expected a string, found true at"),
        ('"Voss Forge"', "nan", "16:8: GG705 expected a finite number, found nan at"),
        ('"Voss Forge"', '""', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '"Voss  Forge"', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '" Forge"', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '"Voss\\nForge"', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '"Voss\\tForge"', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '"Voss\\u2028Forge"', "16:8: GG705 expected one line of text"),
        ('"Voss Forge"', '"Forge\\n"', "16:8: GG705 expected one line of text"),
        ('"A harbor town in the fog."', '" \\n"', "4:11: GG705 expected text without control characters, not empty"),
        ('id = "market"', 'id = "Market"', "20:6: GG705 expected an id (a lower-case letter"),
        ('id = "saltmarrow"', 'id = "salt\\n"', "2:6: GG705 expected an id (a lower-case letter"),
        ('id = "market"', 'id = "1market"', "20:6: GG705 expected an id (a lower-case letter"),
        ('["market"]', '["market", "market"]', '17:20: GG705 "market" stands twice in the list at $.location[0].links'),
        ("[[item]]", "[item]", "23:1: GG705 expected a list, found a table at $.item; write [[item]] in TOML"),
        ('owner = "mira_voss"', 'owner = "mira_voss"\nlocation = "forge"', "26:1: GG705 expected an item with a"),
    ],
)
def test_a_value_that_does_not_fit(write: Write, old: str, new: str, fault: str) -> None:
    assert any(line.startswith(f"world.toml:{fault}") for line in faults(write(changed(old, new))))


@pytest.mark.parametrize("danger", ["0", "21", "7.5", "1e400", "0x" + "f" * 6000])
def test_danger_out_of_range(write: Write, danger: str) -> None:
    source = f'{GOOD}[[creature]]\nid = "wyrm"\nname = "the wyrm"\ndanger = {danger}\n'
    (fault,) = faults(write(source))
    assert fault.startswith("world.toml:40:10: GG705 expected")


def test_a_wrong_choice_names_the_nearest(write: Write) -> None:
    assert faults(write(changed('"A harbor town in the fog."', '"P"\nrating = "teens"'))) == [
        'world.toml:5:10: GG705 expected one of everyone, teen, mature, found "teens" at $.world.rating;'
        ' did you mean "teen"?'
    ]


# Faults of the world as a whole


def test_no_world_table(write: Write) -> None:
    assert faults(write(GOOD[GOOD.index("[[character]]") :])) == [
        "world.toml:1:1: GG708 expected a [world] table, found none at $; add id, name and premise"
    ]


def test_two_world_tables_in_a_folder(write: Write, tmp_path: Path) -> None:
    write(GOOD, "a.toml")
    write('# more\n[world]\nid = "x"\nname = "X"\npremise = "P"\n', "b.toml")
    (fault,) = faults(tmp_path)
    assert fault == "b.toml:2:1: GG708 [world] stands a second time; first at a.toml:1:1 at $.world; keep one"


@pytest.mark.parametrize("characters", ["", "character = []\n"])
def test_no_character(write: Write, characters: str) -> None:
    source = characters + '[world]\nid = "x"\nname = "X"\npremise = "P"\n'
    assert faults(write(source)) == [
        "world.toml:1:1: GG709 expected at least one character, found none at $;"
        " add a [[character]] with id, name and role"
    ]


def test_a_folder_without_character_is_named_itself(write: Write, tmp_path: Path) -> None:
    write('[world]\nid = "x"\nname = "X"\npremise = "P"\n', "world/a.toml")
    write("", "world/b.toml")
    with pytest.raises(WorldFault, match=r"world: GG709 expected at least one character"):
        load_world(tmp_path / "world")


def test_an_id_twice_names_the_first_place(write: Write) -> None:
    assert faults(write(changed('id = "lens"\n', 'id = "forge"\n').replace('["lens"]', "[]"))) == [
        'world.toml:24:6: GG706 id "forge" is taken by the location at world.toml:15:6 at $.item[0].id;'
        " give one of them another id"
    ]


def test_an_id_twice_over_two_files(write: Write, tmp_path: Path) -> None:
    write(GOOD, "a.toml")
    write('{"faction": [{"id": "forge", "name": "F"}]}', "b.json")
    (fault,) = faults(tmp_path)
    assert fault.startswith('b.json:1:21: GG706 id "forge" is taken by the location at a.toml:15:6 at $.faction[0].id')


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'location = "forge"',
            'location = "frge"',
            '10:12: GG707 expected the id of a location, found "frge" at $.character[0].location;'
            ' did you mean "forge"?',
        ),
        (
            'location = "forge"',
            'location = "lens"',
            '10:12: GG707 expected the id of a location, found the item "lens" at $.character[0].location;'
            " known: forge, market",
        ),
        (
            'location = "forge"',
            'location = "the Market"',
            '10:12: GG707 expected the id of a location, found "the Market" at $.character[0].location;'
            ' did you mean "market"?',
        ),
        (
            'knows = ["lens_was_sold"]',
            'knows = ["lens"]',
            '11:10: GG707 expected the id of a fact, found the item "lens" at $.character[0].knows[0];'
            ' did you mean "lens_was_sold"?',
        ),
        (
            'to = "mira_voss"',
            'to = "mira"',
            '12:21: GG707 expected the id of a character, found "mira" at $.character[0].relations[0].to;'
            ' did you mean "mira_voss"?',
        ),
        (
            'links = ["market"]',
            'links = ["mira_voss"]',
            '17:10: GG707 expected the id of a location, found the character "mira_voss" at $.location[0].links[0];'
            " known: forge, market",
        ),
        (
            'owner = "mira_voss"',
            'owner = "forge"',
            '26:9: GG707 expected the id of a character, found the location "forge" at $.item[0].owner;'
            " known: mira_voss",
        ),
        (
            'about = ["lens"]',
            'about = ["lens", "lense"]',
            '31:18: GG707 expected the id of an entry, found "lense" at $.fact[0].about[1]; did you mean "lens"?',
        ),
        (
            'location = "forge"',
            'location = "forge"\nculture = "harborfolk"',
            '11:11: GG707 expected the id of a culture, found "harborfolk" at $.character[0].culture;'
            " add a culture and name its id",
        ),
    ],
)
def test_a_dangling_reference(write: Write, old: str, new: str, fault: str) -> None:
    assert faults(write(changed(old, new))) == [f"world.toml:{fault}"]


def test_all_faults_are_told_at_once_in_the_order_of_their_places(write: Write, tmp_path: Path) -> None:
    write(changed('"forge"\nknows', '"frge"\nknows').replace("role =", "rolle ="), "a.toml")
    write('[[creature]]\nid = "lens"\nname = "x"\ndanger = 99\n', "b.toml")
    assert [fault.split(" ")[:2] for fault in faults(tmp_path)] == [
        ["a.toml:6:1:", "GG704"],
        ["a.toml:9:1:", "GG703"],
        ["a.toml:10:12:", "GG707"],
        ["b.toml:2:6:", "GG706"],
        ["b.toml:4:10:", "GG705"],
    ]


def test_what_an_unreadable_file_holds_is_not_missed(write: Write, tmp_path: Path) -> None:
    head, tail = GOOD.split("[[location]]", 1)
    write(head + 'voise = "x"\n', "a.toml")
    write("[[location]]" + tail + "= 3", "b.toml")
    assert [fault.split(" ")[:2] for fault in faults(tmp_path)] == [
        ["a.toml:14:1:", "GG703"],
        ["b.toml:24:1:", "GG702"],
    ]


# What docs/world.md says

DOCS = Path(__file__).parent.parent / "docs" / "world.md"


@pytest.mark.parametrize("language", ["toml", "json"])
def test_the_worlds_of_the_docs_load(write: Write, language: str) -> None:
    (source,) = re.findall(rf"```{language}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert load_world(write(source, f"world.{language}")).characters["mira_voss"].role == "blacksmith"


def test_the_fault_of_the_docs_is_told_so(write: Write) -> None:
    (told,) = faults(write(changed('"forge"\nknows', '"frge"\nknows'), "people.toml"))
    assert f"world/{told}\n" in DOCS.read_text(encoding="utf-8")
