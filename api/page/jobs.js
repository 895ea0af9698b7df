// Jobs: how they stand, what their runs say while they go on, how they ended.
import { around, at, facts, make } from "/static/elements.js";
import { drawTicks, openForm, sure, tickedIn } from "/static/forms.js";
import { ask, events, get } from "/static/service.js";
import { namesOf } from "/static/schedules.js";
import { formatInstant, formatSpan } from "/static/words.js";

const ACTIVE = ["queued", "running"];
const SHOWN = 300; // latest lines of a run
const path = (id) => `/v1/jobs/${encodeURIComponent(id)}`;
const cards = new Map(); // by id

/** Draws jobs, newest first; cards that are there already are brought up to date in place. */
export function drawJobs(jobs, view) {
  const list = at("jobs-list");
  const wanted = jobs.map((job) => {
    if (!cards.has(job.job_id)) cards.set(job.job_id, new Card(job.job_id));
    const card = cards.get(job.job_id);
    card.draw(job, view);
    return card.element;
  });
  const focused = document.activeElement;
  if (wanted.some((element, place) => list.children[place] !== element) || wanted.length !== list.children.length) {
    list.replaceChildren(...wanted);
    focused.focus?.({ preventScroll: true });
  }
  at("jobs-none").hidden = jobs.length > 0;
}

/** One job: its state always in sight, the rest folded up, open by itself while it runs. */
class Card {
  constructor(id) {
    this.id = id;
    this.heard = 0; // number of the last line
    this.following = false;
    this.whole = null; // what is read once it is open and has ended
    this.state = make("span", "", { class: "state" });
    this.title = make("h3");
    this.since = make("p", "", { class: "since" });
    this.cancel = make("button", "Cancel", { type: "button", "aria-label": `Cancel: job ${id}` });
    this.lines = make("ol", "", { class: "lines", role: "log", tabindex: "0", "aria-label": `What job ${id} said` });
    this.about = make("dl");
    this.failures = make("div");
    this.details = around("details", {}, make("summary", "Progress and result"), this.lines, this.about, this.failures);
    this.element = around(
      "li", { "data-job": id },
      around("div", { class: "head" }, this.title, this.state, this.cancel),
      this.since,
      this.details,
    );
    this.details.addEventListener("toggle", () => this.look());
    this.cancel.addEventListener("click", () => this.end().catch(this.view.did.failed));
  }

  draw(job, view) {
    const began = job.state === "running" && this.job?.state !== "running";
    this.view = view;
    this.job = job;
    this.state.textContent = job.state;
    this.state.className = `state ${job.state}`;
    this.title.textContent = `${job.experiment}: ${namesOf(job.sectors, view.sectors)}`.replace(/: all$/, ": all sectors");
    this.since.textContent = sinceOf(job);
    this.cancel.hidden = !view.operates || !ACTIVE.includes(job.state);
    this.about.replaceChildren(...facts(factsOf(this.whole ?? job)));
    if (began) this.details.open = true;
    this.look();
  }

  /** Follows a run that was unfolded to its end, and reads once how one ended. */
  look() {
    if (!this.details.open || this.following) return;
    if (this.job.state === "running") this.follow();
    else if (!ACTIVE.includes(this.job.state) && !this.whole) this.read().catch(this.view.did.missed);
  }

  async follow() {
    this.following = true;
    try {
      for await (const [name, told] of events(`${path(this.id)}/events`, { after: this.heard })) {
        if (name === "progress") this.hear([told]);
      }
    } catch {
      return; // cut off or refused: it is taken up at the next look, which says what is wrong
    } finally {
      this.following = false;
    }
    this.view.did.changed();
  }

  async read() {
    this.whole = await get(path(this.id));
    this.hear(this.whole.progress);
    this.about.replaceChildren(...facts(factsOf(this.whole)));
    this.failures.replaceChildren(...failuresOf(this.whole));
  }

  hear(lines) {
    const fresh = lines.filter((line) => line.number > this.heard).slice(-SHOWN);
    if (!fresh.length) return;
    this.heard = fresh.at(-1).number;
    const atEnd = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 40;
    this.lines.append(...fresh.map((line) => around("li", {}, make("time", clock(line.at), { datetime: line.at }), ` ${line.line}`)));
    while (this.lines.children.length > SHOWN) this.lines.firstChild.remove();
    if (atEnd) this.lines.scrollTop = this.lines.scrollHeight;
  }

  async end() {
    if (!(await sure("Cancel this job?", "Its run is ended within seconds; what is in service stays.", "Cancel the job"))) return;
    await ask(`${path(this.id)}:cancel`, { method: "POST" });
    this.view.did.done(`Job ${this.id} is cancelled.`);
  }
}

const clock = (instant) => new Date(instant).toLocaleTimeString("en-GB");

function sinceOf(job) {
  if (job.state === "queued") return `Queued ${formatInstant(job.created_at)}`;
  if (job.state === "running") return `Running since ${formatInstant(job.started_at ?? job.created_at)}`;
  const took = job.started_at && job.ended_at ? `, after ${formatSpan(job.started_at, job.ended_at)}` : "";
  return `Ended ${formatInstant(job.ended_at ?? job.created_at)}${took}`;
}

function factsOf(job) {
  return [
    ["Job", job.job_id],
    ["Ordered by", job.schedule ? `schedule ${job.schedule}` : "hand"],
    ["As of", job.as_of && formatInstant(job.as_of)],
    ["Decision", job.decision],
    ["Vintage", job.state === "succeeded" ? job.vintage ?? "none: what was in service stays" : null],
    ["Failed", job.state === "failed" ? job.detail : null],
    ["MLflow run", runOf(job)],
  ];
}

/** A link to the run where this browser can follow it: an address of the service's own machine leads there from there alone. */
function runOf(job) {
  if (!job.run_id || !job.run_url) return job.run_id;
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
  if (local.test(new URL(job.run_url).hostname) && !local.test(location.hostname)) return job.run_id;
  return make("a", job.run_id, { href: job.run_url, rel: "noreferrer" });
}

function failuresOf(job) {
  const rows = job.failures.flatMap(({ series_id: series, failed }) =>
    failed.map(({ model, reason }) => around("tr", {}, make("th", series, { scope: "row" }), make("td", model), make("td", reason))),
  );
  if (!rows.length) return [];
  const head = around("tr", {}, ...["Series", "Model", "Why it failed"].map((text) => make("th", text, { scope: "col" })));
  const table = around("table", {}, around("thead", {}, head), around("tbody", {}, ...rows));
  return [make("h4", "Models that failed"), around("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Models that failed" }, table)];
}

/** The form of a job. */
export function startJob({ sectors, did }) {
  const form = at("job-form");
  form.reset();
  form.elements.experiment.value = "production";
  drawTicks(form, { sectors, ticked: [] });
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`; // sent again after a lost answer, it is the same job
  let sent = null;
  let turn = 0;
  openForm(form, {
    send: (data) => {
      const body = {
        experiment: data.get("experiment").trim(),
        sectors: tickedIn(data),
        as_of: data.get("as_of").trim() || null,
        if_busy: data.get("if_busy"),
      };
      if (sent !== JSON.stringify(body)) turn += 1; // another order, another key
      sent = JSON.stringify(body);
      return ask("/v1/jobs", { method: "POST", body, further: { "Idempotency-Key": `${key}-${turn}` } });
    },
    done: (job) => did.done(job.joined ? `Job ${job.job_id} does the same already.` : `Job ${job.job_id} is queued.`),
  });
}
