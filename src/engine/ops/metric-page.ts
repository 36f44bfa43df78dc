// A page of metrics in the text form of Python's prometheus_client, which vLLM uses: label order, numbers, `_created`.
import { metricNumber, type MetricType } from "../../vllm/index.ts";

export type Labels = Readonly<Record<string, string>>;

export interface MetricDefinition {
  /** Without `_total`. */
  readonly name: string;
  readonly type: MetricType | "summary";
  readonly help: string;
  /** Upper edges of a histogram, without +Inf. */
  readonly buckets?: readonly number[] | undefined;
}

/** One time series; a histogram's series is all its buckets. */
export interface Series {
  /** Counter: adds; gauge: sets; histogram: observes. */
  record(value: number): void;
}

/** A family: its series are made at their first use. */
export type SeriesOf = (labels: Labels) => Series;

export interface MetricPage {
  /** Families appear in the order of their definition, and only with a series. */
  define(definition: MetricDefinition): SeriesOf;
  /** A gauge of value 1 whose labels are what matters; they are asked for at each rendering. */
  info(definition: Pick<MetricDefinition, "name" | "help">, labels: () => Labels): void;
  render(): string;
}

interface StoredSeries extends Series {
  lines(): string;
  /** The whole line. */
  readonly created: string;
}

/** `epochSeconds` stamps the `_created` series. */
export function metricPage(epochSeconds: () => number): MetricPage {
  const families: (() => string)[] = [];
  return {
    define(definition) {
      const known = new Map<string, StoredSeries>();
      families.push(() => renderFamily(definition, [...known.values()]));
      return (labels) => {
        const key = labelText(labels);
        const found = known.get(key);
        if (found) return found;
        const created = `${definition.name}_created${key} ${metricNumber(epochSeconds())}\n`;
        const stored = { ...made(definition, labels), created };
        known.set(key, stored);
        return stored;
      };
    },
    info({ name, help }, labels) {
      families.push(() => `${heading(name, "gauge", help)}${name}${labelText(labels())} ${metricNumber(1)}\n`);
    },
    render: () => families.map((render) => render()).join(""),
  };
}

function made(definition: MetricDefinition, labels: Labels): Omit<StoredSeries, "created"> {
  if (definition.type === "histogram") return histogram(definition, labels);
  return definition.type === "summary" ? summary(definition, labels) : scalar(definition, labelText(labels));
}

/** prometheus_client's summaries have no quantiles. */
function summary({ name }: MetricDefinition, labels: Labels): Omit<StoredSeries, "created"> {
  const key = labelText(labels);
  let count = 0;
  let sum = 0;
  return {
    record(value) {
      count++;
      sum += value;
    },
    lines: () => `${name}_count${key} ${metricNumber(count)}\n${name}_sum${key} ${metricNumber(sum)}\n`,
  };
}

function scalar(definition: MetricDefinition, key: string): Omit<StoredSeries, "created"> {
  const name = shownName(definition);
  const adds = definition.type === "counter";
  let current = 0;
  return {
    record(value) {
      current = adds ? current + value : value;
    },
    lines: () => `${name}${key} ${metricNumber(current)}\n`,
  };
}

function histogram({ name, buckets = [] }: MetricDefinition, labels: Labels): Omit<StoredSeries, "created"> {
  const edges = [...buckets, Number.POSITIVE_INFINITY];
  const counts = edges.map(() => 0);
  const heads = edges.map((edge) => `${name}_bucket${labelText({ ...labels, le: metricNumber(edge) })} `);
  const key = labelText(labels);
  let sum = 0;
  return {
    record(value) {
      const at = edges.findIndex((edge) => value <= edge);
      counts[at] = (counts[at] ?? 0) + 1;
      sum += value;
    },
    lines() {
      let total = 0;
      const lines = heads.map((head, index) => {
        total += counts[index] ?? 0;
        return `${head}${metricNumber(total)}\n`;
      });
      return `${lines.join("")}${name}_count${key} ${metricNumber(total)}\n${name}_sum${key} ${metricNumber(sum)}\n`;
    },
  };
}

function renderFamily(definition: MetricDefinition, series: readonly StoredSeries[]): string {
  if (series.length === 0) return "";
  const { name, type, help } = definition;
  const body = heading(shownName(definition), type, help) + series.map((one) => one.lines()).join("");
  if (type === "gauge") return body;
  return `${body}${heading(`${name}_created`, "gauge", help)}${series.map((one) => one.created).join("")}`;
}

function shownName({ name, type }: MetricDefinition): string {
  return type === "counter" ? `${name}_total` : name;
}

function heading(name: string, type: string, help: string): string {
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
