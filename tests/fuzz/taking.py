"""What every file must lead to, whatever is in it: reports, or an error that says what to mend."""

import io
import tomllib
from datetime import UTC, datetime

from forecaster.adapters.readers import read_file
from forecaster.domain.conventions import build_panel
from forecaster.domain.declaration import parse_catalogue
from forecaster.domain.doubts import doubts_of
from forecaster.domain.errors import BadReportFile, RefusedRelease
from forecaster.domain.reports import REPORTS
from forecaster.releases import Release, sound
from tests.catalogues import DECLARED, LAYOUT

NOW = datetime(2026, 9, 20, 12, tzinfo=UTC)
CATALOGUE = parse_catalogue(tomllib.loads(DECLARED + LAYOUT))


def take(content: bytes) -> int:
    """Read a file, judge it and build its panel; the number of reports, 0 where it was refused."""
    try:
        reading = read_file(io.BytesIO(content), file="figures", layouts=CATALOGUE.layouts)
        found = sound(Release("figures", reading.rows, left_out=reading.left_out), catalogue=CATALOGUE, now=NOW)
    except (BadReportFile, RefusedRelease) as error:
        assert 0 < len(str(error)) < 100_000  # noqa: PT017 -- no error is expected, and any may come
        return 0
    reports = found.reports.collect()
    doubts_of(reports, known=REPORTS.to_frame(), catalogue=CATALOGUE)
    build_panel(reports.select(*REPORTS), catalogue=CATALOGUE)
    return reports.height
