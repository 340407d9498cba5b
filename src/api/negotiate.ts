import { Problem } from './problem.ts';

type Range = { readonly type: string; readonly subtype: string; readonly q: number };

/**
 * The offered media type that the `Accept` header likes best (RFC 9110 §12.5.1): the most specific
 * range decides a type's weight, and among equals the first offer wins.
 */
export function negotiate<Offer extends string>(
  accept: string | undefined,
  offers: readonly [Offer, ...Offer[]],
): Offer {
  if (accept === undefined || accept.trim() === '') return offers[0];
  const ranges = accept.split(',').flatMap(rangeFrom);
  const weighed = offers.map((offer) => ({ offer, q: weight(offer, ranges) }));
  const best = weighed.reduce((best, next) => (next.q > best.q ? next : best));
  if (best.q > 0) return best.offer;
  throw new Problem('request/not-acceptable', { details: { offered: offers.join(', ') } });
}

function rangeFrom(text: string): Range[] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type, subtype] = range.split('/');
  if (!type || !subtype) return [];
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return [{ type, subtype, q: q === undefined ? 1 : weightFrom(q) }];
}

const weightFrom = (q: string) => (/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0);

function weight(offer: string, ranges: readonly Range[]): number {
  const [type, subtype] = offer.split('/');
  const matching = ranges
    .filter((range) => range.type === type || (range.type === '*' && range.subtype === '*'))
    .filter((range) => range.subtype === subtype || range.subtype === '*')
    .toSorted((a, b) => specificity(b) - specificity(a));
  return matching[0]?.q ?? 0;
}

const specificity = ({ type, subtype }: Range) => (type === '*' ? 0 : subtype === '*' ? 1 : 2);
