// Talks with the service: what it answers as objects, what it refuses as problems.
import { headers } from "/static/key.js";

/** An answer of the API that is a problem document. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `the service answered ${status}`);
    this.status = status;
    this.type = body.type;
    this.errors = body.errors ?? []; // of single fields
  }

  /** Whether another key would help. */
  get locked() {
    return this.status === 401 || this.status === 403;
  }
}

export const get = (path) => ask(path);

/** Sends a request, with a body where there is one; null where nothing is answered. */
export async function ask(path, { method = "GET", body, further = {} } = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const kind = body === undefined ? {} : { "Content-Type": "application/json" };
  const answer = await fetch(path, { method, headers: { ...headers(), ...kind, ...further }, ...sent });
  const told = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, told);
  return told;
}

/** Server-sent events, as [name, data]; by fetch, since EventSource sends no key. */
export async function* events(path, { after = 0 }) {
  const wanted = { ...headers(), Accept: "text/event-stream", "Last-Event-ID": String(after) };
  const answer = await fetch(path, { headers: wanted });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (text + decoder.decode(part.value, { stream: true })).split("\n\n");
    text = blocks.pop();
    yield* blocks.map(eventOf).filter(([name]) => name);
  }
}

function eventOf(block) {
  const told = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
  return [told.event, told.data ? JSON.parse(told.data) : null];
}
