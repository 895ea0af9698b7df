// How the page writes numbers, months and days.

const VALUE = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const MONTH = new Intl.DateTimeFormat("en", { month: "short", year: "numeric", timeZone: "UTC" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const SHARE = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

export const formatValue = (value) => VALUE.format(value);
export const formatMonth = (period) => MONTH.format(new Date(`${period}-01T00:00:00Z`));
export const formatDay = (instant) => DAY.format(new Date(instant));
export const formatShare = (share) => SHARE.format(share).replace("%", " %");
export const formatCount = (count, one, many) => `${count} ${count === 1 ? one : many}`;

const INSTANT = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
export const OWN_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** An instant in a zone, the viewer's own unless told otherwise; in UTC, and said so, where the browser lacks the zone. */
export function formatInstant(instant, zone = OWN_ZONE) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...INSTANT, timeZone: zone }).format(new Date(instant));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `${new Intl.DateTimeFormat("en-GB", { ...INSTANT, timeZone: "UTC" }).format(new Date(instant))} UTC`;
  }
}

/** How long something took, such as "3 min 20 s". */
export function formatSpan(from, to) {
  const seconds = Math.max(0, Math.round((new Date(to) - new Date(from)) / 1000));
  const parts = [[Math.floor(seconds / 3600), "h"], [Math.floor(seconds / 60) % 60, "min"], [seconds % 60, "s"]];
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.length ? told.map(([count, unit]) => `${count} ${unit}`).join(" ") : "under a second";
}

/** Candidates with their weights, the heaviest first. */
export const listWeights = (weights) =>
  Object.entries(weights)
    .sort((left, right) => right[1] - left[1])
    .map(([name, weight]) => `${name} ${formatShare(weight)}`);
