// spec.slo of a deployment file: shown in the metrics, and each request counted as having met it or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Behaviour, chunk } from "../gateway/harness.ts";
import { behind, fakeVllm, type Served, served } from "./served.ts";

const DELAY_MS = 40;

/** First token and gap take `DELAY_MS` each; with "fail" in it a request is answered with 500. */
const slow: Behaviour = (request, response) => {
  if (request.body.includes("fail")) return void response.writeHead(500).end("{}");
  response.writeHead(200, { "content-type": "text/event-stream" });
  setTimeout(() => response.write(chunk({ content: "a" })), DELAY_MS);
  setTimeout(() => response.end(`${chunk({ content: "b" }, {}, "stop")}data: [DONE]\n\n`), 2 * DELAY_MS);
};

/** What the metrics page says of one model. */
async function page({ metrics = "" }: Served, model: string): Promise<string> {
  const text = await (await fetch(metrics)).text();
  return text
    .split("\n")
    .filter((line) => line.includes("switchgear_slo") && line.includes(`model="${model}"`))
    .join("\n");
}

test("slo.ttftP99Ms, itlP99Ms and availabilityTarget: shown, and requests counted against them", async () => {
  const worker = await fakeVllm(slow);
  const objectives = (ms: number) => ({ slo: { ttftP99Ms: ms, itlP99Ms: ms, availabilityTarget: 0.9 } });
  const serve = await served(behind(worker, { strict: objectives(5), loose: objectives(30_000), none: {} }));
  for (const model of ["strict", "loose", "none"]) await serve.ask(model, { stream: true });
  await serve.ask("strict", { stream: true, user: "fail" });
  const [strict, loose] = [await page(serve, "strict"), await page(serve, "loose")];
  for (const objective of ["ttft", "itl"]) {
    assert.match(strict, new RegExp(`switchgear_slo_seconds\\{.*objective="${objective}"\\} 0.005`));
    assert.match(strict, new RegExp(`requests_total\\{.*objective="${objective}",met="false"\\} [12]`));
    assert.match(loose, new RegExp(`switchgear_slo_seconds\\{.*objective="${objective}"\\} 30`));
    assert.match(loose, new RegExp(`requests_total\\{.*objective="${objective}",met="true"\\} 1`));
  }
  assert.match(strict, /switchgear_slo_availability_ratio\{.*\} 0\.9/);
  assert.match(strict, /requests_total\{.*objective="availability",met="true"\} 1\n/);
  assert.match(strict, /requests_total\{.*objective="availability",met="false"\} 1/);
  assert.equal(await page(serve, "none"), "");
});
