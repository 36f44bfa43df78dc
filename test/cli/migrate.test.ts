// `switchgear migrate` as a user calls it, against an admin API that runs the real state machine.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import {
  initialState,
  makePlan,
  type MigrationStatus,
  planStatus,
  type PlanEvent,
  type PlanState,
  reduce,
} from "../../src/migration/index.ts";
import { cliHost, type Ran } from "./cli-host.ts";
import { sampleReport } from "../migration/report/sample.ts";

const host = cliHost();
const folder = mkdtempSync(join(tmpdir(), "switchgear-migrate-"));
const TOKEN = "t".repeat(43);
writeFileSync(join(folder, "admin-token"), `${TOKEN}\n`);

let state: PlanState;
let commands: { path: string; body: Record<string, unknown> }[] = [];
/** Runs before a command is taken: somebody else is faster. */
let meanwhile: (() => void) | undefined;

function send(event: PlanEvent): ReturnType<typeof reduce> {
  const outcome = reduce(state, event, Date.now());
  state = outcome.state;
  for (const effect of outcome.effects) {
    if (effect.type === "setWeight") send({ type: "weightApplied", seq: effect.seq });
    if (effect.type === "runPreflight") send({ type: "preflight", failures: ["prompt-tokens"] });
  }
  return outcome;
}

function status(): MigrationStatus {
  return { ...sampleReport().status, at: Date.now(), plan: planStatus(state, Date.now()), faults: [] };
}

