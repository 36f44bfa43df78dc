// schema/simulationreport.schema.json: what `switchgear simulate --json` prints.
import { reportJsonSchema } from "../../src/simulator/report-schema.ts";

export function reportSchemaFile(): string {
  return `${JSON.stringify(reportJsonSchema(), undefined, 2)}\n`;
}
