// Reads a Prometheus text page: only the families asked for, everything else is skipped at the cost of finding its line end.

export interface MetricSample {
  /** With its suffix: `vllm:prompt_tokens_total`, `vllm:time_to_first_token_seconds_bucket`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricsPage {
  readonly samples: readonly MetricSample[];
  /** Wanted lines that could not be read. */
  readonly malformed: number;
}

/** `wanted` holds sample names, suffix included. */
export function parseMetricsPage(text: string, wanted: ReadonlySet<string>): MetricsPage {
  const samples: MetricSample[] = [];
  let malformed = 0;
  const initials = new Set([...wanted].map((name) => name.charCodeAt(0)));
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    const name = initials.has(text.charCodeAt(start)) ? sampleName(text, start, end) : "";
    if (name !== "" && wanted.has(name)) {
      const sample = parseSample(name, text.slice(start + name.length, end));
      if (sample === undefined) malformed++;
      else samples.push(sample);
    }
    start = end + 1;
  }
  return { samples, malformed };
}

/** Empty for a comment or an empty line. */
function sampleName(text: string, start: number, end: number): string {
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    // `#`, space, `{`, tab and carriage return end a name.
    if (code === 35 || code === 32 || code === 123 || code === 9 || code === 13) break;
    at++;
  }
  return text.slice(start, at);
}

const VALUE = /^\s*(\S+)(?:\s+-?\d+)?\s*$/;

/** `rest` is what follows the name: `{a="b"} 1.0`. */
function parseSample(name: string, rest: string): MetricSample | undefined {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;
  if (rest.startsWith("{")) {
    at = rest.startsWith("{}") ? 2 : readLabels(rest, labels);
    if (at < 0) return undefined;
  }
  const number = VALUE.exec(rest.slice(at))?.[1];
  const value = number === undefined ? undefined : numberOf(number);
  return value === undefined ? undefined : { name, labels, value };
}

const LABEL_NAME = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*$/;

/** Offset after the closing brace, −1 when the labels are broken. */
function readLabels(rest: string, labels: Record<string, string>): number {
  let at = 1;
  for (;;) {
    if (rest[at] === "}") return at + 1;
    const open = rest.indexOf('"', at);
    const close = open < 0 ? -1 : closingQuote(rest, open);
    if (close < 0) return -1;
    const name = LABEL_NAME.exec(rest.slice(at, open))?.[1];
    if (name === undefined) return -1;
    labels[name] = unescaped(rest.slice(open + 1, close));
    at = close + 1;
    while (rest[at] === " ") at++;
    if (rest[at] === ",") at++;
    else if (rest[at] !== "}") return -1;
  }
}

function closingQuote(rest: string, open: number): number {
  for (let at = rest.indexOf('"', open + 1); at >= 0; at = rest.indexOf('"', at + 1)) {
    let slashes = 0;
    while (rest[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

function unescaped(value: string): string {
  if (!value.includes("\\")) return value;
  return value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function numberOf(text: string): number | undefined {
  if (text === "+Inf" || text === "Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  if (text === "NaN") return Number.NaN;
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}
