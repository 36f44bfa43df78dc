// Whether two load generators say the same of the same requests: paired by round, told by the interval of the difference.
import { type Machine } from "../lib/machine.ts";
import { markdownTable } from "../lib/markdown-table.ts";
import { medianInterval } from "../lib/median-interval.ts";
import { type Judged, judge } from "../lib/verdict.ts";

export interface Workload {
  readonly requests: number;
  readonly concurrency: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Medians over the requests (or gaps) of one run, and its rate. */
export interface Figures {
  readonly ttftMs: number;
  /** (E2E − TTFT) ÷ (output tokens − 1): our TPOT, AIPerf's inter token latency. */
  readonly tpotMs: number;
  /** Between two events with tokens: our ITL, AIPerf's inter chunk latency. */
  readonly gapMs: number;
  readonly outputTokensPerSecond: number;
}

export interface AgreementReport {
  readonly machine: Machine;
  readonly workload: Workload;
  readonly pairs: readonly { readonly ours: Figures; readonly theirs: Figures }[];
  readonly judged: readonly Judged[];
}

type Pairs = AgreementReport["pairs"];

const LIMIT_PERCENT = 3;
const FIGURES: Readonly<Record<keyof Figures, string>> = {
  ttftMs: "TTFT p50, ms",
  tpotMs: "inter-token latency of a request (our TPOT) p50, ms",
  gapMs: "gap between chunks (our ITL) p50, ms",
  outputTokensPerSecond: "output tokens/s",
};
const NAMES = Object.keys(FIGURES) as readonly (keyof Figures)[];

export function agreement(pairs: Pairs): Judged[] {
  return NAMES.map((name) =>
    judge(
      { target: FIGURES[name], limit: LIMIT_PERCENT, unit: "%" },
      pairs.map((pair) => Math.abs(differencePercent(pair, name))),
    ),
  );
}

export function agreementTable({ workload, pairs, judged }: AgreementReport): string {
  const rows = NAMES.map((name, i) => {
    const middle = (of: "ours" | "theirs"): string =>
      medianInterval(pairs.map((pair) => pair[of][name])).median.toFixed(2);
    const differences = pairs.map((pair) => differencePercent(pair, name));
    const { value, verdict } = judged[i] ?? { value: medianInterval([]), verdict: "unresolved" };
    const range = `${signed(Math.min(...differences))} … ${signed(Math.max(...differences))}`;
    const most = value.high === undefined ? "–" : value.high.toFixed(2);
    return [
      FIGURES[name],
      middle("ours"),
      middle("theirs"),
      signed(medianInterval(differences).median),
      range,
      most,
      `**${verdict}**`,
    ];
  });
  const head = [
    "",
    "switchgear bench",
    "AIPerf",
    "median difference %",
    "range %",
    "at most % (95 %)",
    `within ${LIMIT_PERCENT} %`,
  ];
  return `${workloadText(workload, pairs.length)}\n\n${markdownTable(head, rows)}`;
}

function workloadText({ requests, concurrency, inputTokens, outputTokens }: Workload, rounds: number): string {
  const text = `${rounds} rounds of ${requests} requests, ${concurrency} at a time, ${inputTokens} tokens in, ${outputTokens} out.`;
  const why =
    concurrency === 1
      ? `One at a time for both tools: a first token then waits for its own prompt alone, and what is compared is how they time an answer.
The worker runs at a quarter of its speed: AIPerf's time to a first token has the writing of the request in it (4 ms at 2048 tokens, 9 ms at 6144),
which was 4 to 6 % of the first tokens of a worker at full speed (80 ms against 76, 194 against 185).`
      : `A first token also waits for what its prompt meets of the other prompts being computed. That is chance: the tools send the same
requests, not at the same moments.`;
  return `${text}\n${why}`;
}

function differencePercent({ ours, theirs }: Pairs[number], name: keyof Figures): number {
  return 100 * (ours[name] / theirs[name] - 1);
}

function signed(percent: number): string {
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(2)}`;
}
