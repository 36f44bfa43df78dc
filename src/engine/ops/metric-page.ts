// A page of metrics in the text form of Python's prometheus_client, which vLLM uses: label order, numbers, `_created`.

export type Labels = Readonly<Record<string, string>>;

export interface MetricDefinition {
  /** Of the family: without `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Upper edges of a histogram, without +Inf. */
  readonly buckets?: readonly number[];
}

/** One time series; a histogram's series is all its buckets. */
export interface Series {
  /** Counter: adds; gauge: sets; histogram: observes. */
  record(value: number): void;
}

export interface MetricFamily {
  /** Made at its first use. */
  with(labels: Labels): Series;
}

export interface MetricPage {
  /** Families appear in the order of their definition. */
  define(definition: MetricDefinition): MetricFamily;
  render(): string;
}

interface StoredSeries extends Series {
  lines(): string;
  readonly created: string;
}

/** `epochSeconds` stamps the `_created` series. */
export function metricPage(epochSeconds: () => number): MetricPage {
  const families: (() => string)[] = [];
  return {
    define(definition) {
      const series = new Map<string, StoredSeries>();
      families.push(() => renderFamily(definition, [...series.values()]));
      return { with: (labels) => seriesOf(series, definition, { labels, now: epochSeconds() }) };
    },
    render: () => families.map((render) => render()).join(""),
  };
}

interface Birth {
  readonly labels: Labels;
  readonly now: number;
}

function seriesOf(known: Map<string, StoredSeries>, definition: MetricDefinition, { labels, now }: Birth): Series {
  const key = labelText(labels);
  const found = known.get(key);
  if (found) return found;
  const created = `${definition.name}_created${key} ${pythonNumber(now)}\n`;
  const made =
    definition.type === "histogram" ? histogram(definition, labels, created) : scalar(definition, key, created);
  known.set(key, made);
  return made;
}

function scalar({ name, type }: MetricDefinition, key: string, created: string): StoredSeries {
  const shown = type === "counter" ? `${name}_total` : name;
  let current = 0;
  return {
    record(value) {
      current = type === "counter" ? current + value : value;
    },
    lines: () => `${shown}${key} ${pythonNumber(current)}\n`,
    created,
  };
}

function histogram({ name, buckets = [] }: MetricDefinition, labels: Labels, created: string): StoredSeries {
  const counts = new Array<number>(buckets.length + 1).fill(0);
  const heads = [...buckets, Number.POSITIVE_INFINITY].map(
    (edge) => `${name}_bucket${labelText({ ...labels, le: pythonNumber(edge) })} `,
  );
  let sum = 0;
  return {
    record(value) {
      const index = buckets.findIndex((edge) => value <= edge);
      const at = index < 0 ? buckets.length : index;
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    lines() {
      let total = 0;
      const lines = heads.map((head, index) => {
        total += counts[index] ?? 0;
        return `${head}${pythonNumber(total)}\n`;
      });
      const key = labelText(labels);
      return `${lines.join("")}${name}_count${key} ${pythonNumber(total)}\n${name}_sum${key} ${pythonNumber(sum)}\n`;
    },
    created,
  };
}

function renderFamily(definition: MetricDefinition, series: readonly StoredSeries[]): string {
  if (series.length === 0) return "";
  const { name, type, help } = definition;
  const shown = type === "counter" ? `${name}_total` : name;
  const body = `${head(shown, type, help)}${series.map((one) => one.lines()).join("")}`;
  if (type === "gauge") return body;
  return `${body}${head(`${name}_created`, "gauge", help)}${series.map((one) => one.created).join("")}`;
}

function head(name: string, type: string, help: string): string {
  return `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
}

function labelText(labels: Labels): string {
  const names = Object.keys(labels).sort();
  if (names.length === 0) return "";
  return `{${names.map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`).join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** prometheus_client's floatToGoString: Python's repr, but exponents from a million on as Go writes them. */
export function pythonNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (Number.isNaN(value)) return "NaN";
  const text = pythonRepr(value);
  const dot = text.indexOf(".");
  if (value <= 0 || dot <= 6 || text.includes("e")) return text;
  const mantissa = `${text[0]}.${text.slice(1, dot)}${text.slice(dot + 1)}`.replace(/[0.]+$/, "");
  return `${mantissa}e+${String(dot - 1).padStart(2, "0")}`;
}

/** Shortest round-trip digits as in Python: 1.0, 1e-05, 1e+16. */
function pythonRepr(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}
