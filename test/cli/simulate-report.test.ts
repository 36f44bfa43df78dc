// `switchgear simulate` as a process: Ctrl-C prints what has come, comparisons of reports and plans, workloads by flags.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { runCompare } from "../../src/cli/run-compare.ts";
import { runSimulate, simulationReport } from "../../src/cli/run-simulate.ts";
import { worldOf } from "../../src/cli/simulate-roles.ts";
import { applyPlan } from "../../src/cli/simulate-plan.ts";
import { emptySimulate } from "../../src/cli/simulate.ts";
import { progressLine } from "../../src/cli/simulate-progress.ts";
import type { SwitchgearError } from "../../src/core/index.ts";
import { reportText, type SimulationReport } from "../../src/simulator/index.ts";
import { reportSchema } from "../../src/simulator/report-schema.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "simulate-report-"));
after(() => rmSync(folder, { recursive: true }));

function simulate(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "simulate", ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

function reportOf(text: string): SimulationReport {
  return reportSchema.parse(JSON.parse(text)) as unknown as SimulationReport;
}

test(
  "Ctrl-C: what has come is printed, marked as partial, and the exit code says so",
  { timeout: 30_000 },
  async () => {
    const args = [
      "--rate",
      "30",
      "--requests",
      "300000",
      "--workers",
      "2",
      "--output-tokens",
      "8",
      "--progress",
      "--json",
    ];
    const child = spawn(process.execPath, [MAIN, "simulate", ...args, "--seeds", "2"]);
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    const [line] = (await once(child.stderr, "data")) as [Buffer];
    assert.match(line.toString(), /s simulated, \d+ of 300000 requests \(\d+ %\), \d+ requests\/s, .* ETA \d+ s/);
    child.kill("SIGINT");
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 130);
    const { partial, variants } = reportOf(stdout);
    assert.equal(partial, true);
    assert.deepEqual(
      variants.map(({ results }) => results.map(({ interrupted }) => interrupted)),
      [[true]],
    );
    const requests = variants[0]?.results[0]?.summary.requests ?? 0;
    assert.ok(requests > 0 && requests < 300_000, String(requests));
  },
);

test("Ctrl-C while a knee is searched: what is known of it is told", async () => {
  const command = emptySimulate();
  command.parseOptions([
    "--rate",
    "5",
    "--requests",
    "3000",
    "--workers",
    "1",
    "--output-tokens",
    "8",
    "--knee",
    "0.9",
  ]);
  const report = simulationReport(command.opts());
  // The first pause of the run comes before this.
  setImmediate(() => process.emit("SIGINT"));
  const { partial, knees } = await report;
  assert.deepEqual([partial, knees?.length], [true, 1]);
  const [knee] = knees ?? [];
  assert.ok(knee && knee.runs < 20 && knee.speed >= 0);
});

test("a search for the knee tells every load that it tried", async () => {
  const command = emptySimulate();
  const length = ["--input-tokens", "2000", "--output-tokens", "20", "--requests", "300"];
  command.parseOptions(["--rate", "4", ...length, "--workers", "1", "--knee", "0.9"]);
  const report = await simulationReport(command.opts());
  const [knee] = report.knees ?? [];
  const speed = knee?.speed ?? 0;
  assert.equal(report.variants.length, knee?.runs);
  const best = report.variants.find(({ swept }) => swept["speed"] === speed);
  assert.equal(knee?.requestsPerSecond, best?.results[0]?.offeredPerSecond);
  for (const { swept, results } of report.variants)
    assert.equal((results[0]?.summary.goodputFraction ?? 0) >= 0.9, (swept["speed"] ?? 0) <= speed);
  assert.ok(reportSchema.safeParse(JSON.parse(JSON.stringify(report))).success);
});

test("bug: where every load meets the goal, or none does, a knee was told all the same", async () => {
  const kneeText = async (...more: string[]): Promise<string> => {
    const command = emptySimulate();
    command.parseOptions(["--rate", "1", "--requests", "40", "--workers", "2", "--output-tokens", "4", ...more]);
    const report = await simulationReport(command.opts());
    assert.ok(reportSchema.safeParse(JSON.parse(JSON.stringify(report))).success);
    return reportText(report).join("\n");
  };
  assert.match(await kneeText("--knee", "0.5"), /up to at least speed 64\.000 = .* \(7 runs\)/);
  assert.match(await kneeText("--knee", "0.5", "--speed", "100"), /up to at least speed 100\.000 = .* \(1 runs\)/);
  const never = ["--slo-ttft-ms", "1", "--slo-ttft-times", "0"];
  assert.match(await kneeText("--knee", "0.9", ...never), /no load that was tried has 90 % goodput/);
});

