import { type Books, EpochSuperseded } from '#commands/admission.ts';
import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { EventLog, Sealer } from '#commands/ports.ts';
import type { History } from '#commands/history.ts';
import { plus, zero } from '#domain/amount.ts';
import type { Amount } from '#domain/amount.ts';
import type { BeginEpoch, Counting } from '#domain/budget/decide.ts';
import { type BudgetEvent, budgetEvents } from '#domain/budget/events.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import {
  type Ended,
  type LedgerEntry,
  type LoggedHold,
  ledgerFold,
} from '#domain/budget/ledger.ts';
import { readEvent } from '#domain/body.ts';
import { type GenerationEvent, generationEvents } from '#domain/generation/events.ts';
import { type CommandId, SYSTEM, type TenantId, derivedUuid } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';

const definitions = { ...generationEvents, ...budgetEvents };
const PAGE = 1_000;
const endTypes = [
  'GenerationCompleted',
  'GenerationBlocked',
  'GenerationFailed',
  'GenerationAborted',
] as const satisfies readonly GenerationEvent['type'][];
const ledgerTypes = [
  ...endTypes,
  'EpochBegan',
  'BudgetReserved',
  'BudgetToppedUp',
  'BudgetDebited',
  'BudgetAdjusted',
  'GenerationAbandoned',
] as const satisfies readonly (GenerationEvent | BudgetEvent)['type'][];
type LedgerEvent = Extract<GenerationEvent | BudgetEvent, { type: (typeof ledgerTypes)[number] }>;

/** A tenant's epochs are one stream. */
const EPOCHS = 'epochs';

/** The ledger of budgets as the log has it. All of it is readable, whoever was erased. */
export function budgetBooks(ports: {
  readonly log: Pick<EventLog, 'readAll' | 'head'>;
  readonly sealer: Pick<Sealer, 'opener'>;
  readonly budgets: Handle<Counting, BeginEpoch>;
  readonly budgetHistory: Pick<History<Counting>, 'newest'>;
}): Books {
  const { log, sealer, budgets, budgetHistory } = ports;

  const folded = async (tenant: TenantId) => {
    const fold = ledgerFold();
    const entries = ledgerEntries();
    const upTo = await log.head();
    for (let after = 0n; ;) {
      const page = await log.readAll({ after, upTo, tenant, types: ledgerTypes, limit: PAGE });
      const last = page.at(-1);
      if (last === undefined) return fold;
      const open = await sealer.opener(page.map(({ header }) => header));
      for (const recorded of page) {
        const { event } = readEvent<LedgerEvent>(definitions, recorded, open(recorded));
        if (event.erased === true) continue;
        const id = partsOf(event.header.stream)!.id as ReservationId;
        const entry = entries(id, event);
        if (entry !== undefined) fold.enter(entry);
      }
      after = last.position;
    }
  };

  return {
    read: async (tenant) => (await folded(tenant)).ledger(),
    beginEpoch: async (tenant) => {
      const { epoch: after } = (await budgetHistory.newest(tenant, EPOCHS)).state;
      return async (epoch) => {
        const command = { type: 'BeginEpoch', epoch, after } as const;
        await budgets(EPOCHS, command, beginning(tenant, epoch));
        const fold = await folded(tenant);
        if (fold.epoch() !== epoch) throw new EpochSuperseded();
        return fold.ledger();
      };
    },
    isNewest: async (tenant, epoch) =>
      (await budgetHistory.newest(tenant, EPOCHS)).state.epoch === epoch,
  };
}

function beginning(tenant: TenantId, epoch: string): CommandRequest {
  const commandId = derivedUuid('epoch', tenant, epoch) as CommandId;
  return {
    tenant,
    principal: { tenant, member: SYSTEM, roles: [], groups: [] },
    commandId,
    commandHash: new TextEncoder().encode(epoch),
    correlationId: commandId,
  };
}

type End = Extract<LedgerEvent, { type: (typeof endTypes)[number] }>;
const isEnd = (event: LedgerEvent): event is End =>
  (endTypes as readonly string[]).includes(event.type);

/** Adds up what each reservation was debited, which its end tells the counters. */
function ledgerEntries() {
  const debited = new Map<ReservationId, Amount>();

  const endOf = (id: ReservationId): Ended => {
    const amount = debited.get(id);
    debited.delete(id);
    return amount === undefined
      ? { status: 'released', amount: zero }
      : { status: 'settled', amount };
  };

  return (id: ReservationId, event: LedgerEvent): LedgerEntry | undefined => {
    if (isEnd(event)) return { type: 'ended', id, end: endOf(id) };
    switch (event.type) {
      case 'EpochBegan':
        return { type: 'epoch-began', ...event.data };
      case 'BudgetReserved': {
        const { epoch, at: _, scopes, ...held } = event.data;
        const hold = { ...held, id, scopes: scopes as LoggedHold['scopes'], attempts: [] };
        return { type: 'reserved', hold, epoch };
      }
      case 'BudgetToppedUp': {
        const { attempt, amount, epoch } = event.data;
        return { type: 'topped-up', id, attempt, amount, epoch };
      }
      case 'BudgetDebited':
        debited.set(id, plus(debited.get(id) ?? zero, event.data.amount));
        return undefined;
      case 'BudgetAdjusted':
        return { type: 'adjusted', id, was: event.data.was, amount: event.data.amount };
      case 'GenerationAbandoned':
        return { type: 'abandoned', id };
    }
  };
}
