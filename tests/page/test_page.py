import re
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
from playwright.sync_api import expect

from forecaster.adapters.key_file import KeyFile
from forecaster.adapters.published_vintages import PublishedVintages
from forecaster.adapters.reachable_alerts import ReachableAlerts
from forecaster.domain.alerts import CHAMPION_KEPT
from tests.alerts import NOW, alert
from tests.page.visits import Visit
from tests.vintages import EV, LFP, THIN, WHY_THIN, tiny_vintage


def test_a_series_is_chosen_and_its_chart_table_and_origin_are_shown(
    visit: Visit, store: PublishedVintages, address: str
) -> None:
    store.publish(tiny_vintage())
    page = visit.page

    page.goto(address)
    page.get_by_role("button", name="Batteries").click()
    page.get_by_role("link", name="LFP battery output, China").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("LFP battery output, China")
    expect(page.locator("#chart[data-drawn^='LFP battery output'] svg path").first).to_be_attached()
    expect(page.locator("#points tr")).to_have_count(12)
    expect(page.locator("#points tr").first).to_contain_text("Sep 2026")
    expect(page.locator("#facts")).to_contain_text("MASE 0.71 over 12 cutoffs")
    expect(page.locator("#facts")).to_contain_text("auto_ces 60 %")
    expect(page.locator("#eyebrow")).to_have_text(f"{LFP} · GWh a month")
    assert page.url.endswith(f"#{LFP}")
    assert visit.complaints == []
    assert visit.foreign(address) == []


def test_open_alerts_are_counted_above_and_shown_when_asked_for(
    visit: Visit, store: PublishedVintages, address: str, alerts: ReachableAlerts
) -> None:
    store.publish(tiny_vintage())
    with alerts.open() as kept:
        kept.raise_alert(alert(), now=NOW)
        kept.raise_alert(alert(CHAMPION_KEPT), now=NOW)
    page = visit.page

    page.goto(address)
    page.locator("#alerts-count").click()

    expect(page.locator("#alerts-count")).to_have_text("1 open alert")
    expect(page.locator("#alerts-list li")).to_have_text("20 September 2026It broke.")
    assert visit.complaints == []


def test_the_address_names_the_series(visit: Visit, store: PublishedVintages, address: str) -> None:
    store.publish(tiny_vintage())
    page = visit.page

    page.goto(f"{address}/#{THIN}")

    expect(page.locator("#reason")).to_contain_text(WHY_THIN)
    expect(page.locator("#observations tr")).to_have_count(3)
    expect(page.locator("#figure")).to_be_hidden()
    expect(page.locator("#series a[aria-current]")).to_contain_text("Solar panel exports to Africa")
    assert visit.complaints == []


def test_without_a_name_in_the_address_electric_vehicles_come_first(
    visit: Visit, store: PublishedVintages, address: str
) -> None:
    store.publish(tiny_vintage())

    visit.page.goto(address)

    expect(visit.page).to_have_title(re.compile("New energy vehicle output"))


def test_search_finds_chinese_names_and_arrow_keys_choose(visit: Visit, store: PublishedVintages, address: str) -> None:
    store.publish(tiny_vintage())
    page = visit.page
    page.goto(f"{address}/#{LFP}")
    search = page.get_by_role("searchbox")

    search.fill("磷酸")
    expect(page.locator("#found")).to_have_text("1 series")
    search.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("LFP battery output, China")
    search.fill("nothing of the kind")
    expect(page.locator("#found")).to_have_text("0 series")


