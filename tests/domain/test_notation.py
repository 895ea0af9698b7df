"""How numbers are written."""

import polars as pl
import pytest

from forecaster.domain.notation import Evidence, plain


def read(*numbers: str, comma_may_be_decimal: bool = True) -> list[str]:
    evidence = Evidence()
    evidence.see(numbers)
    notation = evidence.notation(comma_may_be_decimal=comma_may_be_decimal)
    return pl.DataFrame({"value": numbers}).select(plain("value", notation=notation)).to_series().to_list()


@pytest.mark.parametrize(
    ("numbers", "plainly"),
    [
        (("140,9", "1,234"), ["140.9", "1.234"]),
        (("1.234,5", "7"), ["1234.5", "7"]),
        (("1.234.567,89", "-0,125"), ["1234567.89", "-0.125"]),
        (("1,234,567", "1,234"), ["1234567", "1234"]),
        (("1,234.5", "12"), ["1234.5", "12"]),
        (("140.9", "−3.5"), ["140.9", "-3.5"]),
    ],
)
def test_marks_are_read_where_the_file_leaves_no_doubt(numbers: tuple[str, ...], plainly: list[str]) -> None:
    assert read(*numbers) == plainly


@pytest.mark.parametrize(
    ("numbers", "comma_may_be_decimal"),
    [(("1,234", "12"), True), (("140,9", "1,234,567"), True), (("140,9",), False), (("1,23,456",), True)],
)
def test_marks_that_may_mean_either_stay_and_are_refused_as_numbers(
    numbers: tuple[str, ...], *, comma_may_be_decimal: bool
) -> None:
    assert read(*numbers, comma_may_be_decimal=comma_may_be_decimal) == list(numbers)


def test_a_point_beside_decimal_commas_is_not_guessed_at() -> None:
    assert read("140,9", "1.234") == ["140.9", "1.234 (beside decimal commas)"]
