// `serve --supervised` on a Node.js that cannot hold sockets for others.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { test } from "node:test";

const ROOT = resolve(import.meta.dirname, "../..");
/** As early releases of Node.js 24 are. */
const WITHOUT = 'data:text/javascript,import net from "node:net"; delete net.BoundSocket;';

test("without net.BoundSocket --supervised says which Node.js it needs, and opens nothing", () => {
  const argv = ["--import", WITHOUT, "src/cli/main.ts", "serve", "examples/existing-servers.yaml", "--supervised"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: "utf8" });
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /Node\.js 26\.4 or newer/);
  assert.match(stderr, /SWG_RUNTIME_TOO_OLD/);
});
