// Settings of the process: written in any of its deployments, valid for all, refused when two of them disagree.
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { CandidateDocument, Finding } from "./candidate.ts";
import { valueAt } from "./check-shape.ts";
import { walkFields } from "./field-tree.ts";
import { locate, type Path, showPath } from "./position.ts";

let known: readonly Path[] | undefined;

function processWidePaths(): readonly Path[] {
  if (known) return known;
  const paths: Path[] = [];
  walkFields((path, { notes }) => {
    if (notes?.processWide) paths.push(path);
  });
  known = paths;
  return paths;
}

/** Writes each setting into the candidates that leave it out. */
export function shareProcessWide(candidates: readonly CandidateDocument[]): Finding[] {
  if (candidates.length < 2) return [];
  return processWidePaths().flatMap((path) => shareOne(candidates, path));
}

function shareOne(candidates: readonly CandidateDocument[], path: Path): Finding[] {
  const written = candidates.filter((one) => isWritten(one, path));
  const [first, ...others] = written;
  if (!first) return [];
  const value = settingOf(first, path);
  for (const one of candidates) setAt(one.document, path, value);
  const disagreeing = others.filter((one) => !isDeepStrictEqual(settingOf(one, path), value));
  return disagreeing.map((of) => ({
    of,
    problem: {
      severity: "error",
      code: "process-wide-conflict",
      path,
      message: "is one setting of the whole process",
      value: valueAt(of.source.value, path),
      expected: `${String(valueAt(first.source.value, path))} as at ${placeOf(first, path)}`,
      hint: "write it in one deployment",
    },
  }));
}

function isWritten({ source, repaired }: CandidateDocument, path: Path): boolean {
  return valueAt(source.value, path) !== undefined && !repaired.some((one) => showPath(one) === showPath(path));
}

function settingOf({ source }: CandidateDocument, path: Path): unknown {
  const value = valueAt(source.value, path);
  if (!namesFiles(path)) return value;
  const absolute = (one: unknown) => resolve(source.folder, String(one));
  return Array.isArray(value) ? value.map(absolute) : absolute(value);
}

/** A relative path starts at the folder of the file that says it. */
function namesFiles(path: Path): boolean {
  const name = String(path.at(-1));
  return (
    name === "stateDirectory" ||
    name === "files" ||
    (path.includes("etcd") && name.endsWith("File")) ||
    (path.includes("tls") && ["cert", "key", "clientCa"].includes(name))
  );
}

function setAt(document: object, path: Path, value: unknown): void {
  const parent = valueAt(document, path.slice(0, -1)) as Record<string | number, unknown> | undefined;
  const key = path.at(-1);
  if (parent && key !== undefined) parent[key] = value;
}

export function placeOf({ source }: CandidateDocument, path: Path): string {
  const { line, column } = source.place(locate(source.root, path).position.key);
  return `${source.file}:${line}:${column}`;
}
