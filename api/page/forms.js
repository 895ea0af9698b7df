// Forms in dialogs: sent to the service, whose refusals are shown at the fields that they belong to.
import { around, at, make } from "/static/elements.js";
import { Problem } from "/static/service.js";

/** Opens a form in its dialog; what is sent is up to the caller, and the dialog stays open until it was taken. */
export function openForm(form, { send, done }) {
  clearProblem(form);
  const dialog = form.closest("dialog");
  form.onsubmit = (event) => {
    event.preventDefault();
    submit(form, async () => {
      const answer = await send(new FormData(form));
      dialog.close();
      done(answer);
    });
  };
  form.querySelector("button[value=close]").onclick = () => dialog.close();
  dialog.showModal();
}

/** Does what a form is for, once at a time, and shows what is refused. */
export async function submit(form, deed) {
  const button = form.querySelector("[type=submit]");
  if (button.disabled) return;
  button.disabled = true;
  clearProblem(form);
  try {
    await deed();
  } catch (error) {
    showProblem(form, error instanceof Problem ? error : { message: "The service does not answer. Try again.", errors: [] });
  } finally {
    button.disabled = false;
  }
}

export function clearProblem(form) {
  for (const said of form.querySelectorAll(".wrong")) {
    said.hidden = true;
    said.textContent = ""; // a description is read out though it is hidden
  }
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Puts each message of a problem at its field, and what belongs to none below the form. */
export function showProblem(form, problem) {
  const placed = problem.errors.filter((fault) => showAtField(form, fault));
  const whole = form.querySelector(".wrong.whole");
  if (whole && placed.length < Math.max(1, problem.errors.length)) {
    whole.textContent = problem.message;
    whole.hidden = false;
  }
  form.querySelector("[aria-invalid]")?.focus();
}

/** Shows a message at its field; false where the form has no such field in sight. */
export function showAtField(form, { field, message }) {
  const place = form.querySelector(`[data-field="${CSS.escape(field.split(".")[0])}"]`);
  if (!place || place.closest("[hidden]")) return false;
  const said = place.querySelector(".wrong");
  said.id ||= `${form.id}-${field.split(".")[0]}-wrong`;
  said.textContent = message;
  said.hidden = false;
  for (const input of place.querySelectorAll("input")) {
    const others = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said.id);
    input.setAttribute("aria-describedby", [...others, said.id].join(" "));
    input.setAttribute("aria-invalid", "true");
  }
  return true;
}

/** Asks before what can't be undone. */
export function sure(title, text, deed) {
  const dialog = at("sure");
  at("sure-title").textContent = title;
  at("sure-text").textContent = text;
  at("sure-yes").textContent = deed;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((settle) => {
    dialog.addEventListener("close", () => settle(dialog.returnValue === "yes"), { once: true });
  });
}

/** A tick for each sector; none ticked means all. */
export function drawTicks(form, { sectors, ticked }) {
  const names = new Map(sectors.map((sector) => [sector.key, sector.name ?? sector.key]));
  for (const key of ticked) if (!names.has(key)) names.set(key, key);
  const ticks = [...names].map(([key, name]) => {
    const box = make("input", "", { type: "checkbox", name: "sectors", value: key });
    box.checked = ticked.includes(key);
    return around("label", {}, box, ` ${name}`);
  });
  const place = form.querySelector("[data-field=sectors]");
  place.querySelector(".ticks").replaceChildren(...ticks);
  place.querySelector(".hint").textContent = names.size
    ? "None ticked: all of them."
    : "All of them; single ones can be chosen as soon as forecasts are published.";
}

/** The sectors that are ticked; null for all. */
export const tickedIn = (data) => (data.getAll("sectors").length ? data.getAll("sectors") : null);