test("the progress line counts all runs for its ETA", () => {
  const line = progressLine({
    name: "dynamo",
    run: 1,
    runs: 3,
    simulatedMs: 60_000,
    requests: 500,
    total: 1000,
    wallMs: 2000,
  });
  assert.equal(
    line,
    "dynamo (run 2 of 3): 60 s simulated, 500 of 1000 requests (50 %), 250 requests/s, 30 × real time, ETA 6 s",
  );
});

const BASE = "generator: conversation\nrequests: 150\nworkers: 3\nnoise: 0.1\nseeds: 3\n";

const SMALL = ["--generator", "conversation", "--requests", "120", "--workers", "3"];

test("what cannot be is refused before anything runs, with the arithmetic", async () => {
  const cases: [string[], RegExp][] = [
    [["--profile", "llama-3.1-70b-h100-tp1-bf16", ...SMALL], /80\.0 GiB × 0\.9 = 72\.0 GiB − 131\.\d GiB weights/],
    [["--profile", "qwen3-32b-h100-tp16", ...SMALL], /TP 16 > 8 GPUs of a server/],
    [["--gpus", "8", ...SMALL], /3 × TP 4 = 12 GPUs > 8/],
    [["--gpus", "2", ...SMALL], /TP 4 > 2 GPUs/],
    [["--stagger-ms", "5", ...SMALL], /--concurrency/],
    [["--start-up-burst", "5", "--concurrency", "2", ...SMALL], /open loop/],
    [["--rate", "5", ...SMALL], /--speed/],
    [["--rate", "5", "--burstiness", "2"], /--arrivals gamma/],
    [["--rate", "5", "--arrivals", "burst", "--burst-s", "90"], /at most --burst-every-s, 60 s/],
    [["--turns", "5", "--rate", "5"], /--sessions/],
    [["--sessions", "5"], /how often one begins/],
    [["--sweep", "speed=1,0", ...SMALL], /speed=0[\s\S]*above 0/],
    [["--sweep", "concurrency=1.5", ...SMALL], /a whole number ≥ 1/],
    [["--sweep", "workers=0", ...SMALL], /a whole number ≥ 1/],
    [["--sweep", "jitter=2", ...SMALL], /0 to 1/],
    [["--sweep", "staggerMs=5", ...SMALL], /--concurrency/],
    [["--sweep", "dynamo.prefillLoadScale=2", ...SMALL], /a setting of kv_aware/],
    [["--knee", "0.9", "--seeds", "2", ...SMALL], /no --expect-goodput/],
    [["--knee", "0.9", "--concurrency", "2", ...SMALL], /an open loop/],
    [["--sweep", "tempo=2", ...SMALL], /workers, batchedTokens, maxSequences or policy\.setting/],
    [["--warm-up-requests", "200", ...SMALL], /120 requests in [\s\S]*more than the 200 \+ 0/],
    [["--block-size", "48", ...SMALL], /512 tokens a hash id, 48 tokens a block/],
    [["--requests", "5", "--trace", "none.jsonl"], /--limit/],
    [["--input-tokens", "5", "--generator", "azure_conv"], /--input-tokens[\s\S]*nothing of it beside --generator/],
    [["--arrivals", "burst", "--trace", "none.jsonl"], /nothing of it beside --trace/],
    [["--arrivals", "burst", "--concurrency", "4"], /--rate beside it/],
    [["--sessions", "5", "--rate", "1", "--requests", "60"], /--sessions and --turns/],
    [["--strict", ...SMALL], /--trace beside it/],
    [["--concurrency", "4", "--speed", "2", ...SMALL], /--follow-sessions/],
    [["--concurrency", "4", "--sweep", "speed=1,2", ...SMALL], /--follow-sessions/],
    [["--concurrency", "4", "--rate", "2"], /--rate or --concurrency/],
    [["--policy", "kv_aware,nope", ...SMALL], /no routing policy nope/],
    [["--policy", "dynamo:prefillLoadScale=-8", ...SMALL], /prefillLoadScale=number ≥ 0/],
    [["--sweep", "speed=1", "--sweep", "speed=2", ...SMALL], /all values of a setting in one sweep/],
    [["--sweep", "noise=6", ...SMALL], /a deviation from 0 to 5/],
    [["--knee", "0.9", "--warm-up-ms", "5", ...SMALL], /--warm-up-requests/],
    [["--warm-up-requests", "100", "--cool-down-requests", "20", ...SMALL], /more than the 100 \+ 20/],
    [["--cold-workers", "4", ...SMALL], /4 of 3 workers/],
    [["--fail", "3@1", ...SMALL], /workers 0 to 2/],
    [["--roles", "prefill:3", ...SMALL], /prefill and decode workers, or neither/],
    [["--roles", "prefill:1,both:2", ...SMALL], /prefill and decode workers, or neither/],
    [
      ["--roles", "prefill:1,decode:2", "--profile", "llama-3.1-8b-h100-tp1-bf16,qwen3-32b-h100-tp2-bf16", ...SMALL],
      /131072 bytes a token and [\s\S]*262144 bytes a token/,
    ],
    [["--csv", join(folder, "no", "such.csv"), ...SMALL], /a file that can be written/],
    [["--html", folder, ...SMALL], /a folder/],
  ];
  for (const [args, complaint] of cases) {
    const command = emptySimulate();
    command.parseOptions(args);
    await assert.rejects(runSimulate(undefined, command), ({ message, details }: SwitchgearError) => {
      assert.match(`${message} ${JSON.stringify(details)}`, complaint, args.join(" "));
      return true;
    });
  }
});

