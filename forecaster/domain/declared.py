"""Declared data, such as a table of a TOML file, into frozen dataclasses with every value checked."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import date
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from forecaster.domain.errors import BadCatalogue

T = TypeVar("T")

_NAMES = {str: "text", int: "a whole number", float: "a number", date: "a date", tuple: "a list of texts"}


def build(kind: type[T], data: Mapping[str, Any], *, where: str) -> T:
    """A dataclass from a declared table.

    Args:
        kind: a frozen dataclass whose fields are text, numbers, dates, lists of texts, or None.
        data: the table.
        where: names the table in errors.

    Raises:
        BadCatalogue: an unknown key (with the nearest known one), a missing key, a value of another kind.
    """
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # T is always a dataclass, which TypeVar can't say
    for key in data:
        if key not in known:
            raise BadCatalogue(where=where, what=f"unknown key {key!r}; {nearest(key, known)}")
    for key, field in known.items():
        if key not in data and field.default is MISSING:
            raise BadCatalogue(where=where, what=f"{key!r} is missing.")
    hints = get_type_hints(kind)
    return kind(**{key: _value(value, hints[key], where=f"{where}, {key}") for key, value in data.items()})


def table(data: Mapping[str, Any], key: str, *, where: str) -> Mapping[str, Any]:
    """The table under a key; empty where there is none.

    Raises:
        BadCatalogue: something else stands there.
    """
    found = data.get(key, {})
    if not isinstance(found, Mapping):
        raise BadCatalogue(where=where, what=f"{key!r} must be a table.")
    return found


def tables(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The array of tables under a key; empty where there is none.

    Raises:
        BadCatalogue: something else stands there.
    """
    found = data.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise BadCatalogue(where=key, what=f"must be tables, each under [[{key}]].")
    return found


def entries(data: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables within the table under a key, by their names.

    Raises:
        BadCatalogue: one of them is something else.
    """
    found = table(data, key, where="top")
    return [(name, table(found, name, where=key)) for name in found]


def nearest(name: str, known: Mapping[str, Any]) -> str:
    """The known names most like one that is not known, as a hint."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}."


def must_be_known(name: str, known: Mapping[str, Any], *, where: str) -> None:
    """Refuse a name that is not among the known ones.

    Raises:
        BadCatalogue: with the nearest known name.
    """
    if name not in known:
        raise BadCatalogue(where=where, what=f"{name!r} is unknown; {nearest(name, known)}")


def _value(value: Any, hint: Any, *, where: str) -> Any:
    wanted = next((arg for arg in get_args(hint) if arg is not type(None)), hint) if _optional(hint) else hint
    if get_origin(wanted) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
    elif wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    elif isinstance(value, wanted) and not isinstance(value, bool):
        return value
    name = _NAMES[get_origin(wanted) or wanted]
    raise BadCatalogue(where=where, what=f"must be {name}, not {value!r}.")


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint)
