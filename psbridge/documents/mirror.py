"""A value and its body in a document, each made from the other by one table of fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

M = TypeVar("M", bound="DataclassInstance")
B = TypeVar("B", bound="DataclassInstance")


@dataclass(frozen=True, slots=True)
class Form:
    """How a field's value stands in a body: what makes the one of the other."""

    written: Callable[[Any], Any]
    read: Callable[[Any], Any]


_AS_IT_IS = Form(lambda value: value, lambda value: value)


@dataclass(frozen=True, slots=True)
class Mirror(Generic[M, B]):
    """A dataclass of the models and one of the documents that hold the same.

    A field of the body is the value's attribute of the same name; what the value computes is not read back.

    Attributes:
        names: the body's field by the model's, where they differ.
        forms: by the body's field, for values that are no plain ones.
    """

    model: type[M]
    body: type[B]
    names: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, Form] = field(default_factory=dict)

    def write(self, value: M) -> B:
        """Return the body of a value."""
        attributes = {name: attribute for attribute, name in self.names.items()}
        given = {it.name: getattr(value, attributes.get(it.name, it.name)) for it in fields(self.body)}
        return self.body(**{name: self._form(name).written(held) for name, held in given.items()})

    def read(self, body: B) -> M:
        """Return the value that a body was made of.

        Raises:
            ValueError: a text in it is none of its kind, such as a time that is no time.
        """
        names = {it.name: self.names.get(it.name, it.name) for it in fields(self.model)}
        return self.model(**{each: self._form(name).read(getattr(body, name)) for each, name in names.items()})

    def _form(self, name: str) -> Form:
        return self.forms.get(name, _AS_IT_IS)


def maybe(written: Callable[[Any], Any], read: Callable[[Any], Any]) -> Form:
    """Return a form under which None stays None."""
    return Form(
        lambda value: None if value is None else written(value), lambda value: None if value is None else read(value)
    )


def each(written: Callable[[Any], Any], read: Callable[[Any], Any]) -> Form:
    """Return the form of a tuple, or None, whose items are written and read so."""
    return maybe(lambda values: tuple(map(written, values)), lambda bodies: tuple(map(read, bodies)))
