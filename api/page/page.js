// The page: reads the service's own API and draws. Nothing is kept, the address names the series.
import { drawChart } from "/static/chart.js";
import { at, facts, hide, make, show } from "/static/elements.js";
import { onKey, savedWithKey } from "/static/key.js";
import { get, Problem } from "/static/service.js";
import { formatCount, formatDay, formatMonth, formatShare, formatValue, listWeights } from "/static/words.js";

const DEFAULT = "ev.production.CN";
const WAIT = 5_000; // ms between attempts while nothing is published or nobody answers
const WATCH = 60_000; // ms between looks for a new vintage
const PAGE = 200;

const state = { vintage: null, sectors: [], sector: null, series: null, cursor: null, asked: 0, shown: 0, basis: "month" };

// ---- what is published -----------------------------------------------------------------------------------------

let again = 0;

async function look() {
  clearTimeout(again);
  let wait = WATCH;
  try {
    const overview = await get("/v1/sectors");
    hide("notice");
    show("columns");
    if (overview.vintage.id !== state.vintage) await takeUp(overview);
    await readAlerts();
  } catch (error) {
    wait = error.locked ? WATCH : WAIT; // entering a key looks at once
    notice(error);
  }
  again = setTimeout(look, wait);
}

async function takeUp(overview) {
  state.vintage = overview.vintage.id;
  state.sectors = overview.items;
  at("issued").textContent =
    `Issued ${formatDay(overview.vintage.issued_at)}, from figures released by ${formatDay(overview.vintage.data_as_of)}`;
  await showSeries();
}

/** What is open; where alerts can't be read, forecasts are shown all the same. */
async function readAlerts() {
  try {
    drawAlerts((await get("/v1/alerts?open=true&limit=20")).items);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    drawAlerts([]);
  }
}

/** Folded up: whoever looks for a forecast need not read them. */
function drawAlerts(alerts) {
  at("alerts").hidden = alerts.length === 0;
  at("alerts-count").textContent = formatCount(alerts.length, "open alert", "open alerts");
  const items = alerts.map((alert) => {
    const item = make("li", "", { class: alert.severity });
    item.append(make("time", formatDay(alert.raised_at), { datetime: alert.raised_at }), make("span", alert.text));
    return item;
  });
  at("alerts-list").replaceChildren(...items);
}

function notice(error) {
  const waiting = error instanceof Problem && error.type === "/problems/nothing-published";
  const locked = error instanceof Problem && error.locked;
  at("ask-key").hidden = !locked;
  const [title, text] = locked
    ? ["A key is needed", "Whoever runs this service makes one with `sectorcast keys add`. It stays in this tab."]
    : waiting
      ? ["No forecasts are published yet", "They appear here by themselves as soon as the first run has ended."]
      : error instanceof Problem
        ? ["The service can't serve forecasts", error.message]
        : ["The service does not answer", "This page tries again every few seconds."];
  at("notice-title").textContent = title;
  at("notice-text").textContent = text;
  if (waiting || locked || state.vintage === null) {
    state.vintage = null;
    hide("columns", "alerts");
    show("notice");
  } else {
    at("issued").textContent = `${title}; what you see may be old.`;
    state.vintage = "";
  }
}

// ---- choosing --------------------------------------------------------------------------------------------------

function drawSectors() {
  const buttons = state.sectors.map((sector) => {
    const pressed = String(sector.key === state.sector);
    const button = make("button", sector.name ?? sector.key, { type: "button", "aria-pressed": pressed });
    if (sector.name_zh) button.title = sector.name_zh;
    button.addEventListener("click", () => chooseSector(sector.key));
    return button;
  });
  const focused = [...at("sectors").children].indexOf(document.activeElement);
  at("sectors").replaceChildren(...buttons);
  if (focused >= 0) buttons[focused]?.focus();
}

async function chooseSector(key) {
  state.sector = key;
  at("search").value = "";
  drawSectors();
  await listSeries();
}

async function listSeries({ more = false } = {}) {
  const turn = ++state.asked;
  const query = new URLSearchParams({ sector: state.sector, limit: PAGE });
  if (at("search").value.trim()) query.set("q", at("search").value.trim());
  if (more) query.set("cursor", state.cursor);
  const page = await get(`/v1/series?${query}`);
  if (turn !== state.asked) return; // a later question is under way
  const items = page.items.map(listItem);
  if (more) at("series").append(...items);
  else at("series").replaceChildren(...items);
  state.cursor = page.next_cursor;
  at("more").hidden = page.next_cursor === null;
  const count = at("series").children.length;
  at("found").textContent = page.next_cursor ? `the first ${count} series` : formatCount(count, "series", "series");
}

