"""Hard records for exporters: texts that formats stumble over, ids that look alike, everything a dialogue can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gamegen.records import JSON, line_id

PLAIN_TEXTS: list[str] = [
    "Rain again.",
    "It's late, isn't it? Go home!",
    "At ten, then; or not at all...",
    "Two hundred and six steps (I counted).",
    "„Größe“, sagte er – und ging.",
    "日本語。",
    "Привет, {player}.",
]
"""Prose that every format has to hold."""

HARD_TEXTS: list[str] = [
    *(
        "TODO: fix",
        "VAR x = 1",
        "CONST",
        "LIST",
        "INCLUDE a.ink",
        "EXTERNAL f()",
        "TODO",
        "VARIOUS",
        "VAR𠧘 =",
        "else:",
        "else: no",
    ),
    *("->", "-> END", "->->", "<-", "<>", "=", "==", "===", "=== x ===", "=>", "---", "- x", "* x", "+ x", "~ x", "~"),
    *("(x)", "(x) y", "[x]", "[", "]", "[]", "[b]x[/b]", "[/]", "a]", "]a", "|", "a|b", "||", "&x", "!x", "$x", "$"),
    *("{{", "}}", "{{x}}", "{{x|y}}", "{{~a|b}}", "{{0}}", "\\", "\\\\", "\\n", "a\\", "\\[", "\\{{", "/", "//", "//x"),
    *("/* x */", "https://a.b/c?d=e#f", "#", "#tag", "a #b", "##", "<<", ">>", "<<if x>>", "<", ">", "%", "a: b", ":"),
    *("At 10:30", "Mira: no", '"', '""', '"Yes," he said: no', "'", "’", "`", "^", "1", "-1", "0.5", "true", "null"),
    *(
        "''",
        "a''b''",
        '""""',
        "--",
        "a--b",
        "----",
        "!x",
        "!!",
        "?who",
        "$flag_alarm",
        "_tmp",
        "@@x@@",
        "&amp;",
        "&#39;",
    ),
    *(
        "<b>x</b>",
        "<html>",
        "</html>",
        "<nowiki>",
        "<!-- x -->",
        "/% x %/",
        "^^x^^",
        "%%",
        "`x`",
        "mailto:a@b.c",
        ":: x",
    ),
    *(
        "title: x",
        "once",
        "and",
        "not",
        "/// x",
        "@",
        ";",
        "?",
        ",",
        "…",
        "—",
        "a—b",
        "日本語。",
        "こんにちは 世界",
        "שלום",
        "مرحبا",
    ),
    *("👩‍🚒", "🏳️‍🌈 🇩🇪", "é\u0323x", "ก็", "a\u00a0b", "a\u3000b", "\u200fאב", "a\u00adb", "x\u200dy"),
    *(
        "{player}",
        "{player}: x",
        "x{player}",
        "{player}{player}",
        "{item.lens}",
        "a {item.lens} b",
        "{{{player}}}",
        "=={player}",
    ),
    *(
        "x" * 300,
        "a b " * 70 + "c",
        "-\\>",
        "\\#",
        "(",
        ")",
        "((",
        "a ~ b",
        "a = b",
        "a + b",
        "a * b",
        "a <- b",
        "a -> b",
    ),
]
"""Texts within the text profile: marks, keywords, escapes and scripts that mean something to one format or another."""

HARD_VALUES: list[str] = [
    "Ada",
    "At: ten",
    "-> END",
    "{x}",
    "[b]",
    "#tag",
    "// x",
    "a\\b",
    'a "b" c',
    "===",
    "TODO: x",
    "<<x>>",
    "~ | &",
    "日本",
]
"""What placeholders may show."""


def talk(
    lines: Sequence[str], names: Sequence[str] = ("Mira",), values: Mapping[str, str] | None = None
) -> dict[str, JSON]:
    """A dialogue that says each text once as a line and offers it once, each name in turn speaking.

    values: what placeholders show; `player` and `item.lens` are always there.
    """
    record = "talk_0001"

    def text(key: str, words: str) -> dict[str, str]:
        return {"id": line_id(record, key), "text": words}

    nodes: list[dict[str, JSON]] = [
        {
            "id": f"n{n}",
            "speaker": f"person{n}",
            "lines": [text(f"nodes/n{n}/lines/{i}", words) for i, words in enumerate(lines)],
            **({"goto": f"n{n + 1}"} if n + 1 < len(names) else {}),
        }
        for n, _ in enumerate(names)
    ]
    nodes[-1]["choices"] = [
        {"id": f"c{i}", "text": text(f"choices/{i}", words), "goto": "bye"} for i, words in enumerate(lines)
    ]
    nodes.append({"id": "bye", "speaker": "person0", "lines": [text("nodes/bye/lines/0", "Bye.")], "end": "over"})
    shown = {"player": "Ada", "item.lens": "the Great Lens", **(values or {})}
    return {
        "kind": "dialogue",
        "id": record,
        "schema_version": 1,
        "participants": [f"person{n}" for n, _ in enumerate(names)],
        "variables": [],
        "start": "n0",
        "nodes": nodes,
        "ends": [{"id": "over", "outcome": "over"}],
        "refs": [{"type": "character", "id": f"person{n}", "name": name} for n, name in enumerate(names)],
        "placeholders": [{"name": name, "value": value} for name, value in shown.items()],
    }


