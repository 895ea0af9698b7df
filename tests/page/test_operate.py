"""The operating view in a real browser, before the real service on a real jobs database."""

import re

from playwright.sync_api import expect

from tests.page.desk import Desk


def test_a_schedule_is_made_and_its_next_run_is_told_in_both_zones(desk: Desk) -> None:
    page = desk.operate().page

    page.get_by_role("button", name="New schedule").click()
    form = page.locator("#schedule-form")
    form.get_by_label("Name").fill("monthly")
    form.get_by_label("Cron").fill("30 9 1,15 * *")
    expect(page.locator("#cron-words")).to_have_text("on the 1st and 15th of each month at 09:30")
    form.get_by_label("Electric vehicles").check()
    form.get_by_role("button", name="Make it").click()

    card = desk.card("monthly")
    expect(card).to_contain_text("on the 1st and 15th of each month at 09:30, time of Asia/Shanghai")
    expect(card).to_contain_text(re.compile(r"15 Sep(t)? 2026, 03:30 your time \(Europe/Berlin\)"))
    expect(card).to_contain_text(re.compile(r"15 Sep(t)? 2026, 09:30 in Asia/Shanghai"))
    expect(card).to_contain_text("Electric vehicles")
    expect(page.locator("#said")).to_have_text("monthly is made.")
    made = desk.ask("/v1/schedules/monthly")
    assert (made["cron"], made["sectors"], made["next_run_at"]) == ("30 9 1,15 * *", ["ev"], "2026-09-15T01:30:00Z")
    assert desk.visit.complaints == []
    assert desk.visit.foreign(desk.url) == []


def test_a_schedule_is_changed_paused_resumed_run_and_deleted(desk: Desk) -> None:
    with desk.door.open() as jobs:
        jobs.add_schedule("monthly", cron="0 10 18 * *", zone="UTC", experiment="production", sectors=["ev"])
    page, card = desk.operate().page, desk.card("monthly")

    card.get_by_role("button", name="Change").click()
    page.get_by_label("at each release").check()
    expect(page.locator("#clock")).to_be_hidden()
    page.get_by_label("Electric vehicles").uncheck()
    page.get_by_role("button", name="Change it").click()
    expect(card).to_contain_text("at each release of new figures")
    changed = desk.ask("/v1/schedules/monthly")
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("none while it is paused")
    paused = desk.ask("/v1/schedules/monthly")
    expect(card.get_by_role("button", name="Resume")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card.get_by_role("button", name="Pause")).to_be_visible()
    resumed = desk.ask("/v1/schedules/monthly")
    card.get_by_role("button", name="Run now").click()
    expect(page.locator("#jobs-list > li")).to_contain_text("schedule monthly")
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Leave it").click()
    expect(card).to_be_visible()
    card.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(card).to_have_count(0)

    assert (changed["on"], changed["cron"], changed["sectors"]) == ("release", None, None)
    assert (paused["paused"], resumed["paused"]) == (True, False)
    assert [job["schedule"] for job in desk.ask("/v1/jobs")["items"]] == ["monthly"]
    assert desk.ask("/v1/schedules")["items"] == []
    assert desk.visit.complaints == []


def test_what_is_refused_is_told_at_the_field_it_belongs_to(desk: Desk) -> None:
    page = desk.operate().page
    page.get_by_role("button", name="New schedule").click()
    form = page.locator("#schedule-form")
    form.get_by_label("Name").fill("monthly")

    form.get_by_label("Cron").fill("0 0 31 2 *")
    page.get_by_role("button", name="Make it").click()

    cron = form.get_by_label("Cron")
    expect(form.locator("[data-field=cron] .wrong")).to_contain_text("never due")
    expect(cron).to_be_focused()
    expect(cron).to_have_accessible_description(re.compile("never due"))
    cron.fill("0 10 18 * *")
    form.get_by_label("Zone").fill("Beijing")
    page.get_by_role("button", name="Make it").click()
    expect(form.locator("[data-field=zone] .wrong")).to_contain_text("'Beijing' is no IANA zone")
    expect(form.locator("[data-field=cron] .wrong")).to_be_hidden()
    form.get_by_label("Zone").fill("UTC")
    form.get_by_label("Experiment").fill("prodution")
    page.get_by_role("button", name="Make it").click()
    expect(form.locator("[data-field=experiment] .wrong")).to_contain_text("production")
    assert desk.ask("/v1/schedules")["items"] == []
    assert desk.complaints() == []


