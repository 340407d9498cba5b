import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One atomic step on the server: the parts it is made of, in this order. */
export type Script = { readonly name: string; readonly lua: string; readonly sha: string };

const part = (name: string) =>
  readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8').trimEnd();

function script(...parts: readonly string[]): Script {
  const lua = parts.map(part).join('\n');
  return { name: parts.at(-1) ?? '', lua, sha: createHash('sha1').update(lua).digest('hex') };
}

const inEpoch = ['epoch', 'in-epoch', 'hold'];
const inRebuild = ['epoch', 'hold', 'in-rebuild'];

export const scripts = {
  reserve: script(...inEpoch, 'budgets', 'pace', 'reserve'),
  confirm: script(...inEpoch, 'confirm'),
  renew: script(...inEpoch, 'renew'),
  topUp: script(...inEpoch, 'budgets', 'top-up'),
  end: script(...inEpoch, 'end'),
  expired: script(...inEpoch, 'expired'),
  read: script('epoch', 'in-epoch', 'read'),
  usage: script('epoch', 'in-epoch', 'usage'),
  beginRebuild: script('epoch', 'hold', 'begin-rebuild'),
  dropLock: script(...inRebuild, 'drop-lock'),
  keepLock: script(...inRebuild, 'keep-lock'),
  buildWindow: script(...inRebuild, 'build-window'),
  buildHold: script(...inRebuild, 'build-hold'),
  buildEnd: script(...inRebuild, 'build-end'),
  publish: script(...inRebuild, 'publish'),
};
