import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { CodePointText } from './code-point-text.ts';

/** Position and number of deleted characters count Unicode code points. */
export type Patch = readonly [position: number, deleted: number, inserted: string];

/** A recorded editing session of one writer (github.com/josephg/editing-traces, sequential format). */
export type Trace = {
  readonly startContent: string;
  readonly endContent: string;
  readonly txns: readonly { readonly patches: readonly Patch[] }[];
};

export type TraceFile = {
  readonly trace: Trace;
  /** Of the file's bytes, in hexadecimal: which trace it is, whatever it is called. */
  readonly sha256: string;
  readonly patches: number;
};

/** What is wrong with a trace file, for whoever wants to import it. */
export class BadTrace extends Error {
  constructor(path: string, why: string) {
    super(`${path} cannot be imported: ${why}.`);
    this.name = 'BadTrace';
  }
}

const count = z.int().nonnegative();
const Patch = z.tuple([count, count, z.string()]);
const Trace = z.object({
  startContent: z.string(),
  endContent: z.string(),
  txns: z.array(z.object({ patches: z.array(Patch) })),
});

/**
 * Reads a trace, plain or gzipped, and plays it through, so that whatever is wrong with it is said
 * before anything is sent. Throws `BadTrace`.
 */
export async function readTraceFile(path: string): Promise<TraceFile> {
  const bytes = await readFile(path);
  const trace = checkShape(path, parse(path, bytes));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { trace, sha256, patches: playThrough(path, trace) };
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function parse(path: string, bytes: Uint8Array): unknown {
  let plain = bytes;
  try {
    if (isGzip(bytes)) plain = gunzipSync(bytes);
  } catch {
    throw new BadTrace(path, 'it is a damaged gzip file');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch {
    throw new BadTrace(path, 'it is no JSON');
  }
}

function checkShape(path: string, value: unknown): Trace {
  if (isConcurrent(value)) {
    throw new BadTrace(
      path,
      'it is a concurrent trace (several writers at once, with `agent` and `parents`), and only ' +
        'sequential ones can be played as edits one after the other',
    );
  }
  const parsed = Trace.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') || 'the top';
  throw new BadTrace(path, `it is no editing trace (at ${where}: ${issue?.message ?? 'wrong'})`);
}

function isConcurrent(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, txns } = value as { kind?: unknown; txns?: unknown };
  const first: unknown = Array.isArray(txns) ? txns[0] : undefined;
  const hasParents = typeof first === 'object' && first !== null && 'parents' in first;
  return kind === 'concurrent' || hasParents;
}

/** Answers the number of patches. */
function playThrough(path: string, { startContent, endContent, txns }: Trace): number {
  checkStorable(path, 'startContent', startContent);
  checkStorable(path, 'endContent', endContent);
  const text = new CodePointText(startContent);
  let patches = 0;
  for (const [index, txn] of txns.entries()) {
    for (const [number, patch] of txn.patches.entries()) {
      const where = `patch ${number} of txn ${index}`;
      checkStorable(path, where, patch[2]);
      try {
        text.splice(...patch);
      } catch (error) {
        if (error instanceof RangeError) throw new BadTrace(path, `${where}: ${error.message}`);
        throw error;
      }
      patches++;
    }
  }
  if (text.toString() === endContent) return patches;
  throw new BadTrace(path, 'its own patches do not lead from startContent to endContent');
}

function checkStorable(path: string, where: string, text: string): void {
  if (!text.isWellFormed()) {
    throw new BadTrace(path, `${where} holds half of a surrogate pair, which is no character`);
  }
  if (text.includes('\0')) throw new BadTrace(path, `${where} holds U+0000, which is not stored`);
}
