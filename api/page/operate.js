// The operating view: schedules and jobs, for whoever has a key that may change them; without one, what is readable.
import { at, hide, make } from "/static/elements.js";
import { clearProblem, showAtField } from "/static/forms.js";
import { drawJobs, startJob } from "/static/jobs.js";
import { forgetKey, hasKey, onKey } from "/static/key.js";
import { changeSchedule, drawSchedules } from "/static/schedules.js";
import { get, Problem } from "/static/service.js";

const WAIT = 5_000; // ms between looks
const PAGE = 20;
const state = { sectors: [], asked: 0, operates: false, limit: PAGE };

const did = {
  /** Something was done: say so, and look at once. */
  done(text) {
    at("said").textContent = text;
    look();
  },
  changed: () => look(),
  failed(error) {
    did.missed(error);
    look();
  },
  /** Something could not be read; the next look asks for it again. */
  missed(error) {
    at("said").textContent = error instanceof Problem ? error.message : "The service does not answer. Try again.";
  },
};

let again = 0;
let turn = 0;

async function look() {
  clearTimeout(again);
  const mine = ++turn;
  const found = await read();
  if (mine !== turn) return; // a later look is under way
  again = setTimeout(look, document.hidden ? 6 * WAIT : WAIT);
  at("silent").hidden = found !== null;
  if (found) draw(found);
}

/** Schedules, jobs and, where they aren't known yet, sectors; null where the service does not answer. */
async function read() {
  try {
    return await Promise.all([readSchedules(), readJobs(), readSectors()]);
  } catch {
    return null; // problems are kept: this is the network's
  }
}

function draw([schedules, jobs]) {
  drawDoor(schedules);
  if (Array.isArray(schedules)) drawSchedules(schedules, { sectors: state.sectors, did });
  drawList("jobs", jobs);
  if (Array.isArray(jobs)) drawJobs(jobs, { sectors: state.sectors, operates: state.operates, did });
  suggest(schedules, jobs);
}

/** The schedules, or the problem with them; null without a key, which they always take. */
async function readSchedules() {
  if (!hasKey()) return null;
  return await orProblem(async () => (await get("/v1/schedules")).items);
}

/** As many of the latest jobs as are wanted. */
function readJobs() {
  return orProblem(async () => {
    const page = await get(`/v1/jobs?limit=${state.limit}`);
    at("more-jobs").hidden = page.next_cursor === null || state.limit >= 1000;
    return page.items;
  });
}

async function orProblem(reading) {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** Names of sectors, once they can be read: before a first run, and where reading takes a key, they can't. */
async function readSectors() {
  if (state.sectors.length || state.asked > Date.now() - 60_000) return;
  state.asked = Date.now();
  const found = await orProblem(async () => (await get("/v1/sectors")).items);
  if (Array.isArray(found)) state.sectors = found;
}

/** Asks for a key where there is none that operates, and says why one that was given does not. */
function drawDoor(schedules) {
  const refused = schedules instanceof Problem && schedules.locked;
  state.operates = hasKey() && !refused;
  at("door").hidden = state.operates;
  at("kept").hidden = !hasKey();
  at("schedules").hidden = !state.operates;
  at("new-job").hidden = !state.operates;
  if (refused) {
    showAtField(at("ask-key"), { field: "key", message: schedules.message });
    if (schedules.status === 401) {
      forgetKey(); // it opens nothing: without it, what is open can be read
      look();
    }
  }
  if (state.operates) drawList("schedules", schedules);
}

/** Says of a list that can't be read why. */
function drawList(name, found) {
  const wrong = found instanceof Problem;
  at(`${name}-wrong`).hidden = !wrong;
  if (!wrong) return;
  at(`${name}-wrong`).textContent = found.message;
  hide(`${name}-none`);
}

/** Experiments that are known from what is in sight; others can be typed. */
function suggest(...lists) {
  const names = new Set(["production", ...lists.filter(Array.isArray).flat().map((one) => one.experiment)]);
  if (names.size === at("experiments").children.length) return;
  at("experiments").replaceChildren(...[...names].map((name) => make("option", "", { value: name })));
}

at("new-schedule").addEventListener("click", () => changeSchedule(null, { sectors: state.sectors, did }));
at("new-job").addEventListener("click", () => startJob({ sectors: state.sectors, did }));
at("more-jobs").addEventListener("click", () => {
  state.limit = Math.min(1000, state.limit + PAGE);
  look();
});
at("forget").addEventListener("click", () => {
  forgetKey();
  clearProblem(at("ask-key"));
  at("schedules-list").replaceChildren();
  did.done("The key is forgotten.");
});
onKey(at("ask-key"), () => {
  clearProblem(at("ask-key"));
  at("said").textContent = "";
  look();
});
document.addEventListener("visibilitychange", () => document.hidden || look());
look();
