// What becomes of options: fields, defaults by release, removals, secrets, contradictions, the gate before disaggregation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readDeploymentText } from "../../../src/config/index.ts";
import { explainFlag, type PlanTarget, releaseNamed } from "../../../src/migration/index.ts";
import { strayRules } from "../../../src/migration/convert/flag-rules.ts";
import { converted, dispositionOf, fieldOf, reportOf } from "./conversions.ts";

const POOL = "spec.serving.workers";

test("the seed's mapping table: every option has its field", () => {
  const text =
    "vllm serve m --dtype bfloat16 --tokenizer t --trust-remote-code -tp 2 -pp 3 --gpu-memory-utilization 0.8 " +
    "--max-model-len 8192 --max-num-seqs 64 --enable-prefix-caching --quantization fp8 --max-num-batched-tokens 8k";
  const conversion = converted(text);
  assert.equal(conversion.report.clean, true);
  assert.deepEqual(fieldOf(conversion, "spec.model"), {
    name: "m",
    dtype: "bfloat16",
    tokenizer: "t",
    trustRemoteCode: true,
    quantization: "fp8",
  });
  assert.deepEqual(fieldOf(conversion, POOL), {
    replicas: 1,
    gpusPerReplica: 6,
    tensorParallelSize: 2,
    pipelineParallelSize: 3,
    maxBatchSize: 64,
    maxBatchedTokens: 8000,
    maxModelLen: 8192,
    gpuMemoryUtilization: 0.8,
    engine: "vllm",
    args: ["--enable-prefix-caching"],
  });
  assert.deepEqual(readDeploymentText({ file: "x", text: conversion.yaml }).diagnostics, []);
  assert.match(conversion.yaml, /maxBatchedTokens: 8000 # --max-num-batched-tokens 8k/);
});

test("the table names only options that vLLM has or had", () => assert.deepEqual(strayRules(), []));

test("prefix caching: absent is the release's default, only --no-… is least_loaded", () => {
  const algorithm = (line: string, vllmVersion?: string) =>
    fieldOf(converted(line, { vllmVersion }), "spec.routing.algorithm");
  assert.equal(algorithm("vllm serve m"), "kv_aware");
  assert.equal(algorithm("vllm serve m --no-enable-prefix-caching"), "least_loaded");
  assert.equal(algorithm("vllm serve m", "0.6.6"), "least_loaded");
  assert.equal(algorithm("VLLM_USE_V1=0 vllm serve m", "0.10.0"), "least_loaded");
  assert.equal(algorithm("VLLM_USE_V1=0 vllm serve m", "0.11.0"), "kv_aware");
});

test("defaults are vLLM's own and marked; nothing else is made up", () => {
  const conversion = converted("vllm serve m");
  const defaulted = conversion.report.options.filter(({ disposition }) => disposition === "defaulted");
  assert.deepEqual(
    defaulted.map(({ target }) => target),
    [
      "spec.model.dtype",
      `${POOL}.tensorParallelSize`,
      `${POOL}.gpuMemoryUtilization`,
      `${POOL}.replicas`,
      "spec.routing.algorithm",
    ],
  );
  assert.equal(fieldOf(conversion, `${POOL}.maxModelLen`), undefined);
  assert.equal(fieldOf(conversion, `${POOL}.maxBatchSize`), undefined);
  assert.match(conversion.yaml, /gpuMemoryUtilization: 0.92 # default of vLLM 0.32.0/);
});

test("schedulerDelayFactor: only for a release that has it, else unsupported with the field's name", () => {
  const line = "vllm serve m --scheduler-delay-factor 0.5";
  assert.equal(dispositionOf(converted(line), "--sched"), `unsupported removed-option ${POOL}.schedulerDelayFactor`);
  const old = converted(line, { vllmVersion: "0.10.2" });
  assert.equal(dispositionOf(old, "--sched"), `mapped field ${POOL}.schedulerDelayFactor`);
  assert.equal(fieldOf(old, `${POOL}.schedulerDelayFactor`), 0.5);
});

test("removed options: without effect, renamed, gone", () => {
  const conversion = converted(
    "vllm serve m --swap-space 4 --max-seq-len-to-capture 8 --disable-mm-preprocessor-cache --rope-theta 1",
  );
  assert.equal(dispositionOf(conversion, "--swap-space"), "dropped-safe without-effect -");
  assert.equal(dispositionOf(conversion, "--max-seq"), `changed renamed ${POOL}.args`);
  assert.equal(dispositionOf(conversion, "--rope-theta"), "unsupported removed-option -");
  assert.deepEqual(fieldOf(conversion, `${POOL}.args`), [
    "--max-cudagraph-capture-size",
    "8",
    "--mm-processor-cache-gb",
    "0",
  ]);
  const old = converted("vllm serve m --swap-space 4", { vllmVersion: "0.10.0" });
  assert.equal(dispositionOf(old, "--swap-space"), `passed-through argument ${POOL}.args`);
});

test("secrets are nowhere: not in the file, not in the report, not in other words", () => {
  const text =
    "export OPENAI_API_KEY=sk-first\nHF_TOKEN=hf-second VLLM_API_KEY=sk-third vllm serve m --api-key sk-fourth sk-fifth " +
    "--hf-token hf-sixth --unknown sk-fourth\necho --api-key sk-seventh";
  const conversion = converted(text);
  assert.doesNotMatch(JSON.stringify(conversion.report) + conversion.yaml, /sk-|hf-s/);
  assert.equal(dispositionOf(conversion, "HF_TOKEN"), "changed secret environment HF_TOKEN");
  assert.equal(dispositionOf(conversion, "--hf-token"), "changed secret environment HF_TOKEN");
  assert.equal(dispositionOf(conversion, "--api-key"), "changed secret spec.gateway.apiKeys.env");
  assert.equal(dispositionOf(conversion, "VLLM_API_KEY"), "dropped-safe overridden -");
  assert.deepEqual(fieldOf(conversion, "spec.gateway.apiKeys.env"), ["VLLM_API_KEY", "VLLM_API_KEY_2"]);
  assert.deepEqual(reportOf(conversion, "--api-key").tokens, ["--api-key", "(hidden)", "(hidden)"]);
});

test("secrets are hidden in what stands around vLLM too: other commands, services, containers, addresses", () => {
  const shell = [
    "curl -H 'Authorization: Bearer secret-one' http://x",
    "docker login -u me -p secret-two",
    "kubectl create secret generic x --from-literal=token=secret-three",
    "http_proxy=http://me:secret-four@proxy:1 OTEL_EXPORTER_OTLP_HEADERS=x-team=secret-five vllm serve m" +
      ' --otlp-traces-endpoint http://me:secret-six@o --kv-transfer-config \'{"redis_password":"secret-seven"}\'',
  ].join("\n");
  const unit =
    "[Service]\nExecStartPre=/bin/hf login --token secret-one\nExecStart=launcher -e API_TOKEN=secret-two vllm serve m";
  const compose = `
services:
  vllm: { image: vllm/vllm-openai, command: "--model m" }
  db:
    environment: ["POSTGRES_PASSWORD=secret-one", "URL=postgres://me:secret-two@db/x"]
    command: ["redis-server", "--requirepass", "secret-three"]`;
  const kubernetes = `
apiVersion: v1
kind: Secret
metadata: { name: s, annotations: { last: '{"stringData":{"x":"secret-one"}}' } }
stringData: { x: secret-two }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: d }
spec:
  template:
    spec:
      initContainers: [{ name: i, env: [{ name: AWS_SECRET_ACCESS_KEY, value: secret-three }] }]
      containers:
        - { name: v, image: vllm, args: ["m"], livenessProbe: { httpGet: { httpHeaders: [{ name: Authorization, value: secret-four }] } } }
        - { name: w, env: [{ name: DB_PASSWORD, value: secret-five }] }`;
  for (const text of [shell, unit, compose, kubernetes]) {
    const { report, yaml } = converted(text);
    assert.doesNotMatch(JSON.stringify(report) + yaml, /secret-(one|two|three|four|five|six|seven)/, text);
  }
  const conversion = converted(shell);
  assert.equal(dispositionOf(conversion, "http_proxy"), "changed secret environment http_proxy");
  assert.equal(dispositionOf(conversion, "--otlp"), `unsupported secret ${POOL}.args`);
  assert.equal(fieldOf(conversion, `${POOL}.args`), undefined);
  assert.equal(dispositionOf(converted(unit), "launcher"), `unsupported secret ${POOL}.command`);
});

test("words that are like secrets and are none are shown", () => {
  const words = ["--max-num-batched-tokens", "512", "--tokenizer", "org/t", "--return-tokens-as-token-ids"];
  const { report } = converted(JSON.stringify(["vllm", "serve", "m", ...words]));
  assert.doesNotMatch(JSON.stringify(report.options), /hidden/);
});

test("a secret that is a variable stays one", () => {
  const unit = converted("[Service]\nExecStart=/bin/vllm serve m --api-key ${TEAM_KEY} --hf-token $HUB");
  assert.equal(dispositionOf(unit, "--api-key"), "changed secret spec.gateway.apiKeys.env");
  assert.deepEqual(fieldOf(unit, "spec.gateway.apiKeys.env"), ["TEAM_KEY"]);
  assert.match(reportOf(unit, "--hf-token").hint ?? "", /HF_TOKEN="\$HUB"/);
  const mixed = converted("vllm serve m --api-key sk-$X");
  assert.equal(dispositionOf(mixed, "--api-key"), "unsupported expansion -");
});

test("what guards vLLM's port guards the gateway's", () => {
  const conversion = converted(
    "VLLM_API_KEY=sk vllm serve m --ssl-certfile /tls/cert.pem --ssl-ca-certs /tls/ca.pem --ssl-cert-reqs 2 " +
      "--ssl-ciphers ECDHE+AESGCM --enable-ssl-refresh --root-path /llm --allow-credentials " +
      `--allowed-origins '["https://a.example"]' --allowed-methods '["POST"]' --allowed-headers '["x-a"]'`,
  );
  const { gateway } = (conversion.deployment as { spec: { gateway: object } }).spec;
  assert.deepEqual(gateway, {
    ...gateway,
    listener: {
      tls: {
        cert: "/tls/cert.pem",
        key: "/tls/cert.pem",
        clientCa: "/tls/ca.pem",
        ciphers: "ECDHE+AESGCM",
      },
      rootPath: "/llm",
    },
    apiKeys: { env: ["VLLM_API_KEY"] },
    cors: {
      allowedOrigins: ["https://a.example"],
      allowedMethods: ["POST"],
      allowedHeaders: ["x-a"],
      allowCredentials: true,
    },
  });
  assert.equal(dispositionOf(conversion, "VLLM_API_KEY"), "changed secret spec.gateway.apiKeys.env");
  assert.equal(dispositionOf(conversion, "--enable-ssl-refresh"), "changed equivalent spec.gateway.listener.tls");
});

test("guards that the gateway does not have are left open, those without effect are dropped", () => {
  const conversion = converted(
    "vllm serve m --ssl-ciphers A --ssl-ca-certs /ca.pem --root-path /llm/ --allowed-origins '[]'",
  );
  assert.equal(dispositionOf(conversion, "--ssl-ca-certs"), "dropped-safe without-effect -");
  assert.equal(dispositionOf(conversion, "--root-path"), "unsupported bad-value spec.gateway.listener.rootPath");
  const optional = converted("vllm serve m --ssl-certfile /c --ssl-cert-reqs 1 --ssl-ca-certs /ca.pem");
  assert.equal(
    dispositionOf(optional, "--ssl-cert-reqs"),
    "unsupported not-in-fleet spec.gateway.listener.tls.clientCa",
  );
});

test("values that vLLM would refuse, unknown and ambiguous options, words too many", () => {
  const conversion = converted(
    "vllm serve m --dtype bf16 --tensor-paralel-size 4 --data-parallel-r 1 --enforce-eager=true x",
  );
  assert.equal(dispositionOf(conversion, "--dtype"), "conflict bad-value spec.model.dtype");
  assert.equal(dispositionOf(conversion, "--tensor-paralel-size"), "unknown unknown-option -");
  assert.equal(reportOf(conversion, "--tensor-paralel-size").hint, "did you mean --tensor-parallel-size?");
  assert.equal(dispositionOf(conversion, "--data-parallel-r"), "unknown ambiguous-option -");
  assert.equal(dispositionOf(conversion, "--enforce-eager=true"), "conflict bad-value -");
  assert.equal(dispositionOf(conversion, "x"), "unknown stray-word -");
  const twice = converted("vllm serve m --model n");
  assert.equal(dispositionOf(twice, "m"), "conflict contradiction spec.model.name");
  const blank = converted("vllm serve \\ \n m");
  assert.match(reportOf(blank, " ").hint ?? "", /space after the backslash/);
});

test("what vLLM's start would refuse is a conflict: values out of range, options that do not go together", () => {
  const of = (options: string, vllmVersion?: string) => converted(`vllm serve m ${options}`, { vllmVersion });
  const ranges = of("--gpu-memory-utilization 90 --max-num-seqs 0 -tp 0 --max-model-len -1");
  for (const option of ["--gpu-memory-utilization", "--max-num-seqs", "-tp"])
    assert.match(dispositionOf(ranges, option), /^conflict bad-value spec\.serving/, option);
  assert.equal(dispositionOf(ranges, "--max-model-len"), `passed-through argument ${POOL}.args`);
  const alone = "conflict contradiction -";
  assert.equal(dispositionOf(of("--enable-auto-tool-choice"), "--enable-auto"), alone);
  assert.equal(of("--enable-auto-tool-choice --tool-call-parser hermes").report.clean, true);
  assert.equal(dispositionOf(of("--enable-log-outputs"), "--enable-log"), alone);
  assert.match(dispositionOf(converted("vllm serve --served-model-name x"), "--served"), /^conflict contradiction/);
  const tokens = (more: string, version?: string) => dispositionOf(of(more, version), "--max-num-batched-tokens");
  const clash = `conflict contradiction ${POOL}.maxBatchedTokens`;
  assert.equal(tokens("--max-num-batched-tokens 512 --max-num-seqs 1024"), clash);
  assert.equal(tokens("--max-num-batched-tokens 512 --max-model-len 4096 --no-enable-chunked-prefill"), clash);
  assert.equal(tokens("--max-num-batched-tokens 512 --max-model-len 4096", "0.6.0"), clash);
  const fine = `mapped field ${POOL}.maxBatchedTokens`;
  assert.equal(tokens("--max-num-batched-tokens 512 --max-model-len 4096"), fine);
  assert.equal(tokens("--max-num-batched-tokens 512 --max-model-len 64k", "0.6.0"), fine);
});

test("where a value could not be read no default is put in its place", () => {
  const conversion = converted(
    "docker run --gpus 8 vllm/vllm-openai --model m -tp $TP --dtype bf16 --gpu-memory-utilization 90",
  );
  const fields = ["tensorParallelSize", "gpusPerReplica", "gpuMemoryUtilization"].map((name) => `${POOL}.${name}`);
  for (const field of ["spec.model.dtype", ...fields]) assert.equal(fieldOf(conversion, field), undefined, field);
  assert.equal(dispositionOf(conversion, "--gpus"), `unsupported container ${POOL}.gpusPerReplica`);
  assert.deepEqual(conversion.report.diagnostics, []);
});

test("data parallel ranks become workers, but not with shared experts", () => {
  assert.equal(fieldOf(converted("vllm serve m -dp 4"), `${POOL}.replicas`), 4);
  const experts = converted("vllm serve m -dp 4 --enable-expert-parallel");
  assert.equal(dispositionOf(experts, "-dp"), `unsupported not-in-fleet ${POOL}.replicas`);
});

test("one-sided KV transfer is no colocated worker", () => {
  const line = (role: string) =>
    `vllm serve m --kv-transfer-config '{"kv_connector":"NixlConnector","kv_role":"${role}"}'`;
  assert.equal(dispositionOf(converted(line("kv_producer")), "--kv"), "unsupported not-in-fleet spec.serving.strategy");
  assert.equal(dispositionOf(converted(line("kv_both")), "--kv"), `passed-through argument ${POOL}.args`);
});

test("--set gives fields, and says what it does not understand", () => {
  const set = ["metadata.name=chat", "spec.gateway.listener.port=8080", "spec.serving.workers.ports=[1, 2]"];
  const conversion = converted("vllm serve m --port 8000", { set });
  assert.equal(fieldOf(conversion, "metadata.name"), "chat");
  assert.equal(fieldOf(conversion, "spec.gateway.listener.port"), 8080);
  assert.deepEqual(fieldOf(conversion, `${POOL}.ports`), [1, 2]);
  assert.throws(() => converted("vllm serve m", { set: ["port=1"] }), /--set is not understood/);
});

test("the GPUs of a worker follow a parallel size that --set gives, as the hint about a variable asks for", () => {
  const text = "docker run --gpus 8 vllm/vllm-openai --model m -tp $TP -pp 2";
  assert.match(reportOf(converted(text), "-tp").hint ?? "", /--set spec\.serving\.workers\.tensorParallelSize=VALUE/);
  const given = converted(text, { set: [`${POOL}.tensorParallelSize=4`] });
  assert.deepEqual([given.report.clean, given.report.diagnostics], [true, []]);
  assert.equal(fieldOf(given, `${POOL}.gpusPerReplica`), 8);
  const targets = given.report.options
    .filter(({ disposition }) => disposition === "defaulted")
    .map(({ target }) => target);
  assert.ok(!targets.includes(`${POOL}.tensorParallelSize`), "given by hand, not by default");
  const split = converted("vllm serve m -tp 2", {
    strategy: "disaggregated",
    colocatedValidated: true,
    set: ["spec.serving.prefill.tensorParallelSize=4"],
  });
  const gpus = ["prefill", "decode"].map((name) => fieldOf(split, `spec.serving.${name}.gpusPerReplica`));
  assert.deepEqual([gpus, split.report.diagnostics], [[4, 2], []]);
});

test("disaggregated: only after colocated, with the seed's advice and its checks", () => {
  const line = "vllm serve m -tp 2 --max-num-seqs 8";
  assert.throws(() => converted(line, { strategy: "disaggregated" }), /Start the migration with strategy: colocated/);
  const conversion = converted(line, { strategy: "disaggregated", colocatedValidated: true });
  assert.equal(fieldOf(conversion, "spec.serving.prefill.tensorParallelSize"), 2);
  assert.equal(fieldOf(conversion, "spec.serving.decode.maxBatchSize"), 8);
  assert.match(conversion.report.notes.join("\n"), /introduces new failure modes/);
  assert.deepEqual(
    conversion.report.checks.map(({ result }) => result),
    ["ok", "ok", "ok", "unknown"],
  );
  const onRecord = (...completedOnRecord: readonly PlanTarget[]) =>
    converted(line, { strategy: "disaggregated", completedOnRecord });
  assert.ok(onRecord({ model: "m", strategy: "colocated" }).report.clean);
  const refused = /Start the migration with strategy: colocated/;
  assert.throws(() => onRecord({ model: "another", strategy: "colocated" }), refused, "another model's proof");
  assert.throws(() => onRecord({ model: "m", strategy: "disaggregated" }), refused, "no proof of a colocated fleet");
});

test("--explain knows short forms, prefixes and removed options", () => {
  assert.equal(explainFlag("-tp", releaseNamed(undefined)).target, "spec.serving.{pool}.tensorParallelSize");
  assert.equal(explainFlag("max_num_se", releaseNamed(undefined)).option, "--max-num-seqs");
  assert.equal(explainFlag("--swap", releaseNamed(undefined)).removedIn, "0.18.0");
  assert.throws(() => explainFlag("--nope", releaseNamed(undefined)), /no such option/);
});
