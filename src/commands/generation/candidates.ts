import type { Amount } from '#domain/amount.ts';
import type { Prompt } from '#domain/generation/prompt.ts';
import type { ModelId, TenantId } from '#domain/ids.ts';
import { reservedTokens, worstCostOf } from '#domain/price.ts';
import { Rejected } from '#domain/rejected.ts';
import type { FoundModel } from './find-model.ts';
import type { ModelProvider } from './model-port.ts';

/** A model that can answer this prompt, and the most that one attempt at it can cost. */
export type Candidate = {
  readonly found: FoundModel;
  readonly provider: ModelProvider;
  /** With the limit that this model's answer can have. */
  readonly prompt: Prompt;
  readonly inputTokens: number;
  readonly worst: Amount;
};

export type Skipped = { readonly model: ModelId; readonly reason: string };

export type Catalogue = {
  readonly find: (tenant: TenantId, model: ModelId, region?: string) => Promise<FoundModel>;
  readonly reach: (found: FoundModel) => Promise<ModelProvider>;
};

type Asked = {
  readonly tenant: TenantId;
  readonly region: string | undefined;
  readonly models: readonly ModelId[];
  readonly allowed: readonly string[];
  readonly prompt: Prompt;
};

/**
 * The models of a cascade that can be tried, in its order, and why the others cannot. Throws the
 * reason of the first where there is none.
 */
export async function candidatesFor(
  catalogue: Catalogue,
  asked: Asked,
): Promise<{ readonly candidates: readonly Candidate[]; readonly skipped: readonly Skipped[] }> {
  mustHaveTools(asked.prompt);
  const candidates: Candidate[] = [];
  const skipped: Skipped[] = [];
  let first: Rejected | undefined;
  for (const model of asked.models) {
    try {
      candidates.push(await candidate(catalogue, asked, model));
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      first ??= error;
      skipped.push({ model, reason: error.code });
    }
  }
  if (candidates.length > 0) return { candidates, skipped };
  if (skipped.length === 1 && first !== undefined) throw first;
  const reasons = skipped.map(({ model, reason }) => `${model}: ${reason}`);
  throw new Rejected('generation/no-model', { reasons: reasons.join(', ') });
}

async function candidate(
  { find, reach }: Catalogue,
  { tenant, region, allowed, prompt }: Asked,
  model: ModelId,
): Promise<Candidate> {
  if (!allowed.includes('*') && !allowed.includes(model)) {
    throw new Rejected('model/not-in-plan', { model });
  }
  const found = await find(tenant, model, region);
  const { settings, price } = found;
  mustBeAble(model, settings, prompt);
  const provider = await reach(found);
  const maxTokens = Math.min(prompt.maxTokens, settings.maxOutputTokens);
  const inputTokens = provider.countPrompt(prompt);
  const worst = worstOf(inputTokens, maxTokens, price);
  const { tokens } = worst;
  if (tokens > settings.contextTokens) {
    const { contextTokens } = settings;
    throw new Rejected('model/prompt-too-long', { model, contextTokens, tokens });
  }
  return { found, provider, prompt: { ...prompt, maxTokens }, inputTokens, worst };
}

/** The same model, for an answer of so many tokens at most. */
export function answeringShorter(candidate: Candidate, atMost: number): Candidate {
  const { found, prompt, inputTokens } = candidate;
  const maxTokens = Math.min(prompt.maxTokens, atMost);
  const worst = worstOf(inputTokens, maxTokens, found.price);
  return { ...candidate, prompt: { ...prompt, maxTokens }, worst };
}

function worstOf(inputTokens: number, maxTokens: number, { price }: FoundModel['price']): Amount {
  const most = reservedTokens(inputTokens, maxTokens);
  return {
    tokens: most.inputTokens + most.outputTokens,
    costNanoUsd: Number(worstCostOf(inputTokens, maxTokens, price)),
  };
}

function mustBeAble(
  model: ModelId,
  { callsTools, writesJson }: FoundModel['settings'],
  { tools = [], toolChoice, format }: Prompt,
): void {
  if (tools.length > 0 && toolChoice !== 'none' && !callsTools) {
    throw new Rejected('model/no-tools', { model });
  }
  if (format !== undefined && format.type !== 'text' && !writesJson) {
    throw new Rejected('model/no-json', { model });
  }
}

/** Every provider would refuse it. */
function mustHaveTools({ tools = [], toolChoice }: Prompt): void {
  const isGiven =
    typeof toolChoice === 'object'
      ? tools.some(({ name }) => name === toolChoice.name)
      : toolChoice !== 'required' || tools.length > 0;
  if (!isGiven) throw new Rejected('generation/no-such-tool');
}