test("bug: numbers that no memory holds ended in a stack trace", () => {
  for (const [flag, value] of [
    ["--workers", "1000000000"],
    ["--requests", "1000000000000"],
    ["--input-tokens", "1000000000000"],
    ["--seeds", "1000000000"],
    ["--noise", "1000"],
  ] as const) {
    const command = emptySimulate()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    assert.throws(() => command.parseOptions([flag, value]), /at most 10+|0 to 5/, flag);
  }
  assert.throws(() => worldOf({ roles: "decode:1000000000" }), { code: "SWG_USAGE" });
});

test("a packed trace is known by its bytes, and results of a plan are written beside it", () => {
  const packed = join(folder, "packed.jsonl");
  writeFileSync(packed, gzipSync('{"timestamp": 0, "input_length": 100, "output_length": 5}\n'));
  const plan = join(folder, "beside.yaml");
  writeFileSync(plan, "trace: packed.jsonl\nworkers: 1\ncsv: beside.csv\nhtml: beside.html\n");
  const { status, stderr } = simulate(plan);
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(folder, "beside.csv"), "utf8").split("\n").length, 3);
  assert.match(readFileSync(join(folder, "beside.html"), "utf8"), /TTFT CDF/);
});

test("compare takes reports and plans alike, seed by seed", async () => {
  const plan = join(folder, "base.yaml");
  const rival = join(folder, "rival.yaml");
  writeFileSync(plan, BASE);
  writeFileSync(rival, `${BASE}policy: round_robin\n`);
  const report = join(folder, "base.json");
  writeFileSync(report, simulate(plan, "--json").stdout);
  const byReport = simulate("compare", report, rival, "--json");
  assert.equal(byReport.status, 0, byReport.stderr);
  const { compared } = reportOf(byReport.stdout);
  assert.deepEqual(
    compared?.map(({ name, seeds }) => [name, seeds]),
    [
      ["base: kv_aware", 3],
      ["rival: round_robin", 3],
    ],
  );
  assert.deepEqual(reportOf(simulate("compare", plan, rival, "--json").stdout).compared, compared);
  const html = join(folder, "compared.html");
  const text = simulate("compare", report, report, "--html", html);
  // In the unit of the table of results above it.
  const each = [...text.stdout.matchAll(/^base: kv_aware +1(?:\+\d)? +([\d.]+) /gm)].map(([, of]) => Number(of));
  const [, all] = /base: kv_aware +goodput % +([\d.]+) .* … /.exec(text.stdout) ?? [];
  assert.ok(Math.abs(Number(all) - each.reduce((sum, one) => sum + one / each.length, 0)) < 0.02, text.stdout);
  assert.match(text.stdout, /base: kv_aware +hit % +\d/);
  assert.match(readFileSync(html, "utf8"), /TTFT CDF/);
  assert.match(readFileSync(html, "utf8"), /95 % interval[\s\S]*bootstrap over seeds[\s\S]*of the first of 3 seeds/);

  const other = join(folder, "other.yaml");
  writeFileSync(other, `${BASE}seed: "7"\n`);
  const options = { json: true, bootstrapSeed: "1" };
  await assert.rejects(runCompare([report, other], options), /different seeds/);
  const { variants } = JSON.parse(readFileSync(report, "utf8")) as { variants: { results: object[] }[] };
  const [run = {}] = variants[0]?.results ?? [];
  const { ttftRatio: _, ...without } = run as Record<string, unknown>;
  const faulty = [[], [without], [{ ...run, series: 1 }], [{ ...run, world: {} }], [{ ...run, seed: 1 }]];
  for (const results of faulty) {
    writeFileSync(other, JSON.stringify({ format: 1, variants: [{ name: "x", results }] }));
    await assert.rejects(
      runCompare([report, other], options),
      { code: "SWG_USAGE" },
      JSON.stringify(results).slice(0, 80),
    );
  }
  writeFileSync(other, '{"format": 2}');
  await assert.rejects(runCompare([report, other], options), { code: "SWG_USAGE" });
});

