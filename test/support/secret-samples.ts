// Made up for tests, in the shapes that the providers give them; none was ever in use. In pieces,
// so that a scanner of repositories does not take them for leaked ones.

const drawn = (length: number, from = 'k3Zp9QxT7vLm2RbWc8HdN5sYjF6gU4eA'): string =>
  Array.from({ length }, (_, index) => from[(index * 7 + length) % from.length]).join('');
const of = (one: string, other: string) => one + other;
const hex = (length: number) => drawn(length, '0a7c3e91b5d8f246');

export const secretSamples: readonly string[] = [
  of('AKI', `A${drawn(16, 'AQ3ZW7XSE2DCRF4V')}`),
  of('gh', `p_${drawn(36)}`),
  of('github', `_pat_${drawn(82)}`),
  of('gl', `pat-${drawn(20)}`),
  of('xox', `b-23984754863-2348975623000-${drawn(24)}`),
  of('sk', `_live_${drawn(24)}`),
  of('sk', `-proj-${drawn(120)}`),
  of('sk', `-ant-api03-${drawn(93)}`),
  of('np', `m_${drawn(36)}`),
  of('pypi', `-AgEIcHlwaS5vcmc${drawn(80)}`),
  of('AIza', `Sy${drawn(33)}`),
  of('plm', `_acme_${hex(16)}_${drawn(43)}`),
  of('eyJ', `${drawn(33)}.eyJ${drawn(300)}.${drawn(43)}`),
  of(
    '-----BEGIN RSA PRI',
    `VATE KEY-----\n${drawn(64)}\n${drawn(64)}\n-----END RSA PRIVATE KEY-----`,
  ),
  `postgres://app:${drawn(12)}@db.example.org/app`,
  `"password": "${drawn(14)}"`,
  `aws_secret_access_key = ${drawn(40)}`,
  `AccountKey=${drawn(86)}==`,
];
