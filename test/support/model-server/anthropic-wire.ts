import type { Script, ScriptedUsage, WireEvent, WireProtocol } from './script.ts';

const reasons = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  filtered: 'refusal',
} as const;

/** `POST /v1/messages` with `stream: true`, as Anthropic documents it. */
export const anthropicWire: WireProtocol = {
  path: '/v1/messages',
  events: (script, model) => {
    const { finish = script.toolCalls ? 'tool-calls' : 'stop' } = script;
    const usage = typeof script.usage === 'object' ? script.usage : undefined;
    return [
      event({
        type: 'message_start',
        message: {
          id: 'msg_double',
          type: 'message',
          role: 'assistant',
          model: `${model}-20260101`,
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: usage && { ...inputOf(usage), output_tokens: 1 },
        },
      }),
      event({ type: 'ping' }),
      ...blocksOf(script),
      event({
        type: 'message_delta',
        delta: { stop_reason: reasons[finish], stop_sequence: null },
        usage: usage && {
          output_tokens: usage.output,
          output_tokens_details: { thinking_tokens: usage.reasoning ?? 0 },
        },
      }),
      event({ type: 'message_stop' }),
    ];
  },
  error: (code, message) => ({ type: 'error', error: { type: code, message } }),
  errorEvent: (code) => `event: error\ndata: ${JSON.stringify(anthropicWire.error(code, 'x'))}\n\n`,
  malformed: 'event: content_block_delta\ndata: {"type":"content_block_de\n\n',
};

type Data = { readonly type: string; readonly [field: string]: unknown };

const event = (data: Data, isDelta = false): WireEvent => ({
  text: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`,
  isDelta,
});

function blocksOf({ text = [], toolCalls = [] }: Script): WireEvent[] {
  const first = text.length > 0 ? 1 : 0;
  const words = block(
    0,
    { type: 'text', text: '' },
    text.map((piece) => ({ type: 'text_delta', text: piece })),
  );
  const called = toolCalls.flatMap(({ id, name, arguments: pieces }, index) =>
    block(
      first + index,
      { type: 'tool_use', id, name, input: {} },
      pieces.map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    ),
  );
  return [...(first > 0 ? words : []), ...called];
}

const block = (index: number, content_block: object, deltas: object[]): WireEvent[] => [
  event({ type: 'content_block_start', index, content_block }),
  ...deltas.map((delta) => event({ type: 'content_block_delta', index, delta }, true)),
  event({ type: 'content_block_stop', index }),
];

/** Cached tokens are not part of `input_tokens` there. */
const inputOf = ({ input, cacheRead = 0, cacheWrite = 0 }: ScriptedUsage) => ({
  input_tokens: input - cacheRead - cacheWrite,
  cache_read_input_tokens: cacheRead,
  cache_creation_input_tokens: cacheWrite,
});
