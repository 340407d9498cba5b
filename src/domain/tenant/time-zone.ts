import { z } from 'zod';

/** An IANA time zone: days and months of usage begin and end in it. */
export const TimeZone = z
  .string()
  .max(64)
  .refine(exists, 'an IANA time zone, e.g. Europe/Berlin')
  .brand<'TimeZone'>();
export type TimeZone = z.infer<typeof TimeZone>;

export const UTC = 'UTC' as TimeZone;

function exists(name: string): boolean {
  // Offsets such as +02:00 are accepted by Intl as well, but they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
