// The report of a conversion as a table for people: what needs a person first stands out by its disposition.
import type { ConvertReport, OptionReport } from "../migration/index.ts";

const MAX_TOKENS = 60;

export function conversionTable(report: ConvertReport): string {
  const { options, form, vllmVersion, versionFrom, notes, checks, diagnostics } = report;
  const rows = options.map(cells);
  const widths = [0, 1, 2].map((i) => Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)));
  const lines = options.flatMap((one, i) => {
    const [disposition = "", place = "", tokens = ""] = rows[i] ?? [];
    const [a = 0, b = 0, c = 0] = widths;
    const head = `${disposition.padEnd(a)}  ${place.padEnd(b)}  ${tokens.padEnd(c)}  ${one.target ?? "-"}`;
    const more = isPlain(one) ? [] : [`${"".padEnd(a + b + 4)}${explained(one)}`];
    return [head.trimEnd(), ...more];
  });
  const from = `form ${form}, options of vLLM ${vllmVersion} (${versionFrom})`;
  const counts = Object.entries(report.counts).map(([name, count]) => `${count} ${name}`);
  const found = diagnostics.map((one) => `${one.severity}: ${one.path}: ${one.message}`);
  const checked = checks.map(({ check, result, reason }) => `check ${result}: ${check}: ${reason}`);
  const told = notes.map((one) => `note: ${one}`);
  return `${[from, ...lines, ...checked, ...found, ...told, counts.join(", "), ...toDecide(options)].join("\n")}\n`;
}

/** Said again at the end: what a person has to decide is easily missed in a long table. */
function toDecide(options: readonly OptionReport[]): readonly string[] {
  const open = options.filter(({ disposition }) => OPEN.has(disposition));
  if (open.length === 0) return [];
  const lines = open.map((one) => {
    const [, place = "", tokens = ""] = cells(one);
    return `  ${[place, tokens].filter((text) => text !== "").join("  ")}: ${explained(one)}`;
  });
  return ["", "To decide:", ...lines];
}

const OPEN: ReadonlySet<string> = new Set(["unsupported", "conflict", "unknown"]);

function explained({ reason, hint }: OptionReport): string {
  return hint === null ? reason : `${reason} (${hint})`;
}

/** Says enough by itself. */
function isPlain({ disposition, hint }: OptionReport): boolean {
  if (hint !== null) return false;
  return disposition === "mapped" || disposition === "passed-through";
}

function cells({ disposition, position, tokens }: OptionReport): readonly string[] {
  const place = position === null ? "" : `${position.line}:${position.column}`;
  const words = tokens.join(" ").replace(/\s+/g, " ");
  return [disposition, place, words.length > MAX_TOKENS ? `${words.slice(0, MAX_TOKENS - 1)}…` : words];
}
