// The format of the state directory: written once, and never read by a release that is too old for it.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwitchgearError } from "../core/index.ts";
import { VERSION } from "../version.ts";

/** Raised when an older release could no longer read what this one writes. */
export const STATE_FORMAT = 1;

interface FormatFile {
  readonly format: number;
  /** The release that wrote it first, for whoever has to find one that can read it. */
  readonly writtenBy: string;
}

/** Throws when the folder is from a newer format; a folder without the file is of the first one. */
export function checkStateFormat(folder: string): void {
  const file = join(folder, "format.json");
  const found = readFormat(file);
  if (found === undefined) return writeFormat(file);
  if (found.format > STATE_FORMAT) {
    throw new SwitchgearError(
      "SWG_STATE_NEWER",
      `the state directory ${folder} has format ${found.format}, written by switchgear ${found.writtenBy}; this is switchgear ${VERSION}, which reads formats up to ${STATE_FORMAT}`,
      {
        where: file,
        value: found.format,
        expected: `at most ${STATE_FORMAT}`,
        hint: `run switchgear ${found.writtenBy} or later, or restore the backup made before the upgrade`,
      },
    );
  }
}

function writeFormat(file: string): void {
  const content: FormatFile = { format: STATE_FORMAT, writtenBy: VERSION };
  writeFileSync(`${file}.new`, `${JSON.stringify(content)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readFormat(file: string): FormatFile | undefined {
  const text = textOf(file);
  if (text === undefined) return undefined;
  const { format, writtenBy } = parsed(text);
  if (typeof format !== "number" || !Number.isInteger(format) || format < 1) throw damaged(file, text);
  return { format, writtenBy: typeof writtenBy === "string" ? writtenBy : "(unknown)" };

  function parsed(json: string): Partial<Record<keyof FormatFile, unknown>> {
    try {
      const value: unknown = JSON.parse(json);
      return typeof value === "object" && value !== null ? value : {};
    } catch {
      throw damaged(file, json);
    }
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function damaged(file: string, text: string): SwitchgearError {
  return new SwitchgearError("SWG_STATE_DAMAGED", `${file} does not tell the format of the state directory`, {
    where: file,
    value: text.slice(0, 100),
    expected: `{"format":${STATE_FORMAT},…}`,
    hint: "restore the state directory from its backup",
  });
}
