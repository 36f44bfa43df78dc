// What `serve` prints when it is open: a curl that works as pasted, whatever the port asks for.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Running } from "../../src/app/index.ts";
import { welcome } from "../../src/cli/welcome.ts";

const running = (data: string): Running => ({
  urls: { data, admin: "http://127.0.0.1:8081", metrics: undefined },
  models: ["m"],
  adminTokenFile: "/state/admin-token",
  ready: async () => [],
  reload: async () => ({ cause: "", at: "", result: "unchanged", changed: [] }),
  stop: async () => undefined,
  handOver: async () => undefined,
});

const shown = (data: string, asksForKey: boolean) =>
  welcome({
    running: running(data),
    waiting: [],
    banner: "serve",
    files: ["my.yaml"],
    asksForKey,
    plans: ["to-fleet"],
  });

test("the curl of a port with TLS and keys has both", () => {
  const text = shown("https://127.0.0.1:8443", true);
  assert.match(text, /curl -kN https:\/\/127\.0\.0\.1:8443\/v1\/chat\/completions -H "authorization: Bearer \$KEY" /);
  assert.match(text, /a key of spec\.gateway\.apiKeys in KEY/);
});

test("the curl of an open port has neither", () => {
  const text = shown("http://127.0.0.1:8080", false);
  assert.match(text, /curl -N http:\/\/127\.0\.0\.1:8080\/v1\/chat\/completions -H 'content-type/);
  assert.doesNotMatch(text, /KEY/);
});

test("a migration plan is not begun by itself: the command that says what comes next works as pasted", () => {
  const command = "switchgear migrate status to-fleet --admin http://127.0.0.1:8081 --state-directory /state";
  assert.ok(shown("http://127.0.0.1:8080", false).includes(`  ${command}\n`));
});
