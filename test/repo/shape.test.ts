// The repo checks its own shape: import order, sizes of files and functions, one line at the top that says what a file is for.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { parseSync, Visitor } from "oxc-parser";
import { FOLDERS } from "./folders.ts";

/** Tables of data, read top to bottom, not logic. */
const LONG_TABLES = new Set<string>([]);

/** What a folder is for others: all of it, or what of it runs without sockets and files. */
const DOORS = new Set(["index.ts", "offline.ts"]);

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 60;

const sources = globSync("src/**/*.ts").map((path) => ({ path: normalize(path), text: readFileSync(path, "utf8") }));

test("each file starts with one line that says what it is for", () => {
  const files = [...sources, ...texts("test/**/*.ts"), ...texts("bench/**/*.ts"), ...texts("scripts/**/*.{js,ts}")];
  const missing = files.filter(({ text }) => !/^(#!.*\n)?\/\/ \S.{14,}/.test(text)).map(({ path }) => path);
  assert.deepEqual(missing, []);
});

test("folders import only folders before them, through their index.ts or offline.ts", () => {
  const wrong = sources.flatMap(({ path, text }) =>
    importsOf(path, text)
      .filter((to) => !mayImport(path, to))
      .map((to) => `${path} → ${to}`),
  );
  assert.deepEqual(wrong, []);
});

test("every source folder is in the order", () => {
  const folders = new Set(sources.map(({ path }) => folderOf(path)).filter((folder) => folder !== undefined));
  assert.deepEqual(
    [...folders].filter((folder) => !FOLDERS.includes(folder)),
    [],
  );
});

test(`no file is longer than ${MAX_FILE_LINES} lines, most are about 100`, () => {
  const sizes = sources.map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }));
  const long = sizes.filter(({ path, lines }) => lines > MAX_FILE_LINES && !LONG_TABLES.has(path));
  assert.deepEqual(long, []);
  assert.ok(median(sizes.map(({ lines }) => lines)) <= 110);
});

test(`no function has more than ${MAX_FUNCTION_LINES} lines of its own, most about 10`, () => {
  const all = sources.flatMap(({ path, text }) => functionsOf(path, text));
  const long = all.filter(({ lines }) => lines > MAX_FUNCTION_LINES);
  assert.deepEqual(long, []);
  const sorted = all.map(({ lines }) => lines).sort((a, b) => a - b);
  assert.ok(median(sorted) <= 12, `median ${median(sorted)}`);
  assert.ok((sorted[Math.floor(sorted.length * 0.9)] ?? 0) <= 30, "p90");
});

function texts(pattern: string): { path: string; text: string }[] {
  return globSync(pattern).map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map((match) => normalize(join(dirname(path), match[1] ?? "")));
}

function folderOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : undefined;
}

function mayImport(from: string, to: string): boolean {
  const [a, b] = [folderOf(from), folderOf(to)];
  if (a === b) return true;
  if (a === undefined) return to.endsWith("/index.ts");
  if (b === undefined) return to === "src/version.ts";
  return FOLDERS.indexOf(b) < FOLDERS.indexOf(a) && DOORS.has(to.slice(`src/${b}/`.length));
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Lines of a function without the functions nested in it: a factory of closures is as long as its own statements. */
function functionsOf(path: string, text: string): { where: string; lines: number }[] {
  const spans: Span[] = [];
  const take = ({ start, end }: Span): void => void spans.push({ start, end });
  const { program } = parseSync(path, text);
  new Visitor({ FunctionDeclaration: take, FunctionExpression: take, ArrowFunctionExpression: take }).visit(program);
  const lineOf = lineIndex(text);
  return spans.map((span) => {
    const nested = spans.filter(
      (one) => inside(one, span) && !spans.some((middle) => inside(one, middle) && inside(middle, span)),
    );
    const inner = nested.reduce((sum, one) => sum + lineOf(one.end) - lineOf(one.start), 0);
    const first = lineOf(span.start);
    return { where: `${path}:${first}`, lines: lineOf(span.end) - first + 1 - inner };
  });
}

function inside(inner: Span, outer: Span): boolean {
  return inner !== outer && inner.start >= outer.start && inner.end <= outer.end;
}

function lineIndex(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