test("a plan's switches want true or false, and nothing else does", () => {
  const plan = join(folder, "switch.yaml");
  const refused = (text: string, where: string): void => {
    writeFileSync(plan, text);
    assert.throws(
      () => applyPlan(plan, emptySimulate()),
      ({ details }: SwitchgearError) => details.where === `${plan}:${where}`,
    );
  };
  refused(`${BASE}followSessions: 3\n`, "6");
  refused("requests: 5\nnoise: true\n", "2");
});

test("Dynamo's request trace is replayed, also compressed, and bad rows are counted", () => {
  const row = (at: number, hashes: string): string =>
    `{"schema":"dynamo.request.trace.v1","event_type":"request_end","event_time_unix_ms":${at + 5},"request":{"request_id":"r${at}",` +
    `"request_received_ms":${at},"output_tokens":4,"replay":{"trace_block_size":64,"input_length":128,"input_sequence_hashes":[${hashes}]}}}`;
  const file = join(folder, "trace.jsonl.gz");
  const text = [row(1000, "14879255164371896291,9"), row(9000, "14879255164371896291,10"), "broken"].join("\n");
  writeFileSync(file, gzipSync(text));
  const { status, stdout, stderr } = simulate("--trace", file, "--workers", "1", "--json");
  assert.equal(status, 0, stderr);
  assert.match(stderr, /trace\.jsonl\.gz:3: skipped[\s\S]*1 of 3 rows skipped/);
  const { skippedRows, variants } = reportOf(stdout);
  const summary = variants[0]?.results[0]?.summary;
  // One of two blocks of the second prompt is known.
  assert.deepEqual([skippedRows, summary?.ok, summary?.hitRate], [1, 2, 0.25]);
  assert.equal(simulate("--trace", file, "--strict").status, 2);
});

test("every arrival process and sessions are to be had by flags, and seeds make other traffic", async () => {
  const common = ["--requests", "60", "--rate", "10", "--workers", "2"];
  const shapes = [
    ["--arrivals", "diurnal", "--period-s", "10", "--amplitude", "0.9"],
    ["--arrivals", "burst", "--burst-factor", "8", "--burst-s", "1", "--burst-every-s", "5"],
    ["--arrivals", "gamma", "--burstiness", "0.3"],
  ];
  const sessions = ["--sessions", "12", "--turns", "5", "--think-ms", "100", "--follow-sessions", "--seeds", "2"];
  for (const flags of [
    ...shapes.map((shape) => [...common, ...shape]),
    ["--rate", "10", "--workers", "2", ...sessions],
  ]) {
    const command = emptySimulate();
    command.parseOptions(flags);
    const { variants } = await simulationReport(command.opts());
    const results = variants[0]?.results ?? [];
    assert.deepEqual([...new Set(results.map(({ summary }) => summary.ok))], [60]);
    assert.equal(new Set(results.map(({ offeredPerSecond }) => offeredPerSecond)).size, results.length);
  }
});
