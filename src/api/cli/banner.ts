import { relative } from 'node:path';
import type { Config } from '#api/config.ts';
import type { Demo } from '#api/demo.ts';
import type { Home } from '#infra/home/home.ts';

export type Started = {
  readonly url: string;
  readonly home: Home;
  readonly config: Config;
  readonly demo: Demo | undefined;
};

/** What a start prints. Keys are read from their files by the shell, so none is ever shown. */
export async function bannerOf({ url, home, config, demo }: Started): Promise<string> {
  const notices = [
    ...home.notices,
    ...config.notUsedYet.map((name) => `${name} is set; this version does not use it yet.`),
  ];
  return [
    `Palimpsest runs at ${url}`,
    `Keys are in ${home.keys.directory}`,
    ...notices,
    ...(demo === undefined ? [] : ['', ...curlLines(url, home, demo.documentId)]),
    '',
  ].join('\n');
}

function curlLines(url: string, home: Home, documentId: string): string[] {
  const key = shellWord(nearPath(home.keys.path('demo')));
  const curl = `curl -sS -H "Authorization: Bearer $(cat ${key})"`;
  const json = `-H 'Content-Type: application/json'`;
  const document = `${url}/v1/documents/${documentId}`;
  const create = JSON.stringify({ title: 'A first page', markdown: '# Hello\n\nWritten once.\n' });
  const edit = JSON.stringify({ edits: [{ type: 'insertText', at: 0, text: 'Written over. ' }] });
  return [
    'Create a document, edit the one that is there, and see who wrote what when:',
    `  ${curl} ${json} -d '${create}' ${url}/v1/documents`,
    `  ${curl} ${json} -d '${edit}' ${document}/edits`,
    `  ${curl} ${document}/timeline`,
    `Or edit it together with others, with the key in ${key}:`,
    `  ${url}/documents/${documentId}`,
  ];
}

/** As one would type it from here. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

const shellWord = (text: string) =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
