// Fake vLLM servers on bare sockets, all in this process: they answer at once and cost little. Arguments: how many, ms between chunks, model.
import { createServer, type Socket } from "node:net";
import { HttpMessages } from "../lib/http-messages.ts";
import { metricsText } from "./metrics-text.ts";
import { MODEL } from "./prompts.ts";

const CHUNKS = 100;
const FINGERPRINT = '"system_fingerprint":"vllm-0.32.0-00000000"';

const model = process.argv[4] ?? MODEL;
const created = Math.floor(Date.now() / 1000);
const unaryBody = `{"id":"chatcmpl-0123456789abcdef","object":"chat.completion","created":${created},"model":"${model}","choices":[{"index":0,"message":{"role":"assistant","content":"A short answer of a fixed size from the mock worker.","refusal":null,"tool_calls":[]},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}],"service_tier":null,${FINGERPRINT},"usage":{"prompt_tokens":400,"total_tokens":412,"completion_tokens":12,"prompt_tokens_details":{"cached_tokens":320}}}`;
const unary = Buffer.from(answer("application/json", unaryBody));
const streamHead = Buffer.from(
  "HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 08:00:00 GMT\r\nserver: mock\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n",
);
const token = eventChunk('"delta":{"content":"tok "},"logprobs":null,"finish_reason":null,"token_ids":null}]');
/** What `return_token_ids` adds: the prompt's 400 ids in the first event, each token's in its own. */
const promptIds = Array.from({ length: 400 }, (_, i) => 1000 + i).join(",");
const firstWithIds = framed(
  `data: {${ids()}"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":[${promptIds}],"prompt_text":null}\n\n`,
);
const tokenWithIds = eventChunk(
  '"delta":{"content":"tok "},"logprobs":null,"finish_reason":null,"token_ids":[106284]}]',
);
const lastDelta =
  '"delta":{"content":"end"},"logprobs":null,"finish_reason":"stop","stop_reason":null,"token_ids":null}]';
const lastPlain = eventChunk(`${lastDelta},${FINGERPRINT}`);
const lastCounted = eventChunk(lastDelta);
const usage = framed(
  `data: {${ids()}"choices":[],"usage":{"prompt_tokens":400,"total_tokens":500,"completion_tokens":100,"prompt_tokens_details":{"cached_tokens":320,"created_cache_tokens":80}},${FINGERPRINT}}\n\n`,
);
const done = Buffer.concat([framed("data: [DONE]\n\n"), Buffer.from("0\r\n\r\n")]);
const models = answer(
  "application/json",
  `{"object":"list","data":[{"id":"${model}","object":"model","created":${created},"owned_by":"vllm","root":"${model}","parent":null,"max_model_len":131072,"permission":[]}]}`,
);
const pages: Readonly<Record<string, string>> = {
  "/health": answer("text/plain", ""),
  "/ping": answer("text/plain", ""),
  "/version": answer("application/json", '{"version":"0.32.0"}'),
  "/v1/models": models,
  "/metrics": answer("text/plain; version=0.0.4; charset=utf-8", metricsText(model)),
};
const notFound = answer("application/json", '{"detail":"Not Found"}', "404 Not Found");

const count = Number(process.argv[2] ?? 2);
const gapMs = Number(process.argv[3] ?? 10);
const servers = Array.from({ length: count }, () => createServer({ noDelay: true }, serveSocket));
await Promise.all(
  servers.map(
    (server) => new Promise<void>((open) => void server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, open)),
  ),
);
process.send?.({ origins: servers.map((server) => `http://127.0.0.1:${portOf(server.address())}`) });
process.once("disconnect", () => process.exit(0));

function serveSocket(socket: Socket): void {
  let path = "";
  let body: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const messages = new HttpMessages({
    onHead(head) {
      path = head.slice(head.indexOf(" ") + 1, head.indexOf(" HTTP/"));
      body = [];
    },
    onBody: (bytes) => void body.push(bytes),
    onEnd() {
      if (!/^\/v1\/(chat\/)?completions/.test(path)) return void socket.write(pages[path] ?? notFound);
      const whole = body.length === 1 ? (body[0] ?? unary) : Buffer.concat(body);
      if (!isTrue(whole, "stream")) return void socket.write(unary);
      timer = stream(socket, isTrue(whole, "include_usage"), isTrue(whole, "return_token_ids"));
    },
  });
  socket.on("data", (bytes: Buffer) => messages.push(bytes));
  socket.on("error", () => socket.destroy());
  socket.on("close", () => clearInterval(timer));
}

/** A search costs less than parsing; no prompt of the benchmark contains a quote. */
function isTrue(body: Buffer, name: string): boolean {
  const at = body.indexOf(`"${name}":`, 0, "latin1");
  return at >= 0 && /^ ?true/.test(body.toString("latin1", at + name.length + 3, at + name.length + 8));
}

function stream(socket: Socket, counted: boolean, withIds: boolean): NodeJS.Timeout {
  let sent = 1;
  const each = withIds ? tokenWithIds : token;
  socket.write(Buffer.concat(withIds ? [streamHead, firstWithIds, each] : [streamHead, each]));
  const timer = setInterval(() => {
    sent += 1;
    if (sent < CHUNKS) return void socket.write(each);
    clearInterval(timer);
    socket.write(Buffer.concat(counted ? [lastCounted, usage, done] : [lastPlain, done]));
  }, gapMs);
  return timer;
}

function ids(): string {
  return `"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":${created},"model":"${model}",`;
}

function eventChunk(rest: string): Buffer {
  return framed(`data: {${ids()}"choices":[{"index":0,${rest}}\n\n`);
}

function framed(data: string): Buffer {
  return Buffer.from(`${data.length.toString(16)}\r\n${data}\r\n`);
}

function answer(type: string, body: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\ndate: Mon, 23 Nov 2026 08:00:00 GMT\r\nserver: mock\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
