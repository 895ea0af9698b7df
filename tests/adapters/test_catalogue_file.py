"""The catalogue from a file, and the bundled one."""

from importlib.resources import files
from pathlib import Path

import pytest

from forecaster.adapters.catalogue_file import load_catalogue
from forecaster.domain.errors import BadCatalogue
from forecaster.settings import load_settings
from tests.catalogues import DECLARED


def test_a_file_is_read_as_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(DECLARED, encoding="utf-8")

    assert load_catalogue(file).sectors["ev"].name_zh == "新能源汽车"


@pytest.mark.parametrize("content", [None, b"[units", b"\xff\xfe"])
def test_a_file_that_can_not_be_read_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "catalogue.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(BadCatalogue, match=r"catalogue\.toml: can't be read"):
        load_catalogue(file)


def test_the_bundled_catalogue_declares_three_sectors_with_names_in_both_languages() -> None:
    declared = load_catalogue(load_settings({}).catalogue_file)

    assert set(declared.sectors) == {"ev", "battery", "solar"}
    assert len(declared.series) == 247
    assert all(one.name and one.name_zh for one in declared.series.values())
    assert all(source.licence and source.url for source in declared.sources.values())


def test_every_break_of_scope_is_declared_and_gives_its_reason() -> None:
    declared = load_catalogue(load_settings({}).catalogue_file)

    months = [f"{one.since:%Y-%m}" for one in declared.breaks_of("battery.production.CN.lfp")]
    panels = [one for one in declared.series if one.startswith("solar.exports.") and one.endswith(".panels")]

    assert months == ["2023-08", "2024-01"]
    assert all(len(declared.breaks_of(one)) == 1 for one in panels)
    assert all(one.reason for one in declared.breaks)


def test_the_bundle_stays_small() -> None:
    folder = Path(str(files("forecaster") / "bundled"))

    assert sum(file.stat().st_size for file in folder.iterdir()) < 1_000_000
