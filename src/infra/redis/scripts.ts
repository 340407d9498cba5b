import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One atomic step on the server: parts that others share, in this order, and its own. */
export type Script = { readonly name: string; readonly lua: string; readonly sha: string };

const read = (path: string) =>
  readFileSync(new URL(`lua/${path}.lua`, import.meta.url), 'utf8').trimEnd();

function script(name: string, parts: readonly string[]): Script {
  const lua = [...parts.map((part) => read(`parts/${part}`)), read(name)].join('\n');
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

const inEpoch = ['epoch', 'in-epoch', 'hold'];
const inRebuild = ['epoch', 'hold', 'in-rebuild'];

export const scripts = {
  reserve: script('reserve', [...inEpoch, 'budgets', 'pace']),
  confirm: script('confirm', inEpoch),
  renew: script('renew', inEpoch),
  topUp: script('top-up', [...inEpoch, 'budgets']),
  end: script('end', inEpoch),
  expired: script('expired', inEpoch),
  read: script('read', ['epoch', 'in-epoch']),
  usage: script('usage', ['epoch', 'in-epoch']),
  beginRebuild: script('begin-rebuild', ['epoch', 'hold']),
  dropLock: script('drop-lock', inRebuild),
  keepLock: script('keep-lock', inRebuild),
  buildWindow: script('build-window', inRebuild),
  buildHold: script('build-hold', inRebuild),
  buildEnd: script('build-end', inRebuild),
  publish: script('publish', inRebuild),
  countAddress: script('count-address', []),
  callsRecord: script('calls-record', []),
  callsOf: script('calls-of', []),
  answerGet: script('answer-get', []),
  answerPut: script('answer-put', []),
  partsAppend: script('parts-append', ['pieces']),
  partsRead: script('parts-read', ['pieces']),
  partsAwaited: script('parts-awaited', []),
  breakerStanding: script('breaker-standing', ['breaker']),
  breakerAcquire: script('breaker-acquire', ['breaker']),
  breakerRecord: script('breaker-record', ['breaker']),
  callOff: script('call-off', []),
};
