// The client libraries write a connection string that they do not like to the console, password
// and all. So it is read here first, and what is refused is never shown.

const SCHEMES = ['esdb', 'esdb+discover', 'kurrentdb', 'kurrentdb+discover'];

const OPTIONS = [
  'userCertFile',
  'userKeyFile',
  'maxDiscoverAttempts',
  'connectionName',
  'defaultDeadline',
  'discoveryInterval',
  'gossipTimeout',
  'nodePreference',
  'tls',
  'tlsCAFile',
  'keepAliveInterval',
  'keepAliveTimeout',
];

/** Says what is wrong with a connection string, without a word of what is in it. */
export class BadConnectionString extends Error {
  constructor(why: string) {
    super(`The URL of the event log is not valid: ${why}.`);
    this.name = 'BadConnectionString';
  }
}

/** What may be said of where a log is: everything but user and password. Throws `BadConnectionString`. */
export function placeOf(url: string): { readonly scheme: string; readonly hosts: string } {
  const [, scheme = '', rest = ''] = /^([a-z+]+):\/\/(.*)$/s.exec(url.trim()) ?? [];
  if (!SCHEMES.includes(scheme))
    throw new BadConnectionString(`it begins with none of ${SCHEMES.join('://, ')}://`);
  const [authority = '', ...options] = rest.split(/[?&]/);
  const [credentials, hosts] = splitAtLast(authority, '@');
  if (credentials !== undefined && !/^[^:]+:[^:]+$/.test(credentials))
    throw new BadConnectionString('the credentials are no USER:PASSWORD, percent-encoded');
  const names = hosts.replace(/\/+$/, '');
  if (!/^[\w.-]+(:\d{1,5})?(,[\w.-]+(:\d{1,5})?)*$/.test(names))
    throw new BadConnectionString(
      'after the credentials come hosts, HOST:PORT, with commas between',
    );
  for (const option of options) checkOption(option);
  return { scheme, hosts: names };
}

function checkOption(option: string): void {
  const [name = '', value = ''] = option.split('=');
  const flat = name.toLowerCase().replaceAll(/[_-]/g, '');
  if (flat === 'tlsverifycert')
    throw new BadConnectionString(
      'tlsVerifyCert has no effect in this client: name the authority with tlsCAFile',
    );
  if (!OPTIONS.some((known) => known.toLowerCase() === flat))
    throw new BadConnectionString(`it has an option that is none of ${OPTIONS.join(', ')}`);
  if (value === '') throw new BadConnectionString(`its option ${name} has no value`);
}

function splitAtLast(text: string, mark: string): readonly [string | undefined, string] {
  const at = text.lastIndexOf(mark);
  return at < 0 ? [undefined, text] : [text.slice(0, at), text.slice(at + 1)];
}

/** What the log can be opened with, as far as its text tells. */
export function isEventStoreUrl(url: string): boolean {
  try {
    placeOf(url);
    return true;
  } catch (error) {
    if (error instanceof BadConnectionString) return false;
    throw error;
  }
}