function listItem(series) {
  const link = make("a", series.name, { href: `#${series.series_id}` });
  link.append(make("small", series.name_zh, { lang: "zh" }));
  if (!series.leading) link.append(make("small", `as counted by ${sourceName(series)}`));
  if (series.status === "no-forecast") link.append(make("small", `no forecast: ${series.reason}`, { class: "without" }));
  if (series.series_id === state.series) link.setAttribute("aria-current", "true");
  const item = make("li");
  item.append(link);
  return item;
}

function markCurrent() {
  for (const link of at("series").querySelectorAll("a")) {
    if (link.hash === `#${state.series}`) {
      link.setAttribute("aria-current", "true");
      reveal(link);
    } else link.removeAttribute("aria-current");
  }
}

/** Scrolls the list, and the list alone, to a link that is out of its sight. */
function reveal(link) {
  const list = at("series");
  const above = link.offsetTop < list.scrollTop;
  const below = link.offsetTop + link.offsetHeight > list.scrollTop + list.clientHeight;
  if (above || below) list.scrollTop = link.offsetTop - list.clientHeight / 3;
}

/** Arrow keys go from the search field into the list and along it. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const stops = [at("search"), ...at("series").querySelectorAll("a")];
  const next = stops[stops.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

// ---- one series ------------------------------------------------------------------------------------------------

async function showSeries() {
  const wanted = decodeURIComponent(location.hash.slice(1)) || DEFAULT;
  if (wanted === "reading") return; // the skip link
  const turn = ++state.shown;
  try {
    const series = await get(`/v1/series/${encodeURIComponent(wanted)}`);
    if (turn !== state.shown) return;
    state.series = wanted;
    await Promise.all([readSeries(series, turn), listFor(series)]);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    await missing(wanted, error);
  }
}

async function listFor(series) {
  if (series.sector !== state.sector || !at("series").children.length) {
    state.sector = series.sector;
    at("search").value = "";
    drawSectors();
    await listSeries();
  }
  markCurrent();
}

async function missing(wanted, error) {
  hide("figure", "forecast", "observed", "about", "stale");
  at("eyebrow").textContent = wanted;
  at("name").textContent = "No such series";
  at("name-zh").textContent = "";
  at("reason").textContent = error.message;
  show("no-forecast");
  document.title = "sectorcast";
  if (state.sector === null && state.sectors.length) await chooseSector(state.sectors[0].key);
}

async function readSeries(series, turn) {
  const path = encodeURIComponent(series.series_id);
  const forecast = series.status === "forecast";
  const [answer, spec, history] = forecast
    ? [...(await readForecast(path, basisOf(series))), null]
    : [null, null, await get(`/v1/series/${path}/observations`)];
  if (turn !== state.shown) return;
  head(series);
  if (forecast) {
    hide("no-forecast", "observed");
    show("figure", "forecast", "about");
    at("bases").hidden = !series.basis.includes("ytd");
    drawPoints(answer);
    drawFacts(series, answer);
    await drawFan(answer, spec);
  } else {
    hide("figure", "forecast", "about");
    at("reason").textContent = `${series.name} is not forecast: ${series.reason}.`.replace("..", ".");
    show("no-forecast");
    at("observed").hidden = history.items.length === 0;
    drawObservations(history);
  }
}

/** A forecast and its chart, both in one basis. */
function readForecast(path, basis) {
  return Promise.all([get(`/v1/forecasts/${path}?basis=${basis}`), get(`/v1/forecasts/${path}/chart.json?basis=${basis}`)]);
}

function drawFan(forecast, spec) {
  const sums = forecast.basis === "ytd" ? ", from January on" : "";
  return drawChart(at("chart"), spec, `${forecast.name}: history and forecast in ${forecast.unit}${sums}`);
}

/** The basis chosen, where the series has it: levels don't add up to a year. */
function basisOf(series) {
  return series.basis.includes(state.basis) ? state.basis : "month";
}

