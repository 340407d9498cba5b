import { TenantId } from './ids.ts';

/** `<tenant>/<kind>/<id>`: the prefix `<tenant>/` selects exactly one tenant in any log. */
export type StreamName = string & { readonly __id: 'StreamName' };

export const streamKinds = [
  'tenant',
  'plan',
  'provider',
  'model',
  'cascade',
  'provider-key',
  'policy',
  'member',
  'group',
  'api-key',
  'identity-provider',
  'document',
  'actor',
  'comment',
  'suggestion',
  'generation',
  'budget',
  'alert',
  'webhook',
  'delivery',
  'projection',
] as const;
export type StreamKind = (typeof streamKinds)[number];

export function streamOf(tenant: TenantId, kind: StreamKind, id: string): StreamName {
  return `${tenant}/${kind}/${id}` as StreamName;
}

export type StreamParts = {
  readonly tenant: TenantId;
  readonly kind: StreamKind;
  readonly id: string;
};

/** Takes a name apart, or answers `undefined` when it is none of ours. */
export function partsOf(stream: string): StreamParts | undefined {
  const [tenant, kind, ...id] = stream.split('/');
  const checked = TenantId.safeParse(tenant);
  if (!checked.success || id.length !== 1 || !id[0]) return undefined;
  if (!streamKinds.includes(kind as StreamKind)) return undefined;
  return { tenant: checked.data, kind: kind as StreamKind, id: id[0] };
}
