import canonicalize from 'canonicalize';

/** Whether two plain values would be the same JSON, whatever the order of their keys. */
export const isSame = (one: unknown, other: unknown): boolean =>
  canonicalize(one) === canonicalize(other);