async function chooseBasis(event) {
  const button = event.target.closest("button");
  if (!button || button.value === state.basis) return;
  state.basis = button.value;
  const turn = state.shown;
  const [forecast, spec] = await readForecast(encodeURIComponent(state.series), state.basis);
  if (turn !== state.shown || forecast.basis !== state.basis) return;
  drawPoints(forecast);
  await drawFan(forecast, spec);
}

function head(series) {
  document.title = `${series.name} · sectorcast`;
  at("eyebrow").textContent = `${series.series_id} · ${series.unit} a month`;
  if (series.kind === "stock") at("eyebrow").textContent = `${series.series_id} · ${series.unit}`;
  at("name").textContent = series.name;
  at("name-zh").textContent = series.name_zh;
  at("stale").hidden = !series.stale;
  at("stale").textContent = series.last_period
    ? `Figures are overdue: the last month here is ${formatMonth(series.last_period)}.`
    : "Figures are overdue.";
}

function drawPoints(forecast) {
  for (const button of at("bases").children) button.setAttribute("aria-pressed", String(button.value === forecast.basis));
  at("span").textContent = forecast.basis === "ytd" ? "January to" : "Month";
  const rows = forecast.points.map((point) => {
    const row = make("tr");
    row.append(make("th", formatMonth(point.period), { scope: "row" }), make("td", formatValue(point.mean), { class: "mean" }));
    if (point.includes_estimated) row.title = "Some of its known months are estimated, not published";
    for (const level of ["80", "95"])
      for (const end of point.intervals[level]) row.append(make("td", formatValue(end), { class: "range" }));
    return row;
  });
  at("points").replaceChildren(...rows);
  const path = encodeURIComponent(forecast.series_id);
  at("csv").href = `/v1/forecasts/${path}?basis=${forecast.basis}&format=csv`;
  at("json").href = `/v1/forecasts/${path}?basis=${forecast.basis}`;
  at("observations-csv").href = `/v1/series/${path}/observations?format=csv`;
}

function drawObservations(history) {
  const rows = history.items.slice(-12).reverse().map((item) => {
    const row = make("tr");
    row.append(
      make("th", formatMonth(item.period), { scope: "row" }),
      make("td", formatValue(item.value)),
      make("td", item.obtained),
    );
    return row;
  });
  at("observations").replaceChildren(...rows);
}

function drawFacts(series, forecast) {
  const { mase, coverage_80: coverage, folds } = forecast.backtest;
  const told = [
    ["Unit", series.kind === "flow" ? `${forecast.unit}, sum of the month` : `${forecast.unit}, level`],
    ["Figures", `${figuresOf(series)}, ${formatMonth(series.first_period)} to ${formatMonth(forecast.cutoff)}`],
    ["Model", `${forecast.model.name}, version ${forecast.model.version}`],
    ["Weights", listWeights(forecast.model.weights)],
    ["Left out", forecast.failed.map((failed) => `${failed.model}: ${failed.reason}`)],
    ["Backtest", mase === null ? "too few figures to say" : [
      `MASE ${mase.toFixed(2)} over ${formatCount(folds, "cutoff", "cutoffs")}`,
      ...(coverage === null ? [] : [`the 80 % band held ${formatShare(coverage)} of the months`]),
    ]],
    ["Issued", `${formatDay(forecast.vintage.issued_at)}, vintage ${forecast.vintage.id}`],
    ["Data as of", formatDay(forecast.vintage.data_as_of)],
    ["Run", forecast.model.run_id],
  ];
  at("facts").replaceChildren(...facts(told));
}

function figuresOf(series) {
  if (series.derived === "sum") return `the sum of ${formatCount(series.children.length, "series", "series")}`;
  if (series.derived === "remainder") return "what the other parts leave of the whole";
  return sourceName(series);
}

function sourceName(series) {
  const sector = state.sectors.find((one) => one.key === series.sector);
  return sector?.sources.find((source) => source.key === series.source)?.name ?? series.source;
}

// ---- events ----------------------------------------------------------------------------------------------------

let typing = 0;
at("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => listSeries().catch(notice), 180);
});
at("more").addEventListener("click", () => listSeries({ more: true }).catch(notice));
document.querySelector(".choose").addEventListener("keydown", walk);
at("bases").addEventListener("click", (event) => chooseBasis(event).catch(notice));
for (const id of ["csv", "json", "observations-csv"]) savedWithKey(at(id));
onKey(at("ask-key"), look);
window.addEventListener("hashchange", () => showSeries().catch(notice));
look();
