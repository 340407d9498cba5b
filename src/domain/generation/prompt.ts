// What is asked of a model, in one form for every provider: that of OpenAI's chat completions,
// which most applications speak. Adapters translate it.

export type ToolCall = {
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it, which may be none. Never executed here. */
  readonly arguments: string;
};

export type Message =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string;
      readonly toolCalls?: readonly ToolCall[] | undefined;
    }
  | { readonly role: 'tool'; readonly toolCallId: string; readonly content: string };

export type JsonObject = Readonly<Record<string, unknown>>;

export type Tool = {
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments; without one the tool takes none. */
  readonly parameters?: JsonObject | undefined;
  readonly strict?: boolean | undefined;
};

/** `auto`: the model decides; `required`: it must call some tool; `{name}`: it must call this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

export type AnswerFormat =
  | { readonly type: 'text' }
  /** Any JSON object. */
  | { readonly type: 'json' }
  | { readonly type: 'json-schema'; readonly name: string; readonly schema: JsonObject };

export type Prompt = {
  readonly messages: readonly Message[];
  /** Always sent: it is what bounds the cost of the attempt. */
  readonly maxTokens: number;
  readonly format?: AnswerFormat | undefined;
  readonly tools?: readonly Tool[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  readonly parallelToolCalls?: boolean | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly seed?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
};

/** A wish that a provider may have no word for. Leaving it out changes how an answer sounds, no more. */
export type Wish =
  | 'parallelToolCalls'
  | 'temperature'
  | 'topP'
  | 'seed'
  | 'presencePenalty'
  | 'frequencyPenalty';
