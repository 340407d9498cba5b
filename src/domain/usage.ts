/** What one attempt took, whichever provider answered. Whole numbers of tokens. */
export type Usage = {
  /** All of the prompt, with what was read from and written to the provider's cache. */
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** All of the answer, with reasoning that nobody sees. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly countedBy: 'provider' | 'us';
  /** The provider said less than we saw with our own eyes; the larger of both is what counts. */
  readonly implausible: boolean;
};

/** What a provider says, which may be nothing, zero, or nonsense. */
export type ReportedUsage = {
  readonly [Field in keyof Omit<Usage, 'countedBy' | 'implausible'>]?: number | null | undefined;
};

/** What our own tokenizer says of the prompt that was sent and the answer that came. */
export type CountedTokens = { readonly inputTokens: number; readonly outputTokens: number };

// Tokenizers of newer models differ from ours by some percent, so only a report that is far below
// what was sent and received is doubted. Above it nothing can be: there is reasoning that we do
// not see, and a provider bills what it says.
const OUTPUT_MARGIN = 0.75;
const OUTPUT_SLACK_TOKENS = 16;
const INPUT_MARGIN = 0.5;

/**
 * The usage that is billed. A report that is missing, is zero for what was not empty, or cannot be
 * true is not trusted at all: we count. One that is plainly too low is flagged, and on each side
 * the larger figure counts, because a provider that forgets tokens would be a way around a budget.
 */
export function settleUsage(reported: ReportedUsage | undefined, counted: CountedTokens): Usage {
  // An answer that was cut has its input reported, and nobody but us has counted what came.
  const isCut = reported?.outputTokens == null;
  const report = reported && wholeReport(isCut ? withCountedOutput(reported, counted) : reported);
  if (report === undefined || isEmptyFor(report, counted)) return countedByUs(counted);
  const isInputLow = report.inputTokens < counted.inputTokens * INPUT_MARGIN;
  const isOutputLow =
    report.outputTokens + OUTPUT_SLACK_TOKENS < counted.outputTokens * OUTPUT_MARGIN;
  return {
    ...report,
    inputTokens: isInputLow ? counted.inputTokens : report.inputTokens,
    outputTokens: isOutputLow ? counted.outputTokens : report.outputTokens,
    countedBy: isCut ? 'us' : 'provider',
    implausible: isInputLow || isOutputLow,
  };
}

export const countedByUs = ({ inputTokens, outputTokens }: CountedTokens): Usage => ({
  inputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens,
  reasoningTokens: 0,
  countedBy: 'us',
  implausible: false,
});

const withCountedOutput = (reported: ReportedUsage, { outputTokens }: CountedTokens) => ({
  ...reported,
  outputTokens,
  reasoningTokens: 0,
});

type Report = Omit<Usage, 'countedBy' | 'implausible'>;

const isEmptyFor = (report: Report, counted: CountedTokens): boolean =>
  (report.inputTokens === 0 && counted.inputTokens > 0) ||
  (report.outputTokens === 0 && counted.outputTokens > 0);

/** `undefined` where the figures contradict each other, so that none of them can be believed. */
function wholeReport(reported: ReportedUsage): Report | undefined {
  const report: Report = {
    inputTokens: reported.inputTokens ?? Number.NaN,
    cacheReadTokens: reported.cacheReadTokens ?? 0,
    cacheWriteTokens: reported.cacheWriteTokens ?? 0,
    outputTokens: reported.outputTokens ?? Number.NaN,
    reasoningTokens: reported.reasoningTokens ?? 0,
  };
  const isWhole = Object.values(report).every((one) => Number.isSafeInteger(one) && one >= 0);
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens } = report;
  const adds = cacheReadTokens + cacheWriteTokens <= inputTokens && reasoningTokens <= outputTokens;
  return isWhole && adds ? report : undefined;
}
