"""Which mark parts decimals and which parts thousands in the numbers of a file, where the file leaves no doubt."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import polars as pl

_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+|[-+]?\d+,(\d{1,2}|\d{4,})|[-+]?(0\d*|\d{4,}),\d+")
_GROUPED = re.compile(r"[-+]?\d{1,3}(,\d{3}){2,}(\.\d+)?|[-+]?\d{1,3}(,\d{3})+\.\d+")


def shown(value: float) -> str:
    """A figure as a sentence tells it: to the unit, or six digits where it is below a million."""
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


class Notation(Enum):
    """How numbers are written."""

    POINT = "a decimal point, no other mark"
    COMMA = "a decimal comma; points between thousands"
    GROUPED = "a decimal point; commas between thousands"


@dataclass(slots=True)
class Evidence:
    """What the numbers seen so far leave no doubt of."""

    decimal_comma: bool = False
    grouped: bool = False

    def see(self, numbers: Iterable[str | None]) -> None:
        """Take further cells into account."""
        for text in numbers:
            if text is not None and "," in text:
                plain = text.strip()
                self.decimal_comma = self.decimal_comma or _DECIMAL_COMMA.fullmatch(plain) is not None
                self.grouped = self.grouped or _GROUPED.fullmatch(plain) is not None

    def notation(self, *, comma_may_be_decimal: bool) -> Notation:
        """The one notation that fits; a plain decimal point where the numbers show both others or none.

        Args:
            comma_may_be_decimal: false where commas part the cells of the file.
        """
        if self.grouped and not self.decimal_comma:
            return Notation.GROUPED
        if self.decimal_comma and not self.grouped and comma_may_be_decimal:
            return Notation.COMMA
        return Notation.POINT


def plain(column: str, *, notation: Notation) -> pl.Expr:
    """The numbers of a text column with a decimal point alone; what does not fit the notation stays as it is."""
    text = pl.col(column).str.strip_chars().str.replace("−", "-", literal=True)
    if notation is Notation.GROUPED:
        fits = text.str.contains(r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")
        return pl.when(fits).then(text.str.replace_all(",", "", literal=True)).otherwise(text)
    if notation is Notation.COMMA:
        fits = text.str.contains(r"^[-+]?(\d+|\d{1,3}(\.\d{3})+),\d+$")
        swapped = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        # 1.234 and 140.9 beside 140,9: nobody knows which mark is which.
        doubtful = text.str.contains(r"^[-+]?\d+\.\d+$")
        return (
            pl.when(fits)
            .then(swapped)
            .when(doubtful)
            .then(pl.format("{} (beside decimal commas)", text))
            .otherwise(text)
        )
    return text
