// The report of admission as Markdown tables.
import type { AdmissionReport, Row } from "./admission-report.ts";

export function admissionSection({ setup, ...report }: AdmissionReport): string {
  const { workers, profile, seconds, seeds, firstSeed, knee } = setup;
  return [
    `${workers} simulated workers of \`${profile}\`, ${seconds} s, mean of seeds ${firstSeed} to ${firstSeed + seeds - 1}; knee, found without admission: ${knee} requests/s.`,
    table("One of five tenants sends 20 times its share; figures are the other four's", report.flood),
    table("Batch beside interactive requests at half of the knee", report.batch),
    table("Eight tenants, demand 1 to 10, all above their share", report.fairness),
    table("Twice the knee", report.overload),
  ].join("\n\n");
}

function table(title: string, rows: readonly Row[]): string {
  const names = Object.keys(rows[0]?.figures ?? {});
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    `**${title}**\n`,
    line(["rule", ...names]),
    line(["---", ...names.map(() => "---:")]),
    ...rows.map(({ rule, figures }) => line([rule, ...names.map((name) => shown(figures[name] ?? Number.NaN))])),
  ].join("\n");
}

function shown(figure: number): string {
  return figure >= 100 ? String(Math.round(figure)) : String(Number(figure.toFixed(3)));
}
