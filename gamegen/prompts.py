"""The two forms of a prompt: a template (Jinja2, sandboxed, strict), or the card alone for a model that was taught it.

A template sees its request, never the world (docs/templates.md). Cards: `gamegen.cards`, docs/tuning.md.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gamegen._resources import folder
from gamegen.cards import FIELDS, CardForm, card_prompt
from gamegen.engine.fragment import is_free
from gamegen.errors import WorldFault
from gamegen.examples import Example, choose_examples, read_examples
from gamegen.naming import did_you_mean
from gamegen.originality import Copies
from gamegen.records import JSON, Request, canonical, content_hash
from gamegen.selection import carries
from gamegen.spoken import FILTERS

CUT = "\x00cut\x00"
"""What `cut` renders as; no value of a world can hold it, since control characters are refused there."""


class _Missing(jinja2.UndefinedError):
    """An undefined name was used; `among` are the names it could have been."""

    def __init__(self, message: str | None = None, *, name: str = "", among: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.among = tuple(among)


class _Undefined(jinja2.StrictUndefined):
    """A strict undefined whose error knows its name and, for a field of a card or value, the fields there are."""

    def __init__(
        self, hint: str | None = None, obj: Any = jinja2.utils.missing, name: str | None = None, *_: Any
    ) -> None:
        fields = tuple(map(str, obj)) if isinstance(obj, dict) else ()
        raiser = partial(_Missing, name=name or "", among=fields)
        super().__init__(hint, obj, name, raiser)  # type: ignore[arg-type]  # called with the message, like the class


class Prompts:
    """Renders requests. Looks a template up in `folders`, then among gamegen's own, then in `plugin_folders`.

    form:  of a tuned model's cards; None: every text is asked for with its template. A project's own template wins over
           the card: who writes one wants it used.
    cards: kind of card -> its fields (`Registry.cards`).

    Each folder holds ``<kind>/<name>.j2`` and may hold ``examples/*.jsonl``; of files of one name the first wins.
    Raises WorldFault: GG710 not found, GG711 syntax, GG712 undefined name, GG713 a prompt no model can go on from,
    GG714 fails while rendering, GG715 a line of examples that cannot be read.
    """

    def __init__(
        self,
        folders: Sequence[Path] = (),
        plugin_folders: Sequence[Path] = (),
        form: CardForm | None = None,
        cards: Mapping[str, Sequence[str]] = FIELDS,
    ) -> None:
        self.folders = (*folders, folder("templates"), *plugin_folders)
        self._own = self.folders[: self.folders.index(folder("templates"))]
        self._form = form
        self._cards = cards
        self._examples: tuple[Example, ...] | None = None
        self._lines: Copies | None = None
        self._hashes: dict[str, str] = {}
        self._environment = ImmutableSandboxedEnvironment(
            loader=jinja2.FileSystemLoader(self.folders, encoding="utf-8"),
            undefined=_Undefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            auto_reload=False,
        )
        self._environment.filters |= FILTERS

    @property
    def examples(self) -> tuple[Example, ...]:
        """Every example of the folders."""
        if self._examples is None:
            files: dict[str, Path] = {}
            for each in self.folders:
                for path in sorted((each / "examples").glob("*.jsonl")):
                    files.setdefault(path.name, path)
            self._examples = tuple(example for name in sorted(files) for example in read_examples(files[name]))
        return self._examples

    @property
    def example_lines(self) -> Copies:
        """The lines of the examples, which no text may copy."""
        if self._lines is None:
            self._lines = Copies.of(example["line"] for example in self.examples)
        return self._lines

    def shows_card(self, request: Request) -> bool:
        """Whether the request is asked for with its card alone."""
        kind = request.card.get("kind")
        if self._form is None or kind not in self._form.kinds or kind not in self._cards:
            return False
        return is_free(request.schema) and not any((each / request.template).is_file() for each in self._own)

    def source(self, request: Request) -> tuple[str, str]:
        """What the prompt is made from, for provenance: the template's name, or ``card/<kind>``; and its hash."""
        if not self.shows_card(request):
            return request.template, self.hash(request.template)
        kind = str(request.card["kind"])
        return f"card/{kind}", self._card_hash(kind)

    def sources(self, kind: str) -> dict[str, str]:
        """Every template of a kind of record, and every kind of card that the model knows, with their hashes."""
        known = [each for each in self._form.kinds if each in self._cards] if self._form is not None else []
        return {name: self.hash(name) for name in self.names(kind)} | {
            f"card/{each}": self._card_hash(each) for each in known
        }

    def _card_hash(self, kind: str) -> str:
        form = self._form or CardForm("", "")
        return content_hash([form.before, form.behind, kind, list(self._cards[kind])])

    def render(self, request: Request) -> tuple[str, str]:
        """(shared, prompt): what stands before the template's `cut`, and the rest. A card shares nothing."""
        if self._form is not None and self.shows_card(request):
            return "", card_prompt(request.card, self._form, self._cards)
        variables = {
            **request.values,
            "card": dict(request.card),
            "opening": request.opening,
            "plain": next((text for text in request.fallback if carries(request, text)), ""),
            "examples": self._chooser(request),
            "cut": CUT,
        }
        text = self._guarded(request.template, variables, lambda: self._load(request.template).render(variables))
        shared, cut, prompt = text.replace(CUT + "\n", CUT).partition(CUT)
        if not cut:
            shared, prompt = "", shared
        if not prompt or prompt[-1] in " \t" or CUT in prompt:
            found = "a second cut" if CUT in prompt else "an outer space" if prompt else "nothing after the cut"
            raise self._fault(
                "GG713",
                request.template,
                f"expected a prompt that the model can go on from, found {found}",
                "end the template with the opening quotation mark of the text",
            )
        return shared, prompt

    def names(self, kind: str) -> list[str]:
        """The templates of a kind, sorted."""
        return [name for name in self._environment.list_templates(["j2"]) if name.startswith(f"{kind}/")]

    def hash(self, template: str) -> str:
        """SHA-256 (hex) of the template, all that it extends, includes or imports, and the examples it can show."""
        if template not in self._hashes:
            sources: dict[str, str] = {}
            names: set[str] = set()
            waiting = [template]
            while waiting:
                name = waiting.pop()
                if name in sources:
                    continue
                sources[name], path = self._source(name)
                tree = self._guarded(name, {}, partial(self._environment.parse, sources[name], name, path))
                names |= meta.find_undeclared_variables(tree)
                for other in meta.find_referenced_templates(tree):
                    waiting += [other] if other is not None else self._environment.list_templates(["j2"])
            parts: list[JSON] = [sources, [dict(each) for each in self.examples] if "examples" in names else []]
            self._hashes[template] = sha256(canonical(parts).encode()).hexdigest()
        return self._hashes[template]

    def _chooser(self, request: Request) -> Callable[..., list[Example]]:
        own = request.values.get("lines", ())
        without = frozenset(map(str, own)) if isinstance(own, Sequence) and not isinstance(own, str) else frozenset()

        def chosen(count: int, voice: str = "", **match: JSON) -> list[Example]:
            return choose_examples(self.examples, count, match, without, voice)

        return chosen

    def _load(self, name: str) -> jinja2.Template:
        return self._environment.get_template(name)

    def _source(self, name: str) -> tuple[str, str]:
        """(text, path) of a template."""
        loader = self._environment.loader
        if loader is None:
            raise jinja2.TemplateNotFound(name)
        text, path, _ = self._guarded(name, {}, lambda: loader.get_source(self._environment, name))
        return text, path or name

    def _guarded(self, template: str, variables: dict[str, JSON], run: Callable[[], Any]) -> Any:
        """Run it; Jinja's errors become findings with the template's path and line."""
        try:
            return run()
        except jinja2.TemplateNotFound as error:
            known = self._environment.list_templates(["j2"])
            raise self._fault(
                "GG710", template, f"expected a template {error.name}, found none", did_you_mean(str(error.name), known)
            ) from error
        except UnicodeDecodeError as error:
            raise self._fault(
                "GG711", template, "expected UTF-8, found other bytes", "save the template as UTF-8"
            ) from error
        except jinja2.TemplateSyntaxError as error:
            raise self._fault(
                "GG711",
                template,
                f"expected Jinja2, found: {error.message}",
                "correct the template",
                error.filename,
                error.lineno,
            ) from error
        except _Missing as error:
            hint = did_you_mean(error.name, error.among or sorted(variables))
            path, line = self._place(error)
            message = f"expected a name the request has, found {error.name!r}"
            raise self._fault("GG712", template, message, hint, path, line) from error
        except Exception as error:  # templates are the user's: whatever they raise is their fault, with its place
            path, line = self._place(error)
            message = f"expected a template that renders, found {type(error).__name__}: {error}"
            raise self._fault("GG714", template, message, "correct the template", path, line) from error

    def _place(self, error: BaseException) -> tuple[str | None, int]:
        """The innermost line of a template that the error passed through; Jinja's tracebacks name it."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if any(Path(frame.filename).is_relative_to(each) for each in self.folders):
                return frame.filename, frame.lineno or 0
        return None, 0

    def _fault(
        self, code: str, template: str, message: str, hint: str, path: str | None = None, line: int = 0
    ) -> WorldFault:
        if path is None:
            path = next((str(each / template) for each in self.folders if (each / template).is_file()), template)
        return WorldFault.of(code, message, hint, path=path, line=line, column=1 if line else 0)
