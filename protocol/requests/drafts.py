"""Drafts: forms in which nothing is required, and what of them rules can judge.

A draft of a body is shown to the other side before it is sent as a request. What is written in it
must be as the form has it; what is not written yet, is no fault.

Source: docs/domain.md, section 5 (`pre_consultation`).
"""

from functools import cache
from types import GenericAlias, UnionType
from typing import Annotated, Any, Optional, Union, get_args, get_origin

from pydantic import create_model, model_validator

from protocol.requests.faults import UNSOUND
from protocol.requests.part import Part


@cache
def draft_form(model: type[Part]) -> type[Part]:
    """Return the form of a draft: every field of a form, and of all forms in it, may be absent.

    Args:
        model: The form of a body; made once for each.

    Returns:
        A form that inherits what the other one checks of its fields.
    """
    fields: dict[str, Any] = {
        name: (_optional(info.annotation, info.metadata), None)
        for name, info in model.model_fields.items()
    }
    validators: dict[str, Any] = {"leave_out_nulls": model_validator(mode="before")(_without_nulls)}
    return create_model(
        f"{model.__name__}Draft", __base__=model, __validators__=validators, **fields
    )


def judgeable(draft: Part) -> Part:
    """Return a draft in which what its form requires and nobody wrote yet stops the rules.

    Args:
        draft: Of a form made by draft_form; values at fault are UNSOUND.

    Returns:
        The same with UNSOUND in the empty places; not to be kept.
    """
    form = type(draft)
    whole: type[Part] = form.__bases__[0]
    values: dict[str, Any] = {}
    for name, info in whole.model_fields.items():
        value = _judgeable(getattr(draft, name))
        values[name] = UNSOUND if value is None and info.is_required() else value
    return form.model_construct(**values)


def _judgeable(value: object) -> object:
    if isinstance(value, Part):
        return judgeable(value)
    if isinstance(value, tuple):
        return tuple(_judgeable(each) for each in value)
    return value


def _without_nulls(cls: type[Part], values: object) -> object:
    """Leave out what is null, which is absent (G2), but for a null that states something."""
    if not isinstance(values, dict):
        return values
    return {
        name: value
        for name, value in values.items()
        if value is not None or name in cls.KEY_REQUIRED
    }


def _optional(annotation: Any, metadata: list[Any]) -> Any:  # noqa: ANN401 - any type at all
    inner = _drafted(annotation)
    return Optional[Annotated[inner, *metadata] if metadata else inner]  # noqa: UP045 - built here


def _drafted(annotation: Any) -> Any:  # noqa: ANN401 - any type at all
    """Return a field's type with the drafts of all forms in it."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return draft_form(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        inner = _drafted(arguments[0])
        return Annotated[inner, *arguments[1:]]
    if origin in {Union, UnionType}:
        return Union[tuple(_drafted(each) for each in arguments)]  # noqa: UP007 - built here
    if origin is tuple:
        return GenericAlias(tuple, (_drafted(arguments[0]), ...))
    return annotation
