// A cron expression in words; what is out of the ordinary stays as it is written.

const DAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

/** Such as "on the 18th of each month at 10:00"; null where there are no plain words for it. */
export function cronInWords(cron) {
  const fields = cron.trim().split(/\s+/);
  if (fields.length === 6 && fields.shift() !== "0") return null; // seconds come first
  if (fields.length !== 5) return null;
  const [minute, hour, ...date] = fields;
  if (hour === "*") return date.every((field) => field === "*") ? within(minute) : null;
  const days = onDays(...date);
  const times = atTimes(minute, hour);
  return days && times && `${days} at ${times}`;
}

function within(minute) {
  if (minute === "*" || minute === "*/1") return "every minute";
  const step = /^\*\/(\d+)$/.exec(minute);
  if (step) return 60 % Number(step[1]) === 0 ? `every ${Number(step[1])} minutes` : null;
  const [at, ...more] = numbers(minute, 0, 59) ?? [];
  return at === undefined || more.length ? null : `every hour at ${String(at).padStart(2, "0")} minutes past`;
}

function atTimes(minute, hour) {
  const [at, ...more] = numbers(minute, 0, 59) ?? [];
  const hours = numbers(hour, 0, 23);
  if (at === undefined || more.length || !hours) return null;
  return listed(hours.map((one) => `${String(one).padStart(2, "0")}:${String(at).padStart(2, "0")}`));
}

function onDays(day, month, weekday) {
  if (weekday !== "*") return day === "*" && month === "*" ? onWeekdays(weekday) : null; // both: either of them, says cron
  if (day === "*") return month === "*" ? "every day" : null;
  const days = numbers(day, 1, 31);
  const months = month === "*" ? [] : numbers(month, 1, 12);
  if (!days || !months) return null;
  const of = months.length ? listed(months.map((one) => MONTHS[one - 1])) : "each month";
  const lacking = !months.length && days.some((one) => one > 28) ? " that has it" : "";
  return `on the ${listed(days.map(ordinal))} of ${of}${lacking}`;
}

function onWeekdays(weekday) {
  const range = /^([0-7])-([0-7])$/.exec(weekday);
  if (range) return `${DAYS[range[1]]} to ${DAYS[range[2]]}`;
  const days = numbers(weekday, 0, 7);
  return days && `on ${listed(days.map((one) => DAYS[one]))}`;
}

function numbers(field, least, most) {
  if (!/^\d+(,\d+)*$/.test(field)) return null;
  const found = field.split(",").map(Number);
  return found.every((one) => one >= least && one <= most) ? found : null;
}

function ordinal(day) {
  const ending = day > 10 && day < 14 ? "th" : ["th", "st", "nd", "rd"][day % 10] ?? "th";
  return `${day}${ending}`;
}

function listed(words) {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
