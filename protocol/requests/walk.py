"""The walk over a document: runs every rule of every form in it.

Three things are found by the walk itself, from the fields' types and names: repeated entries,
paths that name no attachment, dates on the wrong side of today.

Source: docs/domain.md, sections 3, 4 (G7, "Time rules") and 4.1 (last line).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Annotated, Any, Final, get_args, get_origin

from protocol.requests.faults import UNSOUND, Fault, FaultCode, Path, UnsoundError
from protocol.requests.part import Entries, Part
from protocol.requests.rules import RULE_MARK, Rule
from protocol.requests.scene import Scene
from protocol.requests.text import ATTACHMENT_REF
from protocol.requests.times import TIME_RULES, TimeRule, breaks

_NAMED_BY: Final = ("item_id", "provider_id", "person_id", "question_id")
"""Fields that name an entry; no name twice in a list (G7)."""

_DISTINCT: Final = Entries(distinct=True)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the walk looks at in one form.

    Args:
        fields: All fields, each with the name by which a document writes it.
        rules: The form's own rules, base classes first; with each, whether it needs the scene.
        parts: Fields that hold a form or a list of forms with something to check, and the field
            by which entries of the list are named.
        distinct: Fields that are lists without repetition.
        dates: Fields with a rule on past or future.
        paths: Fields that name attachments.
        models: All fields that hold forms, with the model.
    """

    fields: tuple[tuple[str, str], ...]
    rules: tuple[tuple[Rule, bool], ...]
    parts: tuple[tuple[str, str | None], ...]
    distinct: tuple[str, ...]
    dates: tuple[tuple[str, TimeRule], ...]
    paths: tuple[str, ...]
    models: Mapping[str, type[Part]]

    @property
    def is_quiet(self) -> bool:
        """Tell whether there is nothing to check, here or below."""
        return not (self.rules or self.parts or self.distinct or self.dates or self.paths)


@cache
def shape_of(model: type[Part]) -> Shape:
    """Return what the walk looks at in a form; worked out once for each model.

    Args:
        model: A form.
    """
    marks = {
        name: tuple(marks_in(info.annotation, info.metadata))
        for name, info in model.model_fields.items()
    }
    models = {
        name: mark
        for name, found in marks.items()
        for mark in found
        if isinstance(mark, type) and issubclass(mark, Part)
    }
    named = {name: _name_field(part) for name, part in models.items()}
    return Shape(
        fields=tuple((n, info.alias or n) for n, info in model.model_fields.items()),
        rules=_rules_of(model),
        parts=tuple(
            (n, key) for n, key in named.items() if key or not shape_of(models[n]).is_quiet
        ),
        distinct=tuple(
            n for n, f in marks.items() if any(isinstance(m, Entries) and m.distinct for m in f)
        ),
        dates=tuple((name, TIME_RULES[name]) for name in marks if name in TIME_RULES),
        paths=tuple(n for n, found in marks.items() if ATTACHMENT_REF in found),
        models=models,
    )


def marks_in(annotation: object, metadata: Sequence[object]) -> Iterator[object]:
    """Yield the classes and marks of a field's type, however deep in lists and unions.

    Args:
        annotation: The type as pydantic keeps it, or a part of it.
        metadata: The marks beside it.

    Yields:
        Marks, classes, and the values that a Literal admits.
    """
    yield from metadata
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from marks_in(inner, marks)
    elif arguments := get_args(annotation):
        for argument in arguments:
            yield from marks_in(argument, ())
    else:
        yield annotation


def _rules_of(model: type[Part]) -> tuple[tuple[Rule, bool], ...]:
    return tuple(
        (value, getattr(value, RULE_MARK))
        for base in reversed(model.__mro__)
        for value in tuple(vars(base).values())
        if isinstance(value, FunctionType) and hasattr(value, RULE_MARK)
    )


def _name_field(model: type[Part]) -> str | None:
    return next((name for name in _NAMED_BY if name in model.model_fields), None)


def run_rules(part: Part, scene: Scene, place: Path = ()) -> list[Fault]:
    """Run the rules of a form and of all forms in it.

    Args:
        part: A form; values at fault are UNSOUND.
        scene: The circumstances.
        place: Path of the form from the document's root.

    Returns:
        Faults with paths from the root, each form's own before those of its parts.
    """
    walk = _Walk(scene)
    walk.visit(part, place)
    return walk.found


def repeated(values: Sequence[object]) -> list[int]:
    """Return the indexes of values that stood earlier in the list.

    Args:
        values: Texts; None and UNSOUND are passed over.
    """
    # A value that is at fault itself cannot be compared; the others may still be repeated.
    with suppress(UnsoundError):
        if len(set(values)) == len(values):
            return []
    sound = [(at, value) for at, value in enumerate(values) if isinstance(value, str)]
    first = {value: at for at, value in reversed(sound)}
    return [at for at, value in sound if first[value] != at]


class _Walk:
    """One walk: the circumstances, and what was found so far."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.found: list[Fault] = []

    def visit(self, part: Part, place: Path) -> None:
        """Run the rules of a form, then those of its parts."""
        shape = shape_of(type(part))
        self._run(shape.rules, part, place)
        for name in shape.distinct:
            self._visit_distinct(getattr(part, name), (*place, name))
        for name, time_rule in shape.dates:
            self._visit_date(getattr(part, name), time_rule, (*place, name))
        for name in shape.paths:
            self._visit_path(getattr(part, name), (*place, name))
        for name, key in shape.parts:
            value = getattr(part, name)
            if isinstance(value, tuple):
                self._visit_list(value, key, (*place, name))
            elif value is not None and isinstance(value, Part):
                self.visit(value, (*place, name))

    def _run(self, rules: tuple[tuple[Rule, bool], ...], part: Part, place: Path) -> None:
        scene, found = self._scene, self.found
        for check, needs_scene in rules:
            try:
                for fault in check(part, scene) if needs_scene else check(part):
                    found.append(fault.below(place))
            except UnsoundError:
                continue  # what it read in vain is reported already; what it found before, counts

    def _visit_list(self, parts: tuple[Any, ...], key: str | None, place: Path) -> None:
        if key is not None and len(parts) > 1:
            names = [UNSOUND if part is UNSOUND else getattr(part, key) for part in parts]
            self.found.extend(
                Fault((*place, index, key), FaultCode.DUPLICATE) for index in repeated(names)
            )
        for index, part in enumerate(parts):
            if part is not UNSOUND:
                self.visit(part, (*place, index))

    def _visit_distinct(self, values: object, place: Path) -> None:
        if isinstance(values, tuple) and len(values) > 1:
            self.found.extend(
                Fault((*place, index), FaultCode.DUPLICATE) for index in repeated(values)
            )

    def _visit_date(self, value: object, time_rule: TimeRule, place: Path) -> None:
        today = self._scene.today
        if today is None or not isinstance(value, str):
            return
        if (code := breaks(value, time_rule, today)) is not None:
            self.found.append(Fault(place, code))

    def _visit_path(self, value: object, place: Path) -> None:
        roles = self._scene.roles
        if isinstance(value, tuple):
            for index, path in enumerate(value):
                self._visit_path(path, (*place, index))
        elif isinstance(value, str) and roles is not None and value not in roles:
            self.found.append(Fault(place, FaultCode.UNKNOWN_ATTACHMENT))
