// The pages that people read, their fenced blocks, and which of those are commands to run.
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "ARCHITECTURE.md",
  ...globSync("docs/**/*.md", { cwd: ROOT }).toSorted(),
];

export interface Block {
  readonly page: string;
  /** Page and line. */
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

export const blocks: readonly Block[] = PAGES.flatMap((page) => fencedBlocks(page));

function fencedBlocks(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map(
    ({ index, 1: indent = "", 2: language = "", 3: body = "" }) => ({
      page,
      where: `${page}:${text.slice(0, index).split("\n").length}`,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

/** Commands of the clone itself: the suite is inside one of them, and set-up.test.ts has the other's parts. */
export const TWO_COMMANDS: readonly string[] = ["npm start", "npm test"];

/** Benchmarks take minutes: that what they start exists is all that is checked of them here; test/bench runs their parts. */
export const BENCHMARK = /\b(npm run ((?:bench|test|soak)[:\w]*)|(?:node|sh) (bench\/\S+))/g;

export function isRun({ language, text }: Block): boolean {
  return language === "sh" && !TWO_COMMANDS.includes(text.trim()) && text.search(BENCHMARK) < 0;
}

/** The file that a block is, by its first line: `# NAME`. */
export function fileNameOf({ text }: Block): string | undefined {
  return /^# ([\w-]+\.(?:ya?ml|sh|json))\n/.exec(text)?.[1];
}

/** A page shows parts of documents from `spec:` on, below a comment or none; the rest is the least that a file needs. */
export function wholeDeployment(text: string): string {
  return text
    .split(/^---\n/m)
    .map(wholeDocument)
    .join("---\n");
}

function wholeDocument(text: string, place: number): string {
  if (!/^(# .*\n)*spec:\n/.test(text)) return text;
  const head = `apiVersion: llm-d.nvidia.com/v1\nkind: LLMDeployment\nmetadata: { name: part-${place} }\n`;
  const endpoint = `http://127.0.0.1:${8000 + place}`;
  const rest = ["model: { name: m }", `serving: { workers: { endpoints: [{ url: ${endpoint} }] } }`];
  const missing = rest.filter((line) => !text.includes(`\n  ${line.split(":")[0]}:`));
  const whole = text.endsWith("\n") ? text : `${text}\n`;
  return `${head}${whole}${missing.map((line) => `  ${line}\n`).join("")}`;
}
