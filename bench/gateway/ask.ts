import { Agent, request } from 'node:http';
import { now } from './now.ts';

export type Gateway = {
  readonly name: string;
  /** Of an OpenAI-compatible API. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Heard = {
  readonly wholeMs: number;
  readonly firstAt: number;
  readonly firstMs: number;
};

const agent = new Agent({ keepAlive: true });

/** Asks once, and says when the first word came and how long the whole answer took. */
export async function ask(
  { url, headers }: Gateway,
  marker: string,
  how: { readonly stream: boolean; readonly slowly?: boolean },
): Promise<Heard> {
  const body = JSON.stringify({
    model: 'gpt-5-mini',
    max_completion_tokens: 100,
    ...(how.stream && { stream: true, stream_options: { include_usage: true } }),
    messages: [
      { role: 'system', content: 'You describe birds in one sentence, for visitors of a park.' },
      { role: 'user', content: `${PROMPT} ${marker}${how.slowly === true ? ' slowly' : ''}` },
    ],
  });
  const began = now();
  return await new Promise((resolve, reject) => {
    const asked = request(`${url}/chat/completions`, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-type': 'application/json' },
    });
    asked.once('error', reject).once('response', (response) => {
      let text = '';
      let firstAt = 0;
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        if (firstAt === 0 && text.includes('heron')) firstAt = now();
        else if (firstAt === 0 && text.includes('"content":"The')) firstAt = now();
      });
      response.once('error', reject).once('end', () => {
        const isWhole = text.includes(how.stream ? '[DONE]' : 'brings');
        if (response.statusCode !== 200 || !isWhole) {
          reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 400)}`));
        } else resolve({ wholeMs: now() - began, firstAt, firstMs: firstAt - began });
      });
    });
    asked.end(body);
  });
}

const PROMPT =
  'A visitor stands at the river in the early morning and sees a tall grey bird that does not ' +
  'move. Tell what it is and what it waits for, in words that a child of eight understands. ' +
  'Mention neither Latin names nor measures. The visitor has walked for two hours already.';
