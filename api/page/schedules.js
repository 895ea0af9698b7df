// Schedules: what starts jobs, by the clock or at each release.
import { cronInWords } from "/static/cron.js";
import { around, at, facts, make } from "/static/elements.js";
import { drawTicks, openForm, sure, tickedIn } from "/static/forms.js";
import { ask } from "/static/service.js";
import { formatInstant, OWN_ZONE } from "/static/words.js";

const NEW = { name: "", cron: "0 10 18 * *", on: null, zone: "Asia/Shanghai", experiment: "production", sectors: null };
const path = (name) => `/v1/schedules/${encodeURIComponent(name)}`;
const drawn = new Map(); // by name: what a card shows, as text

/** Draws the schedules; a card that shows what it should already is left as it is, with whatever has the focus in it. */
export function drawSchedules(schedules, { sectors, did }) {
  const list = at("schedules-list");
  const kept = new Map([...list.children].map((card) => [card.dataset.name, card]));
  const cards = schedules.map((schedule) => {
    const shown = JSON.stringify([schedule, sectors]);
    const card = kept.get(schedule.name);
    if (card && drawn.get(schedule.name) === shown) return card;
    drawn.set(schedule.name, shown);
    return cardOf(schedule, { sectors, did });
  });
  const focused = document.activeElement.closest?.("#schedules-list > li");
  const act = document.activeElement.dataset?.act;
  if (cards.some((card, place) => list.children[place] !== card) || cards.length !== list.children.length) {
    list.replaceChildren(...cards);
    if (focused) list.querySelector(`[data-name="${focused.dataset.name}"] [data-act="${act}"]`)?.focus();
  }
  at("schedules-none").hidden = schedules.length > 0;
}

function cardOf(schedule, { sectors, did }) {
  const state = schedule.paused ? make("span", "paused", { class: "state paused" }) : make("span", "active", { class: "state active" });
  const about = around("dl", {});
  about.append(
    ...facts([
      ["Starts", startsOf(schedule)],
      ["Next run", nextOf(schedule)],
      ["Experiment", schedule.experiment],
      ["Sectors", namesOf(schedule.sectors, sectors)],
      ["Last outcome", schedule.last_outcome ?? "no job has ended yet"],
    ]),
  );
  const deeds = [
    ["Run now", "run", () => run(schedule, did)],
    schedule.paused ? ["Resume", "pause", () => hold(schedule, false, did)] : ["Pause", "pause", () => hold(schedule, true, did)],
    ["Change", "change", () => changeSchedule(schedule, { sectors, did })],
    ["Delete", "delete", () => remove(schedule, did)],
  ];
  const buttons = deeds.map(([text, act, deed]) => {
    const button = make("button", text, { type: "button", "aria-label": `${text}: ${schedule.name}`, "data-act": act });
    button.addEventListener("click", () => deed().catch(did.failed));
    return button;
  });
  const head = around("div", { class: "head" }, make("h3", schedule.name), state);
  return around("li", { "data-name": schedule.name }, head, about, around("div", { class: "deeds" }, ...buttons));
}

export const namesOf = (keys, sectors) =>
  keys ? keys.map((key) => sectors.find((one) => one.key === key)?.name ?? key).join(", ") : "all";

function startsOf(schedule) {
  if (schedule.on) return "at each release of new figures, some minutes later";
  const words = cronInWords(schedule.cron);
  const cron = make("code", schedule.cron);
  return words ? [`${words}, time of ${schedule.zone}`, cron] : [cron, `time of ${schedule.zone}`];
}

function nextOf(schedule) {
  if (schedule.paused) return "none while it is paused";
  if (schedule.next_run_at === null) return schedule.on ? "at the next release" : "never";
  const own = make("time", `${formatInstant(schedule.next_run_at)} your time (${OWN_ZONE})`, { datetime: schedule.next_run_at });
  return schedule.zone === OWN_ZONE ? [own] : [own, `${formatInstant(schedule.next_run_at, schedule.zone)} in ${schedule.zone}`];
}

async function run(schedule, did) {
  const job = await ask(`${path(schedule.name)}:run`, { method: "POST" });
  did.done(`${schedule.name}: job ${job.job_id} is queued.`);
}

async function hold(schedule, paused, did) {
  await ask(path(schedule.name), { method: "PATCH", body: { paused } });
  did.done(paused ? `${schedule.name} is paused.` : `${schedule.name} fires again.`);
}

async function remove(schedule, did) {
  if (!(await sure(`Delete ${schedule.name}?`, "It starts no more jobs; those that it started stay listed.", "Delete"))) return;
  await ask(path(schedule.name), { method: "DELETE" });
  did.done(`${schedule.name} is deleted.`);
}

/** The form of a schedule: a new one, or one that is there. */
export async function changeSchedule(schedule, { sectors, did }) {
  const form = at("schedule-form");
  const given = schedule ?? NEW;
  at("schedule-dialog-title").textContent = schedule ? `Change ${schedule.name}` : "New schedule";
  form.querySelector("[type=submit]").textContent = schedule ? "Change it" : "Make it";
  form.querySelector("[data-field=name]").hidden = Boolean(schedule);
  for (const name of ["name", "zone", "experiment"]) form.elements[name].value = given[name];
  form.elements.cron.value = given.cron ?? NEW.cron;
  form.elements.when.value = given.on ?? "clock";
  drawTicks(form, { sectors, ticked: given.sectors ?? [] });
  drawClock();
  openForm(form, {
    send: (data) => send(schedule, data),
    done: (kept) => did.done(schedule ? `${kept.name} is changed.` : `${kept.name} is made.`),
  });
}

function send(schedule, data) {
  const when = data.get("when") === "release" ? { on: "release" } : { cron: data.get("cron").trim(), zone: data.get("zone").trim() };
  const body = { ...when, experiment: data.get("experiment").trim(), sectors: tickedIn(data) };
  if (schedule) return ask(path(schedule.name), { method: "PATCH", body });
  return ask("/v1/schedules", { method: "POST", body: { name: data.get("name").trim(), ...body } });
}

/** Shows the fields of the clock where it is chosen, and the cron in words as it is typed. */
function drawClock() {
  const form = at("schedule-form");
  at("clock").hidden = form.elements.when.value !== "clock";
  at("cron-words").textContent = cronInWords(form.elements.cron.value) ?? "";
}

at("schedule-form").addEventListener("input", drawClock);
at("zones").append(...Intl.supportedValuesOf("timeZone").map((zone) => make("option", "", { value: zone })));