def test_a_job_is_started_followed_and_cancelled(desk: Desk) -> None:
    page = desk.operate().page
    with desk.worker():
        page.get_by_role("button", name="Start a job").click()
        form = page.locator("#job-form")
        form.get_by_label("As of").fill("yesterday")
        form.get_by_role("button", name="Start").click()
        expect(form.locator("[data-field=as_of] .wrong")).to_be_visible()
        form.get_by_label("As of").fill("2026-06-30")
        form.get_by_label("Experiment").fill("slow")
        form.get_by_label("Batteries").check()
        form.get_by_role("button", name="Start").click()

        card = page.locator("#jobs-list > li")
        expect(card.locator(".state")).to_have_text("running", timeout=30_000)
        expect(card.locator(".lines")).to_contain_text("training battery", timeout=30_000)
        card.get_by_role("button", name="Cancel").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()

        expect(card.locator(".state")).to_have_text("cancelled", timeout=30_000)
        expect(card.get_by_role("button", name="Cancel")).to_be_hidden()
    [job] = desk.ask("/v1/jobs")["items"]
    assert (job["state"], job["sectors"], job["as_of"][:10]) == ("cancelled", ["battery"], "2026-06-30")
    assert desk.complaints() == []


def test_a_job_that_has_ended_shows_its_decision_its_run_and_what_failed(desk: Desk) -> None:
    page = desk.operate().page
    with desk.door.open() as jobs:
        jobs.start("slow")

    with desk.worker():
        card = page.locator("#jobs-list > li")
        expect(card.locator(".lines")).to_contain_text("training everything", timeout=30_000)  # unfolded by itself
        (desk.folder / "go").touch()
        expect(card.locator(".state")).to_have_text("succeeded", timeout=30_000)

    expect(card).to_contain_text("better by 3 %")
    expect(card.get_by_role("row").nth(1)).to_contain_text("auto_arima")
    expect(card.get_by_role("link", name="0f3c2a")).to_have_attribute("href", "http://127.0.0.1:5000/#/runs/0f3c2a")
    assert desk.complaints() == []
    assert desk.visit.foreign(desk.url) == []


def test_without_a_key_jobs_stay_readable_and_the_page_says_how_to_get_one(desk: Desk) -> None:
    with desk.door.open() as jobs:
        jobs.start("production")
    page = desk.page

    page.goto(f"{desk.url}/operate")

    expect(page.locator("#door")).to_contain_text("sectorcast keys add NAME --scopes read,operate")
    expect(page.locator("#jobs-list > li")).to_contain_text("production: all sectors")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_role("button", name="Start a job")).to_be_hidden()
    expect(page.locator("#schedules")).to_be_hidden()
    assert desk.visit.complaints == []
    page.goto(desk.url)  # whatever is asked for at this moment is given up, which the browser tells
    expect(page.get_by_role("link", name="Operating")).to_have_attribute("href", "/operate")


def test_a_key_that_does_not_operate_is_told_and_one_that_does_can_be_forgotten(desk: Desk) -> None:
    page = desk.page
    page.goto(f"{desk.url}/operate")

    desk.enter("sectorcast_nobody")
    expect(page.locator("[data-field=key] .wrong")).to_be_visible()
    expect(page.locator("#jobs-none")).to_be_visible()
    desk.enter(desk.key("read"))
    expect(page.locator("[data-field=key] .wrong")).to_contain_text("operate")
    desk.enter(desk.key("read", "operate"))
    expect(page.locator("#door")).to_be_hidden()
    page.get_by_role("button", name="Forget it").click()

    expect(page.locator("#door")).to_be_visible()
    expect(page.locator("#schedules")).to_be_hidden()
    assert desk.complaints() == []


WORDS = {
    "0 10 18 * *": "on the 18th of each month at 10:00",
    "0 0 10 18 * *": "on the 18th of each month at 10:00",
    "5 8,20 * * *": "every day at 08:05 and 20:05",
    "0 6 * * 1-5": "Mondays to Fridays at 06:00",
    "0 6 * * 1,4": "on Mondays and Thursdays at 06:00",
    "0 6 31 * *": "on the 31st of each month that has it at 06:00",
    "0 6 3 3,9 *": "on the 3rd of March and September at 06:00",
    "*/15 * * * *": "every 15 minutes",
    "*/45 * * * *": None,
    "7 * * * *": "every hour at 07 minutes past",
    "0 6 1 * 1": None,
    "0 6 L * *": None,
    "0 25 * * *": None,
    "tomorrow": None,
}


def test_crons_are_put_in_words_where_there_are_plain_ones(desk: Desk) -> None:
    desk.page.goto(f"{desk.url}/operate")

    told = desk.page.evaluate(
        "async (crons) => { const { cronInWords } = await import('/static/cron.js'); return crons.map(cronInWords); }",
        list(WORDS),
    )

    assert dict(zip(WORDS, told, strict=True)) == WORDS
