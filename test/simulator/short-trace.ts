// A conversation trace whose requests are short enough for real tokens in a test; arrivals never at the same instant.
import { seededRandom } from "../../src/core/index.ts";
import { syntheticTrace, type Trace } from "../../src/workload/index.ts";

export interface ShortTrace {
  readonly requests: number;
  /** The longest between two arrivals. */
  readonly gapMs: number;
  /** Longer prompts and answers are cut. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Of the conversation preset. */
const BLOCK_TOKENS = 512;

export function shortTrace({ requests, gapMs, inputTokens, outputTokens }: ShortTrace): Trace {
  const whole = syntheticTrace({ preset: "conversation", requests, random: seededRandom(3) });
  const random = seededRandom("arrivals");
  let atMs = 0;
  const rows = whole.rows.map((row) => {
    const input = Math.min(row.inputTokens, inputTokens);
    return {
      ...row,
      atMs: (atMs += gapMs * random.next()),
      inputTokens: input,
      hashIds: row.hashIds?.slice(0, Math.ceil(input / BLOCK_TOKENS)),
      outputTokens: Math.min(row.outputTokens, outputTokens),
    };
  });
  return { ...whole, rows };
}
