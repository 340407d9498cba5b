// The calendar windows in which budgets are counted. A window's id is part of every counter's
// name, so that nothing is ever reset: at midnight the counter of the next window is simply used.

export type Period = 'day' | 'month';

export type Window = {
  /** `2026-11-25` or `2026-11`, as the calendar on the tenant's wall says. */
  readonly id: string;
  /** The first millisecond (since 1970) of the next window. */
  readonly endsAt: number;
};
export type Windows = Readonly<Record<Period, Window>>;

/** A tenant's IANA zone, and the one before it: a change takes effect when a window ends. */
export type Zones = {
  readonly timeZone: string;
  readonly before?: { readonly timeZone: string; readonly changedAt: Date };
};

const DAY_MS = 86_400_000;

export const windowsAt = (instant: Date, zones: Zones): Windows => ({
  day: windowAt('day', instant, zones),
  month: windowAt('month', instant, zones),
});

/**
 * Where the new zone's calendar still shows the day whose window just ended, that window goes on:
 * one id is one budget, so moving a tenant westward cannot give it the same day twice.
 */
function windowAt(period: Period, instant: Date, { timeZone, before }: Zones): Window {
  if (before !== undefined) {
    const last = calendarWindow(period, before.changedAt.getTime(), before.timeZone);
    if (instant.getTime() < last.endsAt) return last;
  }
  return calendarWindow(period, instant.getTime(), timeZone);
}

const found = new Map<string, { readonly from: number; readonly window: Window }>();

/** The one that was found last is looked at first: reading wall clocks takes longer than all else here. */
function calendarWindow(period: Period, instant: number, timeZone: string): Window {
  const name = `${period} ${timeZone}`;
  const last = found.get(name);
  if (last !== undefined && last.from <= instant && instant < last.window.endsAt) {
    return last.window;
  }
  const window = windowOf(period, instant, timeZone);
  found.set(name, { from: instant, window });
  return window;
}

function windowOf(period: Period, instant: number, timeZone: string): Window {
  const today = firstDay(period, wallClock(instant, timeZone), 0);
  const next = firstDay(period, today, 1);
  const endsAt = startOf(next, timeZone);
  if (instant < endsAt) return { id: nameOf(period, today), endsAt };
  // Clocks that are put back across midnight show the last hour of a day that is over.
  return { id: nameOf(period, next), endsAt: startOf(firstDay(period, next, 1), timeZone) };
}

/** Midnight of the period's first day, `ahead` periods on; wall clocks are written as if in UTC. */
function firstDay(period: Period, wall: number, ahead: number): number {
  const date = new Date(wall);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return period === 'month'
    ? Date.UTC(year, month + ahead, 1)
    : Date.UTC(year, month, date.getUTCDate() + ahead);
}

const nameOf = (period: Period, wall: number): string =>
  new Date(wall).toISOString().slice(0, period === 'day' ? 10 : 7);

/**
 * The first instant at which the wall clock shows `midnight` or later. Where clocks change around
 * it, the offset before the change and the one after it give two candidates (as in Temporal's
 * `GetPossibleEpochNanoseconds`); in a zone that skips midnight, it is the moment of the change.
 */
function startOf(midnight: number, timeZone: string): number {
  const candidates = [midnight - DAY_MS, midnight + DAY_MS]
    .map((around) => midnight - (wallClock(around, timeZone) - around))
    .filter((candidate) => wallClock(candidate, timeZone) >= midnight);
  return Math.min(...candidates);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once per zone, because making one takes longer than all the rest of an admission. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, format);
  return format;
}

function wallClock(instant: number, timeZone: string): number {
  const shown: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) {
    shown[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const milliseconds = ((instant % 1_000) + 1_000) % 1_000;
  return Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
}
