// A worker made of node:http for tests: answers what a vLLM answers on its control paths, and can be stopped.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface FakeWorker {
  readonly origin: string;
  readonly port: number;
  /** Mutable: what the next answers say. */
  readonly says: { model: string; maxModelLen: number; health: number; running: number };
  /** Requests by path. */
  readonly seen: Map<string, number>;
  stop(): Promise<void>;
}

export async function fakeWorker(port = 0): Promise<FakeWorker> {
  const says = { model: "m", maxModelLen: 4096, health: 200, running: 0 };
  const seen = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "/";
    seen.set(path, (seen.get(path) ?? 0) + 1);
    const { status, body } = workerAnswer(path, says);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    origin: `http://127.0.0.1:${bound}`,
    port: bound,
    says,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a vLLM answers on a control path; 404 on any other. */
export function workerAnswer(path: string, says: FakeWorker["says"]): { status: number; body: string } {
  switch (path) {
    case "/health":
      return { status: says.health, body: "" };
    case "/version":
      return { status: 200, body: '{"version":"0.32.0"}' };
    case "/v1/models":
      return { status: 200, body: JSON.stringify({ data: [{ id: says.model, max_model_len: says.maxModelLen }] }) };
    case "/metrics":
      return { status: 200, body: metrics(says.running) };
    case "/kv_event_sources":
      return { status: 200, body: KV_SOURCES };
    default:
      return { status: 404, body: "" };
  }
}

const KV_SOURCES = JSON.stringify({
  0: {
    enable_kv_cache_events: true,
    publisher: "zmq",
    endpoint: "tcp://*:5557",
    replay_endpoint: "tcp://*:5558",
    topic: "kv",
  },
});

function metrics(running: number): string {
  return `vllm:num_requests_running{engine="0",model_name="m"} ${running}
vllm:num_requests_waiting{engine="0",model_name="m"} 0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:cache_config_info{block_size="32",engine="0",num_gpu_blocks="1000"} 1
`;
}
