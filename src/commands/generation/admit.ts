import { AdmissionUnavailable } from '#commands/admission.ts';
import { filterPrompt } from '#commands/filter/filter-prompt.ts';
import type { Filter } from '#commands/filter/filter-port.ts';
import type { CommandRequest } from '#commands/handle.ts';
import type { BreakerPermit } from '#domain/breaker/breaker.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { AnswerPlace } from './answer-cache.ts';
import { cachedAnswer } from './cached-answer.ts';
import { logHold } from './log-hold.ts';
import { type Planned, plannedIn, planAttempts, shortestOf } from './plan-attempts.ts';
import type { Hold } from './reserve.ts';
import type { Ended } from './under-way.ts';
import type { UnheardHolds } from './unheard-holds.ts';
import type { Entitlement, GeneratePorts, Wanted } from './wanted.ts';
import {
  type Given,
  type Place,
  blockedAt,
  requestWith,
  servedFrom,
  servedInstead,
} from './without-model.ts';

/** A generation whose hold is logged and confirmed: from here on models may be called. */
export type Admitted = {
  readonly id: GenerationId;
  readonly hold: Hold;
  /** Of the first model's breaker. */
  readonly permit: BreakerPermit | undefined;
  readonly filter: Filter;
  readonly wanted: Wanted;
  /** Where a whole answer is kept for whoever asks the same. */
  readonly place: AnswerPlace | undefined;
  readonly request: CommandRequest;
};

type Ports = GeneratePorts & { readonly unheard: UnheardHolds };
type Without = { readonly ended: Ended };

/**
 * All that comes before a model may be called. What is blocked or answered without a model ends
 * here, and is logged as that. Throws `Rejected` where the plan or the budgets refuse it.
 */
export async function admit(
  ports: Ports,
  id: GenerationId,
  wanted: Wanted,
  request: CommandRequest,
): Promise<Admitted | Without> {
  const { tenant } = request;
  const entitlement = await ports.entitlement(tenant);
  if (!entitlement.features.includes('generation')) throw new Rejected('generation/not-in-plan');
  const filter = await ports.filterFor(tenant);
  const { prompt, flags, isBlocked } = await filterPrompt(filter, wanted.prompt);
  if (isBlocked) return { ended: await blockedAt(ports, id, { wanted, prompt, flags }, request) };
  const place = wanted.cache && (await ports.answers.placeOf(tenant, wanted.by, prompt));
  const given = { wanted, prompt, flags, filter, place };
  const fresh = await cachedAnswer(ports, filter, place, wanted, 'fresh');
  if (fresh !== undefined) return { ended: await servedFrom(ports, id, given, request, fresh) };
  const planned = await plan(ports, id, given, entitlement, request);
  if ('ended' in planned) return planned;
  const { hold } = planned;
  const asked = requestWith(wanted, prompt, plannedIn(planned, prompt.maxTokens));
  const { timeoutMs } = wanted;
  const logged = await logHold(ports, id, hold, { asked, flags, timeoutMs }, request);
  if ('ended' in logged) return logged;
  const { permit } = logged;
  return { id, hold, permit, filter, wanted, place, request };
}

/** Holds the worst case of the models that will be tried, as this tenant's plan and budgets allow. */
async function plan(
  ports: Ports,
  id: GenerationId,
  given: Given & Place,
  { limits, models: allowed, zones, region }: Entitlement,
  request: CommandRequest,
): Promise<Planned | Without> {
  const { tenant, principal } = request;
  const { wanted, prompt } = given;
  const { by } = wanted;
  const models = 'task' in by ? await ports.catalogue.cascade(by.task) : [by.model];
  const asked = { tenant, region, models, allowed, prompt };
  const unheard = ports.unheard.take(id);
  const holding = unheard ?? {
    tenant,
    id,
    holder: ports.ids.uuid(),
    windows: windowsAt(ports.clock.now(), zones),
    claims: await ports.claimsOf(principal, limits),
    askedAt: ports.clock.now().getTime(),
  };
  try {
    return await planAttempts(ports, asked, holding, shortestOf(wanted));
  } catch (error) {
    // What was not heard of before may be there still.
    if (unheard || error instanceof AdmissionUnavailable) ports.unheard.keep(holding);
    return { ended: await servedInstead(ports, id, given, request, error) };
  }
}
