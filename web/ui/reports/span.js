// Spans of time as people name them: dates of the centre, both included.

/** A date some days on. @param {string} date @param {number} days */
export const plus = (date, days) => new Date(Date.parse(date + "T12:00:00Z") + days * 86400_000).toISOString().slice(0, 10);

/** How many days a span has. @param {string} from @param {string} to */
export const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / 86400_000) + 1;

/** The same day some months on, or the last one of a shorter month. @param {string} date @param {number} n */
export function months(date, n) {
  const [y, m, d] = date.split("-").map(Number);
  const last = new Date(Date.UTC(y, m + n, 0)).getUTCDate();
  return new Date(Date.UTC(y, m - 1 + n, Math.min(d, last))).toISOString().slice(0, 10);
}

export const periods = ["today", "yesterday", "week", "month", "last_month", "year"];

/** The dates of a period. @param {string} period @param {string} today @returns {[string, string]} */
export function dates(period, today) {
  const first = today.slice(0, 8) + "01";
  switch (period) {
    case "yesterday":
      return [plus(today, -1), plus(today, -1)];
    case "week":
      return [plus(today, -((new Date(today + "T12:00:00Z").getUTCDay() + 6) % 7)), today];
    case "month":
      return [first, today];
    case "last_month":
      return [months(first, -1), plus(first, -1)];
    case "year":
      return [today.slice(0, 5) + "01-01", today];
  }
  return [today, today];
}

/** Spans that a span is compared with. */
export const compares = ["previous", "week", "month", "year"];

/**
 * The earlier span that a span is compared with: of as many days, or the same days of another week, month or year. Whole months
 * are compared with whole months.
 * @param {string} how @param {string} from @param {string} to @returns {[string, string] | null}
 */
export function earlier(how, from, to) {
  const n = days(from, to);
  const whole = from.endsWith("-01") && plus(to, 1).endsWith("-01");
  switch (how) {
    case "previous":
      if (whole) {
        const back = (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 + Number(to.slice(5, 7)) - Number(from.slice(5, 7)) + 1;
        return [months(from, -back), plus(from, -1)];
      }
      return [plus(from, -n), plus(from, -1)];
    case "week":
      return [plus(from, -7), plus(to, -7)];
    case "month":
      return [months(from, -1), whole ? plus(months(plus(to, 1), -1), -1) : months(to, -1)];
    case "year":
      return [months(from, -12), whole ? plus(months(plus(to, 1), -12), -1) : months(to, -12)];
  }
  return null;
}
