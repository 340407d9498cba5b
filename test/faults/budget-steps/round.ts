import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietAndExact } from '#test/support/api-processes.ts';
import {
  type LoggedGeneration,
  markerIn,
  usedBy,
  wrongIn,
} from '#test/support/generations-in-log.ts';
import type { ReceivedRequest } from '#test/support/model-server/server.ts';
import { lastFirst } from '#test/support/process.ts';
import {
  type Company,
  FITTING,
  type Heard,
  type Round,
  markerOf,
  newRound,
  send,
} from './company.ts';
import { type FaultName, faultNamed } from './faults.ts';
import { STANDING, type StepName, type Standing, standingAt } from './steps.ts';

export const RACERS = 100;
const LAST = 200;

/**
 * One generation is brought to a step and the fault hits it there. Others take what they can of the
 * budget, first while it stands there and then while it goes on; its client asks again all the time.
 * Answers what came of it.
 */
export async function roundOf(
  t: TestContext,
  all: Company,
  number: number,
  faultName: FaultName,
  step: StepName,
): Promise<string> {
  const fault = faultNamed(faultName);
  const round = await newRound(all, number, fault.before);
  const standing = await standingAt(t, step, { all, round });
  const { api, answers, goOn } = standing;
  const stopWatching = watchCap(t, all, round);

  await fault.hit(standing);
  answers.push(send(all.second, round, STANDING));
  const racers = await race(standing, RACERS);
  if (fault.recover) await fault.recover(standing);
  else goOn();
  for (const one of [api, all.first]) answers.push(send(one, round, STANDING));
  racers.push(...(await race(standing, RACERS + FITTING)));
  const heard = await Promise.all(answers);

  const owner = all.first.as(round.key);
  const before = usedBy(await quietAndExact(all.counters, round.tenant, owner)).tokens;
  await spendTheRest(all, round, before);
  const generations = await quietAndExact(all.counters, round.tenant, owner);
  await stopWatching();
  await api.kill();

  const requests = requestsOf(all, round);
  const debited = usedBy(generations).tokens;
  isRight(all, round, { generations, requests, debited });
  isHeardRightly(faultName, heard);
  assert.deepEqual(
    racers.filter((one) => ![201, 429, 503].includes(one?.status ?? 0)),
    [],
  );
  return figuresOf(round, { generations, requests, debited }, heard, racers);
}

/** As many as the budget holds ask at once, of both processes that nothing happens to. */
export async function race(
  { all: { first, second }, round }: Standing,
  from: number,
): Promise<Heard[]> {
  const sent = Array.from({ length: FITTING }, (_, index) =>
    send(index % 2 === 0 ? first : second, round, from + index),
  );
  return await Promise.all(sent);
}

/** What is left of the budget can be spent to its end, and nothing beyond it. */
export async function spendTheRest({ second, tokens }: Company, round: Round, debited: number) {
  const left = Math.floor((round.cap - debited) / tokens);
  for (let which = 0; which <= left; which += 1) {
    const answer = await send(second, round, LAST + which);
    assert.equal(answer?.status, which < left ? 201 : 429, answer?.text);
  }
}

/** Looks all the time whether more is settled and held than the budget has. */
function watchCap(t: TestContext, { counters }: Company, { tenant, cap, windows }: Round) {
  const over = new AbortController();
  lastFirst(t, () => over.abort());
  let most = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const reading = { tenant, windows, scopes: ['tenant'] as const };
      const state = await counters.state(reading).catch(() => undefined);
      const usage = state?.get('tenant');
      if (usage) most = Math.max(most, usage.settled.day.tokens + usage.held.day.tokens);
      await sleep(20);
    }
  })();
  return async () => {
    over.abort();
    await watching;
    assert.ok(most > 0 && most <= cap, `${most} of ${cap} were settled and held`);
  };
}

export const requestsOf = ({ models }: Company, round: Round) => {
  const ours = markerOf(round, 0).slice(0, -4);
  return models.requests.filter(({ text }) => markerIn(text).startsWith(ours));
};

type Result = {
  readonly generations: readonly LoggedGeneration[];
  readonly requests: readonly ReceivedRequest[];
  readonly debited: number;
};

function isRight({ tokens }: Company, { cap }: Round, { generations, requests, debited }: Result) {
  assert.deepEqual(wrongIn(generations, requests), []);
  const markers = requests.map(({ text }) => markerIn(text));
  assert.equal(new Set(markers).size, markers.length, `called twice: ${markers.join()}`);
  const whole = requests.filter(({ hungUp }) => !hungUp);
  assert.ok(whole.length <= FITTING, `${whole.length} calls`);
  assert.ok(debited <= cap && debited > cap - tokens, `${debited} of ${cap} debited`);
}

const answerIn = (text: string): string => {
  const { revision: _, ...answer } = JSON.parse(text) as { readonly revision: number };
  return JSON.stringify(answer);
};

/** Whoever sends the same again hears the same answer, or that it is not to be had here. */
function isHeardRightly(fault: FaultName, heard: readonly Heard[]) {
  const answers = heard.flatMap((one) => one ?? []);
  const wrong = answers.filter(({ status }) => ![201, 409, 429, 503].includes(status));
  assert.deepEqual(wrong, []);
  const shown = answers.flatMap(({ status, text }) => (status === 201 ? [answerIn(text)] : []));
  assert.ok(new Set(shown).size <= 1, shown.join('\n'));
  if (fault !== 'the same is delivered again') return;
  assert.equal(heard[0]?.status, 201, heard[0]?.text);
}

/** A line of the table that a long run comes to. */
function figuresOf(
  round: Round,
  { generations, requests, debited }: Result,
  heard: readonly Heard[],
  racers: readonly Heard[],
): string {
  const itself = generations.find(({ marker }) => marker === markerOf(round, STANDING));
  const assumed = generations.flatMap(({ debits }) =>
    debits.filter(({ countedBy }) => countedBy === 'assumed'),
  );
  const admitted = racers.filter((one) => one?.status === 201).length;
  const statuses = heard.map((one) => one?.status ?? '-').join(' ');
  return [
    `${requests.length} calls`,
    `${debited} of ${round.cap} debited`,
    `${assumed.length} assumed`,
    `${admitted} racers admitted`,
    `heard ${statuses}`,
    `ended ${itself?.types.at(-1)}`,
  ].join(', ');
}
