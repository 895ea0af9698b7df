"""What a release would change."""

import polars as pl

from forecaster.domain.changes import CHANGES, changes_of
from tests.reports import report, reports

EV = "ev.production.CN"


def test_what_is_new_and_what_is_stated_otherwise_is_told_with_what_stood_before() -> None:
    march = report(EV, "2024-03", "2024-03", 10.0, released="2024-04-15")
    earlier = report(EV, "2024-03", "2024-03", 9.0, released="2024-04-10")
    april = report(EV, "2024-04", "2024-04", 11.0)
    revised = report(EV, "2024-03", "2024-03", 10.5, released="2024-05-15")
    given = reports(march, revised, april).with_columns(line=pl.Series([2, 3, 4], dtype=pl.Int64))

    found = changes_of(given, known=reports(march, earlier))

    assert found.schema == CHANGES
    assert found.select("line", "what", "value", "was").rows() == [(3, "revised", 10.5, 10.0), (4, "new", 11.0, None)]
