import {
  type CharSet,
  charSet,
  inOrder,
  notBefore,
  some,
  word,
} from '#domain/compliance/matching/reader.ts';
import { type Shape, whileIn } from '#domain/compliance/matching/shape.ts';
import {
  base64,
  base64Url,
  hex,
  letterOrDigit,
  upperOrDigit,
  wordCharacter,
} from './character-sets.ts';
import { unguessable } from './unguessable.ts';

// Tokens that say by their first characters whose they are. The shapes are those of the providers'
// own pages about their tokens, or, where a provider publishes none, what its tokens look like;
// gitleaks (MIT) showed which are worth having. Each pattern is written here anew.

type Length = number | 'at least';

/** `{prefix}{length of set}`, with nothing of the same kind around it. */
function token(prefixes: readonly string[], set: CharSet, length: number, more?: Length): Shape {
  const isOpen = more === 'at least';
  const body = isOpen ? some(set, length) : some(set, length, more ?? length);
  return {
    begins: prefixes,
    notAfter: wordCharacter,
    secret: inOrder(word(prefixes), isOpen ? body : inOrder(body, notBefore(set))),
    accepts: unguessable(2.8),
    ...(isOpen && { rest: whileIn(set) }),
  };
}

const lower36 = charSet('a-z', '0-9');
const dashed = charSet('a-z', 'A-Z', '0-9', '-');
const dotted = charSet('a-z', 'A-Z', '0-9', '_', '-', '.');
const base32 = charSet('A-Z', '2-7');
const slashed = charSet('a-z', 'A-Z', '0-9', '/', '_', '-');
const letters = charSet('a-z', 'A-Z');

/** By name, with where the shape is from. */
export const prefixedTokens: Readonly<Record<string, Shape>> = {
  // AWS, IAM identifiers: unique id prefixes of access keys; 16 characters of base32 follow.
  'aws-access-key': {
    ...token(['AKIA', 'ASIA', 'ABIA', 'ACCA'], base32, 16),
    notAfter: letterOrDigit,
    accepts: (text) => !text.endsWith('EXAMPLE') && unguessable(3)(text),
  },
  // Google Cloud, API keys: 39 characters from `AIzaSy`.
  'gcp-api-key': token(['AIzaSy'], base64Url, 33),
  // GitHub, "Behind GitHub's new authentication token formats".
  'github-token': token(['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], letterOrDigit, 36),
  'github-fine-grained-token': token(['github_pat_'], wordCharacter, 82),
  // GitLab, token overview: token prefixes.
  'gitlab-token': token(
    ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glcbt-', 'glsoat-', 'glft-', 'glimt-', 'glagent-'],
    dotted,
    20,
    'at least',
  ),
  // Slack, token types; webhook addresses are secrets by its own words.
  'slack-token': token(
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxs-', 'xoxo-', 'xoxe-', 'xoxe.xoxp-', 'xapp-'],
    dashed,
    20,
    'at least',
  ),
  'slack-webhook': {
    ...token(
      ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
      slashed,
      40,
      'at least',
    ),
    accepts: unguessable(3.5),
  },
  // Stripe, API keys and webhook signing secrets.
  'stripe-key': token(
    ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_', 'rk_prod_', 'whsec_'],
    letterOrDigit,
    10,
    'at least',
  ),
  // OpenAI: project, service account and admin keys; the older ones are 48 letters and digits.
  'openai-key': token(['sk-proj-', 'sk-svcacct-', 'sk-admin-'], base64Url, 40, 'at least'),
  'openai-legacy-key': token(['sk-'], letterOrDigit, 48, 60),
  // Anthropic: `sk-ant-`, what it is for, and its version.
  'anthropic-key': token(
    ['sk-ant-api', 'sk-ant-admin', 'sk-ant-oat', 'sk-ant-ort'],
    base64Url,
    80,
    'at least',
  ),
  // npm, "About access tokens"; the blog on its token format.
  'npm-token': token(['npm_'], letterOrDigit, 36),
  // PyPI, API tokens: a macaroon whose location is pypi.org or test.pypi.org.
  'pypi-token': token(
    ['pypi-AgEIcHlwaS5vcmc', 'pypi-AgENdGVzdC5weXBpLm9yZw'],
    base64Url,
    50,
    'at least',
  ),
  // Ours: `plm_<tenant>_<key id>_<secret>`.
  'palimpsest-key': token(['plm_'], base64Url, 60, 'at least'),
  'huggingface-token': token(['hf_', 'api_org_'], letters, 34),
  'sendgrid-key': token(['SG.'], dotted, 66),
  'digitalocean-token': token(['dop_v1_', 'doo_v1_', 'dor_v1_'], hex, 64),
  'shopify-token': token(['shpat_', 'shpca_', 'shppa_', 'shpss_'], hex, 32),
  'docker-token': token(['dckr_pat_', 'dckr_oat_'], base64Url, 27, 32),
  'vault-token': token(['hvs.', 'hvb.', 'hvr.'], base64Url, 24, 'at least'),
  'databricks-token': token(['dapi'], hex, 32),
  'grafana-token': token(
    ['glsa_', 'glc_'],
    charSet('a-z', 'A-Z', '0-9', '_', '+', '/', '='),
    32,
    'at least',
  ),
  'sentry-token': token(['sntrys_', 'sntryu_'], base64Url, 40, 'at least'),
  'cloudflare-token': token(['cfat_', 'cfut_', 'cfk_'], letterOrDigit, 40, 'at least'),
  'one-password-token': token(['ops_eyJ'], base64Url, 100, 'at least'),
  'age-key': token(['AGE-SECRET-KEY-1'], upperOrDigit, 58),
  'figma-token': token(['figd_'], base64Url, 38, 'at least'),
  'linear-key': token(['lin_api_'], letterOrDigit, 40),
  'notion-token': token(['ntn_'], letterOrDigit, 43, 50),
  'postman-key': token(['PMAK-'], dashed, 59),
  'groq-key': token(['gsk_'], letterOrDigit, 52),
  'xai-key': token(['xai-'], wordCharacter, 70, 'at least'),
  'perplexity-key': token(['pplx-'], letterOrDigit, 48, 60),
  'doppler-token': token(['dp.pt.', 'dp.st.', 'dp.ct.'], dotted, 40, 'at least'),
  'atlassian-token': token(
    ['ATATT3x', 'ATCTT3x'],
    charSet('a-z', 'A-Z', '0-9', '_', '-', '='),
    60,
    'at least',
  ),
  'rubygems-key': token(['rubygems_'], hex, 48),
  'sonar-token': token(['squ_', 'sqp_', 'sqa_'], lower36, 40),
  'pulumi-token': token(['pul-'], hex, 40),
  'new-relic-key': token(['NRAK-'], upperOrDigit, 27),
  'tailscale-key': token(['tskey-auth-', 'tskey-api-', 'tskey-client-'], dashed, 20, 'at least'),
  'sourcegraph-token': token(['sgp_', 'slk_'], wordCharacter, 40, 'at least'),
  'fly-token': token(['fm1r_', 'fm1a_', 'fm2_', 'fo1_'], base64, 43, 'at least'),
  'openshift-token': token(['sha256~'], base64Url, 43),
};
