// Typed settings become the command line of `vllm serve`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { serveArgv } from "../../src/vllm/index.ts";

test("what is not set is not passed on", () => {
  assert.deepEqual(serveArgv({ model: "org/m" }), ["serve", "org/m"]);
});

test("every setting has its flag", () => {
  const argv = serveArgv({
    model: "/models/m",
    servedModelName: ["a", "b"],
    tokenizer: "/tok",
    trustRemoteCode: true,
    dtype: "bfloat16",
    quantization: "fp8",
    tensorParallelSize: 4,
    pipelineParallelSize: 2,
    gpuMemoryUtilization: 0.9,
    maxModelLen: 8192,
    maxNumSeqs: 256,
    maxNumBatchedTokens: 2048,
    enablePrefixCaching: false,
    blockSize: 16,
    kvEvents: { endpoint: "tcp://*:5557", replayEndpoint: "tcp://*:5558", topic: "kv-events" },
    kvTransferConfig: { kv_connector: "NixlConnector" },
    enablePromptTokensDetails: true,
    shutdownTimeoutSeconds: 20,
    host: "127.0.0.1",
    port: 8001,
    extraArguments: ["--seed", "7"],
  });
  const events =
    '{"enable_kv_cache_events":true,"publisher":"zmq","endpoint":"tcp://*:5557","replay_endpoint":"tcp://*:5558","topic":"kv-events"}';
  const words = [
    "serve /models/m --served-model-name a b --tokenizer /tok --trust-remote-code --dtype bfloat16 --quantization fp8",
    "--tensor-parallel-size 4 --pipeline-parallel-size 2 --gpu-memory-utilization 0.9 --max-model-len 8192",
    "--max-num-seqs 256 --max-num-batched-tokens 2048 --no-enable-prefix-caching --block-size 16",
    `--kv-events-config ${events}`,
    '--kv-transfer-config {"kv_connector":"NixlConnector"} --enable-prompt-tokens-details --shutdown-timeout 20',
    "--host 127.0.0.1 --port 8001 --seed 7",
  ];
  assert.deepEqual(argv, words.join(" ").split(" "));
});
