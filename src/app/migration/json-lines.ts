// Rows that are only ever added to: JSON, one a line.
import { readFileSync } from "node:fs";

/** A line that a crash tore is left out. */
export function jsonLines<Row>(text: string): Row[] {
  return text.split("\n").flatMap((line): Row[] => {
    try {
      return line === "" ? [] : [JSON.parse(line) as Row];
    } catch {
      return [];
    }
  });
}

/** None where there is no file yet. */
export function readJsonLines<Row>(file: string): Row[] {
  try {
    return jsonLines<Row>(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
