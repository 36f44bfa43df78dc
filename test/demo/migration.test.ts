// The short form of `npm run demo:migration`: real processes, real commands, a migration from start to completed.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";

const MAIN = join(import.meta.dirname, "..", "..", "bench", "demo-migration", "main.ts");

test("convert, preflight, shadow, verdict and steps end in a completed migration without a client error", async () => {
  const folder = mkdtempSync(join(tmpdir(), "switchgear-demo-"));
  try {
    const child = spawn(process.execPath, [MAIN, "--short", "--folder", folder], { stdio: ["ignore", "pipe", "pipe"] });
    const told: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => told.push(text));
    const [code] = await once(child, "close");
    const story = told.join("");
    assert.equal(code, 0, story);
    assert.match(story, /shadow verdict PROCEED/);
    assert.match(story, /completed: the fleet serves all sessions/);
    assert.match(story, /, 0 failed\)/);
    const page = readFileSync(join(folder, "completed.html"), "utf8");
    assert.doesNotMatch(page, /<script|(src|href)=["']?https?:/, "opens offline");
    assert.match(page, /completed/i);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
