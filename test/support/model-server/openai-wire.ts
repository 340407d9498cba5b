import type { Script, ScriptedUsage, WireEvent, WireProtocol } from './script.ts';

const reasons = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  filtered: 'content_filter',
} as const;

/** `POST /v1/chat/completions` with `stream: true`, as OpenAI documents it. */
export const openaiWire: WireProtocol = {
  path: '/v1/chat/completions',
  events: (script, model) => {
    const chunk = (choices: object[], usage: object | null = null) =>
      `data: ${JSON.stringify({
        id: 'chatcmpl-double',
        object: 'chat.completion.chunk',
        created: 1_767_225_600,
        model: `${model}-2026-01-01`,
        choices,
        usage,
      })}\n\n`;
    const choice = (delta: object, finish_reason: string | null = null) =>
      chunk([{ index: 0, delta, logprobs: null, finish_reason }]);
    const { finish = script.toolCalls ? 'tool-calls' : 'stop', usage } = script;
    return [
      other(choice({ role: 'assistant', content: '', refusal: null })),
      ...deltasOf(script).map((delta) => ({ text: choice(delta), isDelta: true })),
      other(choice({}, reasons[finish])),
      ...(usage === 'missing' || usage === undefined ? [] : [other(chunk([], usageOf(usage)))]),
      other('data: [DONE]\n\n'),
    ];
  },
  error: (code, message) => ({ error: { message, type: code, param: null, code } }),
  errorEvent: (code) => `data: ${JSON.stringify(openaiWire.error(code, 'It broke.'))}\n\n`,
  malformed: 'data: {"id":"chatcmpl-double","choices":[{"ind\n\n',
};

const other = (text: string): WireEvent => ({ text, isDelta: false });

function deltasOf({ text = [], toolCalls = [] }: Script): object[] {
  const called = toolCalls.flatMap(({ id, name, arguments: pieces }, index) => [
    { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] },
    ...pieces.map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
  return [...text.map((content) => ({ content })), ...called];
}

const usageOf = (usage: ScriptedUsage) => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: {
    cached_tokens: usage.cacheRead ?? 0,
    cache_write_tokens: usage.cacheWrite ?? 0,
    audio_tokens: 0,
  },
  completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0, audio_tokens: 0 },
});
