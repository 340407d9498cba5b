import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { windowsAt } from '#domain/budget/windows.ts';

const at = (time: string) => new Date(time);
const shown = (time: string, timeZone: string) => {
  const { day, month } = windowsAt(at(time), { timeZone });
  const end = (ms: number) => new Date(ms).toISOString();
  return [day.id, end(day.endsAt), month.id, end(month.endsAt)];
};

/** Moment, zone, and the day, its end, the month, its end. */
const days: readonly (readonly [string, string, string, string, string, string, string])[] = [
  [
    'an ordinary day',
    '2026-11-25T12:00:00.000Z',
    'UTC',
    '2026-11-25',
    '2026-11-26T00:00:00.000Z',
    '2026-11',
    '2026-12-01T00:00:00.000Z',
  ],
  [
    'the last millisecond of a day and month',
    '2026-11-30T22:59:59.999Z',
    'Europe/Berlin',
    '2026-11-30',
    '2026-11-30T23:00:00.000Z',
    '2026-11',
    '2026-11-30T23:00:00.000Z',
  ],
  [
    'the first one of the next',
    '2026-11-30T23:00:00.000Z',
    'Europe/Berlin',
    '2026-12-01',
    '2026-12-01T23:00:00.000Z',
    '2026-12',
    '2026-12-31T23:00:00.000Z',
  ],
  [
    'a day of 23 hours',
    '2026-03-29T00:30:00.000Z',
    'Europe/Berlin',
    '2026-03-29',
    '2026-03-29T22:00:00.000Z',
    '2026-03',
    '2026-03-31T22:00:00.000Z',
  ],
  [
    'a day of 25 hours',
    '2026-10-25T22:30:00.000Z',
    'Europe/Berlin',
    '2026-10-25',
    '2026-10-25T23:00:00.000Z',
    '2026-10',
    '2026-10-31T23:00:00.000Z',
  ],
  [
    'a day that begins at 01:00',
    '2018-11-04T03:00:00.000Z',
    'America/Sao_Paulo',
    '2018-11-04',
    '2018-11-05T02:00:00.000Z',
    '2018-11',
    '2018-12-01T02:00:00.000Z',
  ],
  [
    'the day before one that the calendar left out',
    '2011-12-30T09:59:59.999Z',
    'Pacific/Apia',
    '2011-12-29',
    '2011-12-30T10:00:00.000Z',
    '2011-12',
    '2011-12-31T10:00:00.000Z',
  ],
  [
    'the day after it',
    '2011-12-30T10:00:00.000Z',
    'Pacific/Apia',
    '2011-12-31',
    '2011-12-31T10:00:00.000Z',
    '2011-12',
    '2011-12-31T10:00:00.000Z',
  ],
  [
    'an hour for which the clock shows the day before once more',
    '2010-11-07T03:00:00.000Z',
    'America/St_Johns',
    '2010-11-07',
    '2010-11-08T03:30:00.000Z',
    '2010-11',
    '2010-12-01T03:30:00.000Z',
  ],
];

for (const [name, time, timeZone, ...expected] of days) {
  test(`${name} is the calendar's of ${timeZone}`, () => {
    assert.deepEqual(shown(time, timeZone), expected);
  });
}

const zones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Pacific/Apia',
  'Pacific/Kiritimati',
];

test('windows follow each other without a gap and never come back, in any zone', () => {
  const instants = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2040, 0) });
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (timeZone, instant) => {
      for (const period of ['day', 'month'] as const) {
        const window = (ms: number) => windowsAt(new Date(ms), { timeZone })[period];
        const { id, endsAt } = window(instant);
        assert.ok(endsAt > instant);
        assert.deepEqual(window(endsAt - 1), { id, endsAt });
        const next = window(endsAt);
        assert.ok(next.id > id && next.endsAt > endsAt);
      }
    }),
    { numRuns: 500 },
  );
});

test('a change of zone waits until the window that it falls into has ended', () => {
  const changedAt = at('2026-11-25T12:00:00Z');
  const moved = { timeZone: 'Asia/Tokyo', before: { timeZone: 'Europe/Berlin', changedAt } };
  const day = (time: string) => windowsAt(at(time), moved).day;
  const berlin = { id: '2026-11-25', endsAt: Date.parse('2026-11-25T23:00:00Z') };
  assert.deepEqual(day('2026-11-25T12:00:00Z'), berlin);
  assert.deepEqual(day('2026-11-25T22:59:59.999Z'), berlin);
  const tokyo = { id: '2026-11-26', endsAt: Date.parse('2026-11-26T15:00:00Z') };
  assert.deepEqual(day('2026-11-25T23:00:00Z'), tokyo);
});

test('whoever moves westward gets the rest of the same day, and not the day once more', () => {
  const changedAt = at('2026-11-25T12:00:00Z');
  const before = { timeZone: 'Europe/Berlin', changedAt };
  const { day } = windowsAt(at('2026-11-26T01:00:00Z'), { timeZone: 'America/New_York', before });
  assert.deepEqual(day, { id: '2026-11-25', endsAt: Date.parse('2026-11-26T05:00:00Z') });
});