def test_the_table_shows_the_year_to_date_where_it_is_chosen(
    visit: Visit, store: PublishedVintages, address: str
) -> None:
    vintage = tiny_vintage()
    levels = pl.when(pl.col("series_id") == LFP).then(pl.lit("stock")).otherwise("kind")
    store.publish(replace(vintage, series=vintage.series.with_columns(kind=levels)))
    page = visit.page
    page.goto(f"{address}/#{EV}")
    first = page.locator("#points tr").first
    expect(first).to_contain_text("1,515,000")

    page.get_by_role("button", name="Year to date").click()

    expect(page.get_by_role("button", name="Year to date")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#span")).to_have_text("January to")
    expect(first).not_to_contain_text("1,515,000")
    expect(page.locator("#csv")).to_have_attribute("href", f"/v1/forecasts/{EV}?basis=ytd&format=csv")
    expect(page.locator("#chart[data-drawn$='from January on'] svg path").first).to_be_attached()
    page.goto(f"{address}/#{LFP}")
    expect(page.locator("#name")).to_have_text("LFP battery output, China")
    expect(page.locator("#bases")).to_be_hidden()
    expect(page.locator("#span")).to_have_text("Month")
    assert visit.complaints == []


def test_the_page_says_that_nothing_is_published_and_recovers_by_itself(
    visit: Visit, store: PublishedVintages, address: str
) -> None:
    page = visit.page
    page.clock.install()
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("No forecasts are published yet")

    store.publish(tiny_vintage())
    page.clock.fast_forward(6_000)

    expect(page.locator("#name")).to_have_text("New energy vehicle output, China")
    expect(page.locator("#notice")).to_be_hidden()


def test_a_broken_vintage_is_not_passed_off_as_none(visit: Visit, store: PublishedVintages, address: str) -> None:
    store.publish(tiny_vintage("broken"))
    (store.root / "broken" / "forecasts.arrow").unlink()

    visit.page.goto(address)

    expect(visit.page.locator("#notice")).to_contain_text("Vintage broken can't be served")


def test_a_new_vintage_is_shown_without_a_reload(visit: Visit, store: PublishedVintages, address: str) -> None:
    store.publish(tiny_vintage("first"))
    page = visit.page
    page.clock.install()
    page.goto(f"{address}/#{EV}")
    expect(page.locator("#facts")).to_contain_text("vintage first")

    store.publish(tiny_vintage("second", level=2_000_000.0))
    page.clock.fast_forward(61_000)

    expect(page.locator("#facts")).to_contain_text("vintage second")
    expect(page.locator("#points tr").first).to_contain_text("2,020,000")


def test_an_unknown_series_in_the_address_is_said_to_be_unknown(
    visit: Visit, store: PublishedVintages, address: str
) -> None:
    store.publish(tiny_vintage())

    visit.page.goto(f"{address}/#ev.prodction.CN")

    expect(visit.page.locator("#reason")).to_contain_text(f"Did you mean {EV}?")
    expect(visit.page.locator("#series a")).to_have_count(1)


def test_the_documentation_is_drawn_without_foreign_hosts(visit: Visit, store: PublishedVintages, address: str) -> None:
    page = visit.page

    page.goto(f"{address}/docs")
    page.locator("[id='operations-forecasts-forecast_v1_forecasts__series_id__get']").click()

    expect(
        page.get_by_text("The latest forecast of a series, or the one in service at an instant.").first
    ).to_be_visible()
    expect(page.get_by_text("More months than were forecast").first).to_be_visible()
    assert visit.complaints == []
    assert visit.foreign(address) == []


def test_from_elsewhere_the_page_asks_for_a_key_and_reads_and_saves_with_it(
    visit: Visit, store: PublishedVintages, keys: KeyFile, guarded: str
) -> None:
    store.publish(tiny_vintage())
    secret = keys.add("ana", scopes=("read",), now=datetime(2026, 9, 10, tzinfo=UTC))
    page = visit.page
    page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.1"})  # as a proxy tells of somebody elsewhere

    page.goto(f"{guarded}/#{EV}")
    expect(page.get_by_role("heading", level=1)).to_have_text("A key is needed")
    page.get_by_label("API key").fill(secret)
    page.get_by_role("button", name="Use it").click()
    expect(page.locator("#points tr")).to_have_count(12)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV", exact=True).click()

    assert saved.value.suggested_filename == f"{EV}.csv"
    assert "2026-09" in saved.value.path().read_text()
    expect(page.locator("#notice")).to_be_hidden()
    assert visit.foreign(guarded) == []
