"""A value and its body in a document, each made from the other by one table of fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

M = TypeVar("M", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)


class Form(msgspec.Struct, frozen=True):
    """How a field's value stands in a body: what makes the one of the other."""

    written: Callable[[Any], Any]
    read: Callable[[Any], Any]


_AS_IT_IS = Form(lambda value: value, lambda value: value)


class Mirror(msgspec.Struct, Generic[M, B], frozen=True):
    """A dataclass of the models and one of the documents that hold the same.

    A field of the body is the value's attribute of the same name; what the value computes is not read back.

    Attributes:
        names: the body's field by the model's, where they differ.
        forms: by the body's field, for values that are no plain ones.
    """

    model: type[M]
    body: type[B]
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    forms: Mapping[str, Form] = msgspec.field(default_factory=dict)

    def write(self, value: M) -> B:
        """Return the body of a value."""
        attributes = {name: attribute for attribute, name in self.names.items()}
        given = {name: getattr(value, attributes.get(name, name)) for name in self.body.__struct_fields__}
        return self.body(**{name: self._form(name).written(held) for name, held in given.items()})

    def read(self, body: B) -> M:
        """Return the value that a body was made of.

        Raises:
            ValueError: a text in it is none of its kind, such as a time that is no time.
        """
        names = {name: self.names.get(name, name) for name in self.model.__struct_fields__}
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
