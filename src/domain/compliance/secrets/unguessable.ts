/** Shannon's entropy of a text's characters, in bits per character. */
export function entropyOf(text: string): number {
  const counts = new Map<number, number>();
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) {
    bits -= (count / text.length) * Math.log2(count / text.length);
  }
  return bits;
}

/** More than `bits` a character: `ghp_` and 36 times `x` is a placeholder, and no token. */
export const unguessable =
  (bits: number) =>
  (text: string): boolean =>
    entropyOf(text) >= bits;

const placeholder =
  /^[<[({$%*#]|\.\.\.|x{4}|\*{3}|1234567|abcdef|example|placeholder|change.?me|dummy|redacted|secret|password|passwd|your|my[-_]?(?:api|app|key|token)|sample|test[-_]|[-_]test|process\.|getenv|replace|:\/\/|\(|\)/i;

/** Looks like a value that somebody made up or a machine drew, and not like a name or a placeholder. */
export function isLikelySecret(value: string): boolean {
  if (value.length < 8 || placeholder.test(value)) return false;
  const hasDigit = /[0-9]/.test(value);
  const hasLetter = /[A-Za-z]/.test(value);
  if (!hasDigit || !hasLetter) return false;
  return entropyOf(value) >= (value.length >= 16 ? 3.3 : 2.7);
}

/** For passwords in an address: whatever is no placeholder. */
export const isLikelyPassword = (value: string): boolean =>
  !/^(?:<.*>|\$|\{|%[^0-9a-f]|\*+$|x{3,}$|\[)|^(?:pass|password|passwd|pwd|secret|user|token)$|example|changeme|replace|your/i.test(
    value,
  );
