"""The figures of content as pictures: PNG and SVG files, the same bytes for the same figures.

matplotlib comes with the extra `quality` and is only imported here. The files carry no date and no version; SVG ids are
salted with a fixed name, and letters are drawn as paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamegen.errors import HostFailed, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gamegen.quality import Quality

_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "gamegen",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that no font of the system is drawn
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}
_METADATA: Mapping[str, Mapping[str, None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_MOST = 12
"""Values of a trait that are shown; the rest are one bar."""
_OWN, _THEIRS = "#2a6f97", "#c9a227"


def draw(quality: Quality, folder: Path) -> list[Path]:
    """Write the pictures that the figures give into the folder; returns the files, in a fixed order.

    Raises UsageError (GG017) if matplotlib is not installed, HostFailed (GG008) for a folder that cannot be written.
    """
    pictures: dict[str, Callable[[Quality], Figure]] = {}
    if quality.structure.get("dialogue"):
        pictures["structure"] = _structure
    if quality.kinds:
        pictures |= {"variety": _variety, "words": _words}
    if quality.spread:
        pictures["spread"] = _spread
    written = []
    with _drawing():
        for name, picture in pictures.items():
            figure = picture(quality)
            for format, metadata in _METADATA.items():
                path = folder / f"{name}.{format}"
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                    figure.savefig(path, format=format, dpi=120, metadata=dict(metadata))
                except OSError as error:
                    raise HostFailed.of(
                        "GG008", f"cannot write: {error.strerror or error}", "choose another folder", path=str(path)
                    ) from None
                written.append(path)
    return written


def need_matplotlib() -> None:
    """Raise UsageError (GG017) if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise UsageError.of(
            "GG017", "expected matplotlib for the pictures, found none", 'pip install "gamegen[quality]"'
        )


@contextmanager
def _drawing() -> Iterator[None]:
    """matplotlib with settings of our own, whatever a user's file says."""
    need_matplotlib()
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def _structure(quality: Quality) -> Figure:
    """Each property of dialogues as a multiple of the professional median, with the 10th to 90th percentile."""
    known = [(name, each) for name, each in quality.structure["dialogue"].items() if each.reference]
    figure = _figure(7, 0.4 * len(known) + 1.2)
    axes = figure.add_subplot()
    for place, (_, each) in enumerate(known):
        reference = each.reference or 1.0
        axes.plot([each.p10 / reference, each.p90 / reference], [place, place], color=_OWN, linewidth=4, alpha=0.35)
        axes.plot([each.median / reference], [place], "o", color=_OWN)
    axes.axvline(1.0, color=_THEIRS)
    axes.set_yticks(
        range(len(known)),
        [f"{name.replace('_', ' ')}: {each.median:.3g} of {each.reference:.3g}" for name, each in known],
    )
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("median and 10th to 90th percentile, shipped games' median = 1")
    axes.set_title("Structure of dialogues", loc="left")
    return figure


def _variety(quality: Quality) -> Figure:
    """distinct-n and self-BLEU of each kind, all from 0 to 1."""
    names = {"distinct_1": "distinct-1", "distinct_2": "distinct-2", "distinct_3": "distinct-3"}
    names["self_bleu_4"] = "self-BLEU-4"
    kinds = list(quality.kinds)
    figure = _figure(7, 0.6 * len(kinds) + 1.4)
    axes = figure.add_subplot()
    for index, (name, label) in enumerate(names.items()):
        values = [getattr(quality.kinds[kind], name) for kind in kinds]
        places = [place + 0.2 * (index - 1.5) for place in range(len(kinds))]
        color = _THEIRS if name == "self_bleu_4" else _OWN
        axes.barh(places, values, 0.18, color=color, alpha=0.4 + 0.2 * min(index, 2), label=label)
    axes.set_yticks(range(len(kinds)), [f"{kind} ({quality.kinds[kind].sampled})".replace("_", " ") for kind in kinds])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title("Variety by kind of text (number sampled)", loc="left")
    axes.set_xlabel("more varied: distinct-n higher, self-BLEU-4 lower")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4, frameon=False)
    return figure


def _words(quality: Quality) -> Figure:
    """How many texts of each kind have so many words."""
    from matplotlib.ticker import MaxNLocator

    kinds = list(quality.kinds)
    figure = _figure(7, 1.1 * len(kinds) + 0.6)
    most = max(max(quality.kinds[kind].lengths) for kind in kinds)
    for place, kind in enumerate(kinds, start=1):
        axes = figure.add_subplot(len(kinds), 1, place)
        lengths = quality.kinds[kind].lengths
        axes.bar(list(lengths), list(lengths.values()), 0.9, color=_OWN)
        axes.axvline(quality.kinds[kind].words, color=_THEIRS)
        axes.set_xlim(0, most + 1)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
        axes.set_ylabel(kind.replace("_", " "), rotation=0, ha="right", va="center")
        if place < len(kinds):
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel("words of a text; the line is the mean")
    figure.suptitle("Words per text", x=0.01, ha="left")
    return figure


def _spread(quality: Quality) -> Figure:
    """Shares of the values of each trait: a row for each of those whom they are counted of, a column for each trait."""
    rows = list(quality.spread.items())
    figure = _figure(10, 2.4 * len(rows))
    for row, (whose, traits) in enumerate(rows):
        for column, (trait, counts) in enumerate(traits.items()):
            axes = figure.add_subplot(len(rows), len(traits), row * len(traits) + column + 1)
            shown = list(counts.items())[:_MOST]
            if rest := sum(counts.values()) - sum(count for _, count in shown):
                shown.append(("all others", rest))
            total = sum(counts.values())
            axes.barh([_plain(name) for name, _ in shown], [count / total for _, count in shown], color=_OWN)
            axes.invert_yaxis()
            axes.set_xlim(0, 1)
            axes.tick_params(axis="y", labelsize=7)
            axes.set_title(f"{whose} ({total}): {trait}", loc="left", fontsize=9)
    return figure


def _plain(text: str) -> str:
    """A name without what matplotlib takes for mathematics, and not too long for its bar."""
    short = text if len(text) <= 28 else f"{text[:27]}…"
    return short.replace("$", r"\$")