const server = createServer((request, response) => {
  let text = "";
  request.on("data", (part: Buffer) => (text += part.toString()));
  request.on("end", () => {
    const { code, body } = answer(request.url ?? "", request.headers.authorization, text);
    response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});

function answer(path: string, authorization: string | undefined, text: string): { code: number; body: unknown } {
  if (authorization !== `Bearer ${TOKEN}`) return { code: 401, body: { error: { message: "wrong token", code: 401 } } };
  if (path === "/admin/v1/migrations") return { code: 200, body: { migrations: [status()] } };
  if (path === "/admin/v1/migrations/p") return { code: 200, body: status() };
  if (path === "/admin/v1/migrations/p/report") return { code: 200, body: { ...sampleReport(), status: status() } };
  const name = /^\/admin\/v1\/migrations\/p\/(\w+)$/.exec(path)?.[1];
  if (name === undefined) return { code: 404, body: { error: { message: `no such path: ${path}`, code: 404 } } };
  const { version, actor = "", ...fields } = JSON.parse(text) as Record<string, never> & { version: number };
  commands.push({ path, body: JSON.parse(text) as Record<string, unknown> });
  meanwhile?.();
  const command = { name, ...fields } as (PlanEvent & { type: "command" })["command"];
  const { refusal } = send({ type: "command", command, actor, expectedVersion: version });
  return refusal === undefined
    ? { code: 200, body: status() }
    : { code: 409, body: { error: { message: refusal.text, code: 409, refusal } } };
}

let admin = "";
before(async () => {
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => {
  host.close();
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  state = initialState(makePlan({ name: "p", shadow: false }), Date.now());
  [commands, meanwhile] = [[], undefined];
});

function run(...args: readonly string[]): Promise<Ran> {
  return host.run(["migrate", ...args]);
}

function migrate(...args: readonly string[]): Promise<Ran> {
  return run(...args, "--admin", admin, "--state-directory", folder);
}

test("start is held by the preflight, an override lets it go on; set, pause and rollback with their exit codes", async () => {
  assert.equal((await migrate("start", "--actor", "ada")).code, 0);
  assert.equal(state.phase, "draft", "prompt-tokens blocks");
  assert.match((await migrate("status")).out, /^probe +preflight failed: prompt-tokens$/m);
  const overridden = await migrate("start", "p", "--override", "prompt-tokens");
  assert.match(overridden.out, /preflight failures accepted: prompt-tokens/);
  send({ type: "tick" });
  assert.equal(state.phase, "canary");
  assert.equal((await migrate("pause", "--reason", "lunch")).code, 3);
  await migrate("resume");
  assert.equal((await migrate("set", "--weight", "0.5")).code, 1, "above the next step");
  assert.equal((await migrate("set", "--weight", "0.03")).code, 0);
  assert.equal(state.weight.set, 0.03);
  const back = await migrate("rollback", "--reason", "users complain");
  assert.equal(back.code, 1);
  assert.match(back.out, /^p {2}ROLLED-BACK/);
  assert.match(back.out, /users complain/);
  assert.equal((await migrate("rearm")).code, 3);
  assert.equal(commands[0]?.body["actor"], "ada");
});

test("a plan that moved while one looked: the command is refused and the new state shown", async () => {
  send({ type: "command", command: { name: "start", override: ["prompt-tokens"] }, actor: "a" });
  send({ type: "tick" });
  meanwhile = () => {
    meanwhile = undefined;
    send({ type: "command", command: { name: "set", weight: 0.02 }, actor: "b" });
  };
  const { code, err } = await migrate("promote", "--force");
  assert.equal(code, 1);
  assert.match(err, /^refused \(conflict\): the plan is at version \d+, not \d+/);
  assert.match(err, /the plan as it is now:\np {2}CANARY[^]*set 2 %/);
  assert.equal(state.weight.set, 0.02, "the later command did nothing");
  const old = await migrate("abort", "--reason", "x", "--seen-version", "1");
  assert.match(old.err, /refused \(conflict\)/);
});

test("status in text and JSON, watched until the end; a watch that is cut ends with 4", async () => {
  const cut = await migrate("status", "p", "--watch", "--interval", "0.05", "--timeout", "0.1");
  assert.equal(cut.code, 4);
  send({ type: "command", command: { name: "start", override: ["prompt-tokens"] }, actor: "a" });
  send({ type: "tick" });
  const watching = migrate("status", "--watch", "--interval", "0.05");
  setTimeout(() => send({ type: "command", command: { name: "abort", reason: "enough" }, actor: "a" }), 300);
  const { code, out } = await watching;
  assert.equal(code, 1);
  assert.match(out, /ABORTED/);
  const json = await migrate("status", "--json");
  assert.equal((JSON.parse(json.out) as MigrationStatus).plan.phase, "aborted");
});

test("reports go to a file or standard output", async () => {
  const file = join(folder, "report.html");
  assert.equal((await migrate("report", "p", "--format", "html", "-o", file)).code, 0);
  assert.match(readFileSync(file, "utf8"), /^<!doctype html>/);
  assert.match((await migrate("report")).out, /^# Migration p\n/);
  const json = await migrate("report", "--format", "json");
  assert.equal((JSON.parse(json.out) as { seed: string }).seed, "No shadow traffic data.");
});

test("no gateway, no token, a wrong plan, a missing weight: exit 2 and what was expected", async () => {
  const cases: readonly (readonly [Promise<Ran>, RegExp])[] = [
    [run("status", "--admin", "http://127.0.0.1:1", "--state-directory", folder), /SWG_ADMIN_UNREACHABLE/],
    [run("status", "--admin", admin, "--state-directory", join(folder, "none")), /no admin token[^]*--token-env/],
    [
      run("status", "--admin", "http://me:secret@127.0.0.1:1", "--state-directory", folder),
      /holds credentials(?![^]*secret)/,
    ],
    [migrate("status", "q"), /no such path/],
    [migrate("set"), /--weight/],
    [migrate("abort"), /--reason/],
    [migrate("promote", "--weight", "0.1"), /--weight means nothing to promote[^]*expected: set beside it/],
    [migrate("status", "--force"), /--force means nothing to status[^]*promote or set or rollback/],
    [run("rehearse", "--fails-at", "25"), /a share from 0 to 1/],
  ];
  for (const [ran, expected] of cases) {
    const { code, err } = await ran;
    assert.equal(code, 2);
    assert.match(err, expected);
  }
});

test("rehearse: the seed's schedule completes on healthy arms, rolls back on a failing one, and writes a page", async () => {
  const healthy = await run("rehearse", "--rate", "1");
  assert.equal(healthy.code, 0, healthy.err);
  assert.match(healthy.out, /day {2}1 00:00 {2}step 1 of 7: 1% canary\n/);
  assert.match(healthy.out, /completed: the candidate would have served \d+ requests/);
  const page = join(folder, "rehearsal.html");
  const faulty = await run(
    "rehearse",
    "--rate",
    "5",
    "--fails-at",
    "0.25",
    "--candidate-error",
    "0.2",
    "--format",
    "html",
    "-o",
    page,
  );
  assert.equal(faulty.code, 1, faulty.err);
  assert.match(faulty.out, /step 4 of 7: 25%[^]*ROLLBACK TRIGGERED: [^]*rolled-back/);
  assert.match(readFileSync(page, "utf8"), /<svg /);
  assert.equal(
    (await run("rehearse", "--rate", "5", "--fails-at", "0.25", "--candidate-error", "0.2")).out,
    faulty.out,
    "same seed, same course",
  );
});
