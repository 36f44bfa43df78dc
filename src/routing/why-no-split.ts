// Where prefill and decode on separate workers cannot pay: the rule of DistServe's and its followers' measurements, with the numbers.

export interface SplitFigures {
  /** Mean prompt tokens that no cache has. */
  readonly uncachedTokens?: number | undefined;
  readonly transfer?: TransferFigures | undefined;
  readonly gaps?: GapFigures | undefined;
  readonly workers?: number | undefined;
}

export interface TransferFigures {
  readonly tokens: number;
  readonly transferMs: number;
  readonly prefillMs: number;
  readonly link: string;
}

export interface GapFigures {
  readonly sloMs: number;
  readonly chunkTokens: number;
  /** One step with a full chunk of a prompt. */
  readonly chunkMs: number;
  /** One step with a single answer. */
  readonly decodeMs: number;
}

/** Shorter prompts are computed faster than they are moved and waited for. */
const LEAST_TOKENS = 2000;
const MOST_TRANSFER = 0.2;
const TIGHT = 1.5;
const LEAST_WORKERS = 4;

/** Empty when nothing known speaks against it. */
export function whyNoSplit({ uncachedTokens, transfer, gaps, workers }: SplitFigures): string[] {
  return [fewTokens(uncachedTokens), slowLink(transfer), looseGaps(gaps), fewWorkers(workers)].filter(
    (reason) => reason !== undefined,
  );
}

function fewTokens(tokens: number | undefined): string | undefined {
  if (tokens === undefined || tokens >= LEAST_TOKENS) return undefined;
  return `prompts leave ${whole(tokens)} uncached tokens; separate workers pay from about ${whole(LEAST_TOKENS)} on`;
}

function slowLink(figures: TransferFigures | undefined): string | undefined {
  if (figures === undefined) return undefined;
  const { tokens, transferMs, prefillMs, link } = figures;
  const share = transferMs / prefillMs;
  if (share <= MOST_TRANSFER) return undefined;
  const shown = `${whole(transferMs)} ms over ${link}, ${whole(100 * share)} % of their prefill (${whole(prefillMs)} ms)`;
  return `${whole(tokens)} tokens of KV take ${shown}; above ${100 * MOST_TRANSFER} % the network costs what is won`;
}

function looseGaps(figures: GapFigures | undefined): string | undefined {
  if (figures === undefined) return undefined;
  const { sloMs, chunkTokens, chunkMs, decodeMs } = figures;
  if (sloMs < TIGHT * decodeMs || sloMs < chunkMs) return undefined;
  const steps = `${whole(chunkMs)} ms with a chunk of ${whole(chunkTokens)} tokens, ${whole(decodeMs)} ms without`;
  return `gaps of ${whole(sloMs)} ms are kept by one worker too: a step takes ${steps}`;
}

function fewWorkers(workers: number | undefined): string | undefined {
  if (workers === undefined || workers >= LEAST_WORKERS) return undefined;
  return `${workers} workers are too few to match the rates of two pools; ${LEAST_WORKERS} are the least`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
