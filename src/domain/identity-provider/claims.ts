import { TenantId } from '#domain/ids.ts';
import { Email, MemberName } from '#domain/member/events.ts';
import { TenantRole } from '#domain/rights.ts';
import type { ProviderSettings } from './state.ts';

/** What a token says. Before its signature was checked it is only what somebody claims. */
export type Claims = Readonly<Record<string, unknown>>;

const AUDIENCE = 'palimpsest:';
export const TENANT_CLAIM = 'palimpsest_tenant';
const MOST_SUBJECT_CHARACTERS = 255;

/** The audience with which a token says that it is for this tenant, and for no other. */
export const audienceOf = (tenant: TenantId): string => `${AUDIENCE}${tenant}`;

/** The tenant that an audience names, if it names one. */
export const tenantOfAudience = (audience: string): string | undefined =>
  audience.startsWith(AUDIENCE) ? audience.slice(AUDIENCE.length) : undefined;

/**
 * The one tenant that a token is for, by its own signed words: an audience `palimpsest:<tenant>`
 * or the claim `palimpsest_tenant`. Were it found by who registered (issuer, audience) first,
 * another tenant could register somebody else's pair and have their people's work.
 */
export function tenantNamedBy(claims: Claims): TenantId | undefined {
  const audiences = [claimIn(claims, 'aud')].flat().filter((one) => typeof one === 'string');
  const claimed = claimIn(claims, TENANT_CLAIM);
  const named = new Set<unknown>(audiences.flatMap((audience) => tenantOfAudience(audience) ?? []));
  if (claimed !== undefined) named.add(claimed);
  const [only] = named;
  return named.size === 1 ? TenantId.safeParse(only).data : undefined;
}

/** `undefined` where it names nobody, or cannot be stored as it is. */
export function subjectOf(claims: Claims): string | undefined {
  const subject = claimIn(claims, 'sub');
  if (typeof subject !== 'string' || !isStorable(subject)) return undefined;
  return subject !== '' && subject.length <= MOST_SUBJECT_CHARACTERS ? subject : undefined;
}

/** Of every rule that applies; the default roles where none does. */
export function rolesFromClaims(
  { rules, defaultRoles }: Pick<ProviderSettings, 'rules' | 'defaultRoles'>,
  claims: Claims,
): TenantRole[] {
  const applying = rules.filter(({ claim, value }) =>
    [valueAt(claims, claim)].flat().includes(value),
  );
  const roles = applying.length > 0 ? applying.flatMap(({ roles }) => roles) : defaultRoles;
  return [...new Set(roles)].sort();
}

/** How somebody who comes for the first time is called. An address counts when the issuer checked it. */
export function profileFrom(claims: Claims): { readonly name: string; readonly email?: string } {
  const email = Email.safeParse(claimIn(claims, 'email')).data;
  const isChecked = email !== undefined && claimIn(claims, 'email_verified') === true;
  const names = ['name', 'preferred_username'].map((claim) => claimIn(claims, claim));
  const name = [...names, isChecked ? email : undefined]
    .map((one) => MemberName.safeParse(one).data)
    .find((one) => one !== undefined && isStorable(one));
  return { name: name ?? 'Unnamed', ...(isChecked && { email }) };
}

function valueAt(claims: Claims, path: readonly string[]): unknown {
  return path.reduce<unknown>(claimIn, claims);
}

function claimIn(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Claims)[name] : undefined;
}

const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
