// Text → its YAML documents as plain values with positions.
import { type Document, isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Diagnostic } from "./diagnostic.ts";
import { type Path, type Position, showPath } from "./position.ts";
import { toValues, type ValueProblem } from "./yaml-values.ts";

export interface YamlDocument {
  readonly value: unknown;
  readonly root: Position;
}

export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly diagnostics: readonly Diagnostic[];
  readonly place: (offset: number) => { readonly line: number; readonly column: number };
}

/** Documents with syntax errors are left out and reported; empty ones are left out. */
export function parseYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const place = (offset: number) => at(lines, offset);
  const parsed = parse(text, lines);
  const diagnostics: Diagnostic[] = [];
  const report = (problem: ValueProblem) => diagnostics.push(diagnostic(file, problem, place(problem.offset)));
  if (!parsed) {
    report({ code: "too-deep", offset: 0, path: [], message: "is nested too deep to be read" });
    return { documents: [], diagnostics, place };
  }
  const documents: YamlDocument[] = [];
  for (const document of parsed) {
    for (const problem of syntaxProblems(document)) report(problem);
    if (document.errors.length > 0 || isEmpty(document)) continue;
    const { value, root, problems } = toValues(document);
    for (const problem of problems) report(problem);
    if (value !== null) documents.push({ value, root });
  }
  return { documents, diagnostics, place };
}

function parse(text: string, lineCounter: LineCounter): Document.Parsed[] | undefined {
  try {
    // Duplicate keys are found by our own walk: the library compares each key with each other one.
    const options = { lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: "silent" } as const;
    const parsed = parseAllDocuments(text, options);
    return "empty" in parsed ? [] : parsed;
  } catch (thrown) {
    // The composer is recursive.
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

function isEmpty({ contents }: Document.Parsed): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

function syntaxProblems(document: Document.Parsed): ValueProblem[] {
  return [...document.errors, ...document.warnings].map((error) => {
    const tabs = /tab/i.test(error.message) ? { hint: "indent with spaces" } : {};
    const message = error.message.replace(/\s+/g, " ").slice(0, 200);
    return { code: "yaml-syntax", offset: error.pos[0], path: [] as Path, message, ...tabs };
  });
}

function diagnostic(file: string, problem: ValueProblem, place: { line: number; column: number }): Diagnostic {
  return {
    severity: "error",
    code: problem.code,
    file,
    ...place,
    path: showPath(problem.path),
    message: problem.message,
    value: undefined,
    expected: undefined,
    hint: problem.hint,
  };
}

function at(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(Math.max(0, offset));
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
