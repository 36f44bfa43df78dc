// What the pages tell people to type works: each sh block is run as written, each yaml block is a valid deployment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { readDeploymentText, renderDiagnostics } from "../../src/config/index.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(ROOT, "src/cli/main.ts");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "ARCHITECTURE.md",
  ...globSync("docs/**/*.md", { cwd: ROOT }),
];

/** Commands of the clone itself: this suite is inside one of them, and set-up.test.ts has the other's parts. */
const TWO_COMMANDS = ["npm start", "npm test"];

const blocks = PAGES.flatMap((page) => fencedBlocks(page));
const folder = mkdtempSync(join(tmpdir(), "switchgear-readme-"));
let gateway: GatewayProcess;
let worker: string;

before(async () => {
  mkdirSync(join(folder, ".switchgear"));
  symlinkSync(join(ROOT, "examples"), join(folder, "examples"));
  writeFileSync(join(folder, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(join(folder, "npx"), 0o755);
  gateway = await startGatewayProcess({ argv: [process.execPath, MAIN, "quickstart"], cwd: folder });
  symlinkSync(gateway.adminTokenFile, join(folder, ".switchgear", "admin-token"));
  worker = await firstWorker();
});

after(async () => {
  gateway.interrupt();
  await gateway.ended;
  rmSync(folder, { recursive: true, force: true });
});

test("the pages have commands to run", () => {
  const shown = blocks.filter(({ language }) => language === "sh").map(({ text }) => text.trim());
  assert.ok(shown.length >= 7, `${shown.length}`);
  assert.deepEqual(
    TWO_COMMANDS.filter((command) => !shown.includes(command)),
    [],
  );
  const unmarked = blocks.filter(({ language }) => !["sh", "yaml", "json", "text", ""].includes(language));
  assert.deepEqual(unmarked, []);
});

/** Benchmarks take minutes: that what they start exists is all that is checked of them here; test/bench runs their parts. */
const BENCHMARK = /\b(npm run (bench:\S+)|(?:node|sh) (bench\/\S+))/g;

test("the benchmarks that pages name exist", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = blocks.flatMap(({ text }) => [...text.matchAll(BENCHMARK)]);
  assert.ok(named.length >= 3);
  for (const [line, , script, file] of named)
    assert.ok(script === undefined ? existsSync(join(ROOT, file ?? "")) : script in scripts, line);
});

for (const { where, text } of blocks.filter(({ language }) => language === "sh")) {
  if (TWO_COMMANDS.includes(text.trim()) || text.search(BENCHMARK) >= 0) continue;
  test(`${where} runs as written: ${text.split("\n")[0]}`, async () => {
    const run = await shell(withPorts(text));
    await fetch(`${worker}/_sim/faults`, { method: "DELETE" });
    assert.equal(run.code, 0, run.output);
    assert.ok(run.output.length > 0);
  });
}

for (const { where, text } of blocks.filter(({ language }) => language === "yaml"))
  test(`${where} is a valid deployment`, () => {
    const { diagnostics } = readDeploymentText({ file: where, text });
    assert.equal(renderDiagnostics(diagnostics), "");
  });

test("every link between pages leads somewhere", () => {
  const dead = PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
      .map(([, to = ""]) => ({ page, to }))
      .filter(({ to }) => globSync(join(ROOT, page, "..", to)).length === 0),
  );
  assert.deepEqual(dead, []);
});

interface Block {
  readonly where: string;
  readonly language: string;
  readonly text: string;
}

function fencedBlocks(page: string): Block[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm)].map(
    ({ index, 1: indent = "", 2: language = "", 3: body = "" }) => ({
      where: `${page}:${text.slice(0, index).split("\n").length}`,
      language,
      text: body.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
    }),
  );
}

/** The pages' ports are the defaults; 8001 is an engine, here a worker. */
function withPorts(text: string): string {
  const { data, admin, metrics } = gateway;
  return text
    .replaceAll("http://127.0.0.1:8001", worker)
    .replaceAll("http://127.0.0.1:8080", data)
    .replaceAll("http://127.0.0.1:8081", admin)
    .replaceAll("http://127.0.0.1:9090/metrics", metrics);
}

async function firstWorker(): Promise<string> {
  const authorization = `Bearer ${readFileSync(gateway.adminTokenFile, "utf8").trim()}`;
  const answer = await fetch(`${gateway.admin}/admin/v1/workers`, { headers: { authorization } });
  const { workers } = (await answer.json()) as { workers: { url: string }[] };
  return workers[0]?.url ?? "";
}

async function shell(script: string): Promise<{ code: unknown; output: string }> {
  const env = { ...process.env, PATH: [folder, process.env["PATH"]].join(delimiter) };
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => void (output += part.toString()));
  const [code] = await once(child, "close");
  return { code, output };
}
