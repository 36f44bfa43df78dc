// Live pages and a Prometheus server over real HTTP.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { inspect } from "node:util";
import { observe, observePrometheus, sampleLive } from "../../src/assess/index.ts";
import { realClock } from "../../src/core/index.ts";
import { page } from "./pages.ts";

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

type Answer = (url: URL, headers: IncomingHttpHeaders) => { status?: number; body: string };

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    const { status = 200, body } = answer(new URL(request.url ?? "/", "http://x"), request.headers);
    response.writeHead(status, { connection: "close" }).end(body);
  });
  servers.push(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const live = { gpuUrl: undefined, windowMs: 60, intervalMs: 20, clock: realClock };

test("a live page is read over its window", async () => {
  let count = 1000;
  const url = await serve(() => ({ body: page({ ttft: { "0.25": (count += 10) }, waiting: count % 20 }) }));
  const readings: number[] = [];
  const snapshots = await sampleLive({ ...live, url, onReading: (done) => readings.push(done) });
  assert.deepEqual(readings, [1, 2, 3, 4]);
  const seen = observe(snapshots, { source: url });
  assert.equal(seen?.requests, 30);
  assert.equal(seen?.waiting?.samples, 4);
});

test("one reading that fails does not cost a long window; the address of the server alone will do", async () => {
  const asked: string[] = [];
  const url = await serve(({ pathname }) => {
    asked.push(pathname);
    return asked.length === 2 ? { status: 503, body: "" } : { body: page({ ttft: { "0.25": 1000 } }) };
  });
  const snapshots = await sampleLive({ ...live, url: new URL("/", url).href, onReading: () => undefined });
  assert.deepEqual([snapshots.length, [...new Set(asked)]], [3, ["/metrics"]]);
  let left = 1;
  const oneReading = await serve(() => (left-- > 0 ? { body: page({ ttft: {} }) } : { status: 503, body: "" }));
  await assert.rejects(sampleLive({ ...live, url: oneReading, onReading: () => undefined }), /answers 503/);
});

test("credentials in an address are sent as Basic and stand in no text", async () => {
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  const guarded = await serve((_, { authorization }) =>
    authorization === basic ? { body: page({ ttft: { "0.25": 9 } }) } : { status: 401, body: "" },
  );
  const onReading = () => undefined;
  const withKey = (url: string) => url.replace("//", "//me:secret@");
  const snapshots = await sampleLive({ ...live, url: withKey(guarded), onReading });
  assert.equal(snapshots.length, 4);
  const hidden = (error: unknown) => error instanceof Error && !inspect(error).includes("secret");
  for (const url of [withKey("http://127.0.0.1:1/x"), "htp//me:secret@x"])
    await assert.rejects(sampleLive({ ...live, url, onReading }), hidden);
});

test("no page, another page, a refusal: a clear error", async () => {
  const other = await serve(() => ({ body: "python_info 1\n" }));
  const broken = await serve(() => ({ status: 503, body: "" }));
  const onReading = () => undefined;
  await assert.rejects(sampleLive({ ...live, url: other, onReading }), /no \/metrics page of vLLM/);
  await assert.rejects(sampleLive({ ...live, url: broken, onReading }), /answers 503/);
  await assert.rejects(sampleLive({ ...live, url: "http://127.0.0.1:1/", onReading }), /cannot be fetched/);
});

/** Prometheus, as far as the queries go. */
function prometheusAnswer(url: URL): { body: string } {
  const query = url.searchParams.get("query") ?? "";
  const start = Number(url.searchParams.get("start"));
  const end = Number(url.searchParams.get("end"));
  const result: unknown[] = [];
  if (query.includes("time_to_first_token_seconds_bucket")) {
    for (const [le, count] of [
      ["0.25", 900],
      ["0.5", 989.6],
      ["+Inf", 1000.2],
    ])
      result.push({ metric: { le }, value: [end, String(count)] });
  } else if (query.startsWith("count by")) result.push({ metric: { model_name: "org/m" }, value: [1, "1"] });
  else if (query.startsWith("count("))
    result.push({
      metric: {},
      values: [
        [start, "1"],
        [end, "1"],
      ],
    });
  else if (query.includes("rate("))
    result.push({
      metric: {},
      values: [
        [start, "2"],
        [end, "6"],
      ],
    });
  else if (query.includes("gpu_cache_usage_perc"))
    result.push({
      metric: {},
      values: [
        [start, "0.5"],
        [end, "0.7"],
      ],
    });
  else if (query.includes("DCGM")) result.push({ metric: {}, values: [[start, "90"]] });
  else if (query.includes("request_success_total")) result.push({ metric: {}, value: [end, "1000"] });
  return { body: JSON.stringify({ status: "success", data: { result } }) };
}

test("Prometheus: increases, gauges under old names too, the time that is covered", async () => {
  const url = await serve(prometheusAnswer);
  const seen = await observePrometheus({
    url,
    selector: 'job="v"',
    hours: 48,
    endSeconds: 1_800_000_000,
    key: undefined,
  });
  assert.equal(seen.spanSeconds, 48 * 3600);
  assert.deepEqual(seen.ttft?.counts, [900, 990, 1000]);
  assert.deepEqual(seen.kvUsage, { mean: 0.6, max: 0.7, samples: 2 });
  assert.deepEqual(seen.rate, { mean: 4, max: 6, samples: 2 });
  assert.deepEqual([seen.requests, seen.models, seen.gpuUtilization?.mean], [1000, ["org/m"], 0.9]);
  assert.equal(seen.preemptions, undefined);
});

test("Prometheus: few requests say nothing of bursts; whose GPUs are meant is said", async () => {
  const quiet: Answer = (asked) => {
    const { body } = prometheusAnswer(asked);
    return {
      body: (asked.searchParams.get("query") ?? "").includes("rate(")
        ? body.replace('"6"', '"0.02"').replace('"2"', '"0.001"')
        : body,
    };
  };
  const ask = { selector: "", hours: 48, endSeconds: 1_800_000_000, key: undefined };
  const seen = await observePrometheus({ ...ask, url: await serve(quiet) });
  assert.deepEqual([seen.rate, seen.requests], [undefined, 1000]);
  assert.match(seen.gpuUtilization?.source ?? "", /all GPUs that Prometheus has/);
});

test("Prometheus refuses: its own words", async () => {
  const url = await serve(() => ({ body: JSON.stringify({ status: "error", error: "parse error" }) }));
  const asked = observePrometheus({ url, selector: "", hours: 24, endSeconds: 1, key: undefined });
  await assert.rejects(asked, /refuses the query: parse error/);
});
