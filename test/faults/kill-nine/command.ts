import { setTimeout as sleep } from 'node:timers/promises';

/** One command as a client sends it: again and again under the same key, until it is answered. */
export type Sent = {
  readonly key: string;
  readonly path: string;
  readonly body: object;
  /** Texts that no other command writes. */
  readonly markers: readonly string[];
};

export type Answer = {
  readonly id: string;
  readonly revision: number;
  readonly position: string;
};

export type Acknowledged = Sent & Answer;

/** What all clients of a run share. */
export type Ledger = {
  readonly apiKey: string;
  readonly url: () => string;
  /** Commands that were sent at least once. */
  sent: number;
  /** Attempts that had no answer, or a 503. */
  unanswered: number;
  /** Acknowledged commands that needed more than one attempt. */
  retried: number;
  /** Acknowledged commands that were sent once more on purpose. */
  repeated: number;
  /** Nothing is sent again: the run itself has failed. */
  givenUp: boolean;
  readonly acknowledged: Acknowledged[];
  /** Answers that no client should ever get. */
  readonly wrong: string[];
};

const MOST_ATTEMPTS = 1_200;

/** Sends it until it is answered. */
export async function send(ledger: Ledger, command: Sent): Promise<Acknowledged | undefined> {
  ledger.sent++;
  const answer = await untilAnswered(ledger, command);
  if (answer === undefined) return undefined;
  const acknowledged = { ...command, ...answer };
  ledger.acknowledged.push(acknowledged);
  return acknowledged;
}

/** The same once more must say the same and do nothing. */
export async function repeat(ledger: Ledger, command: Acknowledged): Promise<void> {
  ledger.repeated++;
  const again = await untilAnswered(ledger, command);
  if (again === undefined) return;
  for (const field of ['id', 'revision', 'position'] as const) {
    if (again[field] !== command[field]) {
      ledger.wrong.push(
        `${command.key}: ${field} was ${command[field]}, its repeat says ${again[field]}`,
      );
    }
  }
}

async function untilAnswered(ledger: Ledger, command: Sent): Promise<Answer | undefined> {
  for (let attempt = 1; attempt <= MOST_ATTEMPTS && !ledger.givenUp; attempt++) {
    const response = await post(ledger, command).catch(() => undefined);
    if (response !== undefined && response.status < 300) {
      if (attempt > 1) ledger.retried++;
      return response.answer;
    }
    if (response !== undefined && response.status !== 503) {
      ledger.wrong.push(`${command.key}: ${response.status} ${response.text}`);
      if (response.status < 500) return undefined;
    }
    ledger.unanswered++;
    await sleep(100);
  }
  ledger.wrong.push(`${command.key}: never answered`);
  return undefined;
}

async function post({ apiKey, url }: Ledger, { key, path, body }: Sent) {
  const response = await fetch(`${url()}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const { status, headers } = response;
  if (!response.ok) return { status, text };
  const { id, revision } = JSON.parse(text) as { id: string; revision: number };
  const position = headers.get('palimpsest-position') ?? '';
  return { status, text, answer: { id, revision, position } };
}
