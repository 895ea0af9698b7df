"""The commands that take figures in and say what is declared of them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from deltalake import DeltaTable
from typer.testing import CliRunner, Result

from forecaster.cli import app
from forecaster.domain.errors import BadParameter, BadReportFile, PlaceUnusable, RefusedRelease, UnknownName
from tests.catalogues import DECLARED, LAYOUT

CSV = """series_id,period_start,period_end,basis,value,unit
ev.production.CN,2024-03,2024-03,month,881000,vehicles
ev.production.CN,2024-01,2024-03,ytd,211.5,10k vehicles
"""

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(DECLARED, encoding="utf-8")
    (tmp_path / "figures.csv").write_text(CSV, encoding="utf-8")
    environ = {"SECTORCAST_HOME": str(tmp_path / "home"), "SECTORCAST_CATALOGUE": str(catalogue)}

    def invoke(*arguments: str, standard_input: str | None = None) -> Result:
        return CliRunner().invoke(app, arguments, input=standard_input, env=environ)

    return invoke


def test_files_are_taken_in_and_counted(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "figures.csv")

    first = run("ingest", file)
    again = run("ingest", file, "--json")

    assert first.stdout.splitlines()[0].split() == ["file", "new", "revised", "repeated", "further", "warnings"]
    assert first.stdout.splitlines()[1].split()[1:] == ["2", "0", "0", "0", "0"]
    store = tmp_path / "home" / "reports"
    assert first.stdout.splitlines()[-1] == f"Stored in {store}. Forecasts take it up with the next run."
    told = json.loads(again.stdout)
    assert (told["new"], told["repeated"], told["store"]) == (0, 2, str(store))
    assert run("ingest", file).stdout.splitlines()[-1] == f"{store} has all of it already; nothing was stored."


def test_standard_input_is_a_file_too_and_may_leave_source_and_date_to_options(run: Run) -> None:
    run("ingest", "-", "--source", "Club", "--released", "2024-04-11", standard_input=CSV)

    listed = {row["series_id"]: row for row in json.loads(run("series", "--sector", "ev", "--json").stdout)}

    assert listed["ev.production.CN"]["reports"] == 0
    club = listed["ev.production.CN@club"]
    assert (club["reports"], club["first"], club["last"], club["released"]) == (2, "2024-01", "2024-03", "2024-04-11")


def test_a_dry_run_stores_nothing(run: Run, tmp_path: Path) -> None:
    answer = run("ingest", "--dry-run", str(tmp_path / "figures.csv"))
    told = run("ingest", "--dry-run", "--json", str(tmp_path / "figures.csv"))

    assert "nothing was stored" in answer.stdout
    assert "new   ev.production.CN" in answer.stdout
    changes = json.loads(told.stdout)["files"][0]["changes"]
    assert [(change["line"], change["what"]) for change in changes] == [(2, "new"), (3, "new")]
    assert changes[0]["period_start"] == "2024-03-01"
    assert not (tmp_path / "home").exists()


def test_a_printed_table_is_taken_in_and_what_it_states_besides_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text(DECLARED + LAYOUT, encoding="utf-8")
    table = "指标,当月,累计\n,绝对量,绝对量\n新能源汽车（vehicles）,881000,2115000\n粗钢（万吨）,1,1\n"

    answer = run("ingest", "-", "--layout", "bureau", "--period", "2024-03", standard_input=table)
    wrong = run("ingest", "-", "--period", "March", standard_input=table)

    assert answer.stdout.splitlines()[1].split()[2:] == ["2", "0", "0", "0", "0"]
    assert "left out, since the layout does not know them: 粗钢." in answer.stdout
    assert isinstance(wrong.exception, BadParameter)


def test_warnings_are_counted_and_each_is_told_with_its_line(run: Run) -> None:
    falling = CSV + "ev.production.CN,2024-01,2024-04,ytd,200.2,10k vehicles\n"

    answer = run("ingest", "-", standard_input=falling)
    told = run("ingest", "-", "--json", "--dry-run", standard_input=falling.replace("200.2,", "190.3,"))

    assert answer.stdout.splitlines()[1].split()[-1] == "1"
    assert "standard input, line 4, value: the total to 2024-04, 2,002,000, is smaller" in answer.stdout
    (file,) = json.loads(told.stdout)["files"]
    assert [warning["line"] for warning in file["warnings"]] == [4]


def test_a_file_in_error_keeps_the_files_beside_it_out(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(CSV.replace("month", "year"), encoding="utf-8")

    answer = run("ingest", str(tmp_path / "figures.csv"), str(broken))

    assert isinstance(answer.exception, RefusedRelease)
    assert answer.exception.file == str(broken)
    assert not (tmp_path / "home").exists()


def test_several_files_are_one_release_in_one_commit(run: Run, tmp_path: Path) -> None:
    later = tmp_path / "later.csv"
    later.write_text(CSV.splitlines()[0] + "\nev.production.CN,2024-01,2024-04,ytd,200.2,10k vehicles\n")

    answer = run("ingest", str(tmp_path / "figures.csv"), str(later), str(later), "--json")

    told = json.loads(answer.stdout)
    assert [told[name] for name in ("new", "revised", "repeated", "further", "doubtful")] == [3, 0, 1, 0, 2]
    assert [(file["reports"], file["doubtful"]) for file in told["files"]] == [(2, 0), (1, 1), (1, 1)]
    table = DeltaTable(tmp_path / "home" / "reports")
    assert table.version() == 1
    assert table.history(1)[0]["release_id"] == told["release_id"]


def test_the_counts_of_several_files_stand_together_and_warnings_by_file(run: Run, tmp_path: Path) -> None:
    falling = CSV.splitlines()[0] + "\nev.production.CN,2024-01,2024-04,ytd,200.2,10k vehicles\n"

    answer = run("ingest", str(tmp_path / "figures.csv"), "-", standard_input=falling)

    assert answer.stdout.splitlines()[1].split() == ["2", "files", "3", "0", "0", "0", "1"]
    assert "standard input, line 2, value: the total to 2024-04" in answer.stdout


def test_a_store_that_cannot_be_written_is_named_with_what_to_do(run: Run, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "reports").write_text("in the way")

    answer = run("ingest", str(tmp_path / "figures.csv"))

    assert isinstance(answer.exception, PlaceUnusable)
    assert str(answer.exception) == (
        f"The report store {tmp_path / 'home' / 'reports'} can't be used: Not a directory. Nothing was stored. "
        "Move the file in its way, or set SECTORCAST_REPORTS to another place."
    )


def test_an_empty_file_is_called_empty(run: Run) -> None:
    assert str(run("ingest", "-", standard_input="").exception).startswith("standard input: is empty.")
    assert "not even a header" in str(run("ingest", "-", standard_input="\n\n").exception)


def test_a_file_that_is_not_there_is_named(run: Run) -> None:
    answer = run("ingest", "/nowhere.csv")

    assert isinstance(answer.exception, BadReportFile)
    assert str(answer.exception) == "/nowhere.csv: can't be read: No such file or directory."


def test_series_are_listed_with_what_is_known_of_each(run: Run) -> None:
    table = run("series", "--sector", "battery").stdout.splitlines()

    assert [line.split()[0] for line in table[1:]] == [
        "battery.capacity.CN",
        "battery.production.CN",
        "battery.production.CN.lfp",
        "battery.production.CN.rest",
    ]


def test_an_unknown_sector_is_answered_with_the_known_ones(run: Run) -> None:
    answer = run("series", "--sector", "steel")
    near = run("series", "--sector", "Baterry")

    assert isinstance(answer.exception, UnknownName)
    assert str(answer.exception) == "--sector: 'steel' is unknown. There are ev, battery, solar."
    assert str(near.exception) == "--sector: 'Baterry' is unknown. Did you mean battery?"


def test_the_catalogue_is_checked_against_the_store(run: Run, tmp_path: Path) -> None:
    run("ingest", str(tmp_path / "figures.csv"))
    sound = run("catalogue", "check")
    other = tmp_path / "catalogue.toml"
    other.write_text(
        DECLARED.replace('measure = "ev.production"\nregions = ["CN"]', 'measure = "ev.production"\nregions = ["DE"]'),
        encoding="utf-8",
    )

    broken = run("catalogue", "check", "--json")

    assert sound.exit_code == 0
    assert sound.stdout.splitlines()[-1] == "9 series declared, 6 of them without reports; 0 findings."
    assert broken.exit_code == 1
    (finding,) = json.loads(broken.stdout)["findings"]
    assert (finding["severity"], finding["series_id"]) == ("error", "ev.production.CN")
