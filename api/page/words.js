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

/** Candidates with their weights, the heaviest first. */
export const listWeights = (weights) =>
  Object.entries(weights)
    .sort((left, right) => right[1] - left[1])
    .map(([name, weight]) => `${name} ${formatShare(weight)}`);