def tangled() -> dict[str, JSON]:
    """A dialogue that does everything a dialogue can, with ids that many a mapping takes for the same.

    Flags, items, quests and local variables of each type, nested conditions, choices offered once, checks in a circle,
    chains of gotos, items that would fall below nothing, effects of nodes, choices and ends, two ends.
    """
    record = "talk_0002"
    marks = iter(range(1000))

    def text(words: str) -> dict[str, str]:
        return {"id": line_id(record, str(next(marks))), "text": words}

    def node(id: str, words: str, **rest: JSON) -> dict[str, JSON]:
        return {"id": id, "speaker": "mira", "lines": [text(words)], **rest}

    def choice(id: str, words: str, **rest: JSON) -> dict[str, JSON]:
        return {"id": id, "text": text(words), **rest}

    def part(type: str, id: str, op: str, value: JSON) -> dict[str, JSON]:
        return {"type": type, "id": id, "op": op, "value": value}

    nested = {
        "any": [
            {"all": [part("flag", "sky", "!=", "rain"), {"not": part("local", "mood", "==", "calm")}]},
            {"not": {"any": [part("item", "ore", "<", 2), part("quest", "lens", "!=", "inactive")]}},
        ]
    }
    luck = {"skill": "sleight_of_hand", "dc": 20, "success": "hub_", "failure": "hub"}
    return {
        "kind": "dialogue",
        "id": record,
        "schema_version": 1,
        "topic": "what looks alike",
        "participants": ["mira", "oren"],
        "variables": [
            {"id": "mood", "type": "string", "initial": "calm"},
            {"id": "debt", "type": "int", "initial": -2},
            {"id": "debt_", "type": "bool", "initial": False},
        ],
        "start": "a",
        "nodes": [
            node("a", "{player}, is it? {{Ha}}.", goto="a_", effects=[part("local", "debt", "add", -1)]),
            {**node("a_", "At 10:30, then."), "speaker": "oren", "goto": "hub"},
            node(
                "hub",
                "What else?",
                choices=[
                    choice("x", "Sing.", goto="hub", effects=[part("local", "mood", "set", "sad")], once=True),
                    choice("x_", "Take.", goto="hub", effects=[part("item", "ore", "add", -3)]),
                    choice("x__y", "Give.", goto="hub", effects=[part("item", "ore", "set", 2)], once=True),
                    choice("x_y", "Go deep.", goto="hub__x", condition=nested),
                    choice(
                        "luck",
                        "Try your luck.",
                        check=luck,
                        effects=[part("flag", "sky", "set", "clear sky")],
                        condition=part("local", "debt", "<=", -3),
                        once=True,
                    ),
                    choice("leave", "Leave.", goto="bye"),
                    choice("told", "Tell.", goto="told", condition=part("local", "debt_", "==", True)),
                ],
            ),
            node(
                "hub__x",
                "Deep.",
                choices=[choice("x", "Up.", goto="hub"), choice("y", "Higher.", goto="hub_", once=True)],
            ),
            node("hub_", "Won.", goto="hub", effects=[part("local", "debt_", "set", True)]),
            node("told", "So.", end="left_"),
            node("bye", "Mind the step.", end="left", effects=[part("flag", "sky_", "set", True)]),
        ],
        "ends": [
            {"id": "left", "outcome": "nothing", "effects": [part("flag", "count", "add", 1)]},
            {"id": "left_", "outcome": "told", "effects": [part("quest", "lens", "set", "done")]},
        ],
        "refs": [
            {"type": "character", "id": "mira", "name": "Mira Voss"},
            {"type": "character", "id": "oren", "name": "Oren Tal"},
            {"type": "flag", "id": "sky", "name": "sky", "value_type": "string", "initial": "rain"},
            {"type": "flag", "id": "sky_", "name": "sky_", "value_type": "bool", "initial": False},
            {"type": "flag", "id": "count", "name": "count", "value_type": "int", "initial": -7},
            {"type": "item", "id": "ore", "name": "ore", "value_type": "int", "initial": 1},
            {
                "type": "quest",
                "id": "lens",
                "name": "The Lens",
                "value_type": "string",
                "initial": "inactive",
                "values": ["inactive", "done"],
            },
        ],
        "placeholders": [{"name": "player", "value": "Ada"}],
    }
