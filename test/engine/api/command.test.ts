// `switchgear engine` as a process: what it says when ready, and how it refuses.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { engineUnderTest } from "./engine-under-test.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
const engine = engineUnderTest();

interface Ended {
  readonly code: number | null;
  readonly errors: string;
}

function start(flags: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, "engine", ...flags], { stdio: ["pipe", "pipe", "pipe"] });
}

async function ended(child: ChildProcess): Promise<Ended> {
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors };
}

test("says where it listens, answers, ends on SIGTERM", { timeout: 10_000 }, async () => {
  const child = start(["--model", "llama-70b", "--port", "0", "--tokenizer", "builtin"]);
  const end = ended(child);
  const [line] = (await once(child.stdout ?? child, "data")) as [Buffer];
  const match = /^listening on (http:\/\/127\.0\.0\.1:\d+), model llama-70b\b/.exec(line.toString());
  assert.ok(match?.[1], line.toString());
  assert.equal((await fetch(`${match[1]}/health`)).status, 200);
  child.kill("SIGTERM");
  assert.deepEqual(await end, { code: 0, errors: "" });
});

test("an unknown profile ends with 2 and the nearest name", { timeout: 10_000 }, async () => {
  const { code, errors } = await ended(start(["--model", "x", "--profile", "llama-3.1-70b-h100-tp4-fp9"]));
  assert.equal(code, 2);
  assert.match(errors, /Did you mean llama-3\.1-70b-h100-tp4-fp8\?/);
});

test("a port in use is named and ends with 2", { timeout: 10_000 }, async () => {
  const { code, errors } = await ended(start(["--model", "x", "--port", String(engine.server.port)]));
  assert.equal(code, 2);
  assert.match(errors, new RegExp(`127\\.0\\.0\\.1:${engine.server.port}.*EADDRINUSE`));
});

test("a wrong flag value ends with 2", { timeout: 10_000 }, async () => {
  const { code, errors } = await ended(start(["--model", "x", "--speed", "fast"]));
  assert.equal(code, 2);
  assert.match(errors, /--speed.*expected a number/);
});
