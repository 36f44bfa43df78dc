// What `npm pack` ships: compiled code that runs in an empty folder without any development dependency.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { startGatewayProcess } from "./gateway-process.ts";
import { npm, plainEnvironment } from "./npm.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "switchgear-pack-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const tarball = pack();
const installed = join(folder, "installed");
const command = join(installed, "node_modules", ".bin", "switchgear");
const shipped = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" })
  .trim()
  .split("\n")
  .map((path) => path.replace(/^package\//, ""));

test("the tarball has compiled code, types, schema and examples, and nothing that only we need", () => {
  const expected = [
    "LICENSE",
    "NOTICE",
    "README.md",
    "package.json",
    "sbom.cdx.json",
    "bin/switchgear.js",
    "dist/cli/main.js",
    "dist/cli/main.d.ts",
    "schema/llmdeployment.schema.json",
    "examples/quickstart.yaml",
  ];
  assert.deepEqual(
    expected.filter((path) => !shipped.includes(path)),
    [],
  );
  const sources = shipped.filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
  assert.deepEqual(sources, []);
  const stray = shipped.filter(
    (path) => !/^(LICENSE|NOTICE|README\.md|package\.json|sbom\.cdx\.json|(bin|dist|schema|examples)\/)/.test(path),
  );
  assert.deepEqual(stray, []);
});

test("publint has nothing to say", () => {
  const run = spawnSync(process.execPath, [join(ROOT, "node_modules/publint/src/cli.js"), "run", tarball, "--strict"], {
    encoding: "utf8",
  });
  assert.equal(run.status, 0, run.stdout + run.stderr);
});

test("an installed package runs without development dependencies", { timeout: 60_000 }, async (t) => {
  mkdirSync(installed);
  writeFileSync(join(installed, "package.json"), JSON.stringify({ name: "empty", private: true }));
  const flags = ["--omit=dev", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = npm(["install", ...flags, tarball], installed);
  if (run.unreachable && process.env["CI"] !== "true") return t.skip("the npm registry is unreachable");
  assert.equal(run.status, 0, run.output);

  await t.test("and says its version", () => {
    const text = execFileSync(command, ["--version"], { encoding: "utf8", env: plainEnvironment() });
    assert.equal(text.trim(), manifest().version);
  });

  await t.test("and serves a chat with simulated workers", () => chat());

  await t.test("and its declarations compile", () => {
    writeFileSync(join(installed, "use.mts"), USE);
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const flags = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2024"];
    const check = spawnSync(process.execPath, [tsc, ...flags, "use.mts"], { cwd: installed, encoding: "utf8" });
    assert.equal(check.status, 0, check.stdout);
  });
});

/** Fails to compile when a declaration's own imports are not found: the type would be `any`, without the field. */
const USE = `
import { type Deployment, loadDeployments } from "switchgear/dist/config/index.js";
const read: Deployment = loadDeployments([])[0]!;
export const name: string = read.model.name;
// @ts-expect-error: no such field
export const wrong = read.model.nothing;
`;

async function chat(): Promise<void> {
  const file = join(installed, "node_modules", "switchgear", "examples", "quickstart.yaml");
  const gateway = await startGatewayProcess({
    argv: [command, "serve", file],
    cwd: installed,
    env: plainEnvironment(),
  });
  try {
    const answer = await fetch(`${gateway.data}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "llama-70b",
        max_tokens: 4,
        ignore_eos: true,
        messages: [{ role: "user", content: "Hello" }],
      }),
    });
    assert.equal(answer.status, 200);
    const body = (await answer.json()) as { usage: { completion_tokens: number } };
    assert.equal(body.usage.completion_tokens, 4);
  } finally {
    gateway.interrupt();
  }
  assert.equal(await gateway.ended, 0, gateway.stderr());
}

/** Packs a copy, so that a build in the clone is neither needed nor touched. */
function pack(): string {
  const copy = join(folder, "copy");
  mkdirSync(copy);
  const parts = [...manifest().files.filter((part) => part !== "dist"), "src", "scripts", "README.md", "LICENSE"];
  for (const part of [...parts, "package.json", "tsconfig.json", "tsconfig.build.json"])
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const run = npm(["pack", "--loglevel=error", "--pack-destination", folder], copy);
  assert.equal(run.status, 0, run.output);
  const name = readdirSync(folder).find((file) => file.endsWith(".tgz"));
  assert.ok(name);
  return join(folder, name);
}

function manifest(): { version: string; files: string[] } {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string; files: string[] };
}
