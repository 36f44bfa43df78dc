// A stand-in for a `vllm serve` in trouble: dies at load with a message, is silent, hangs, or is well; ODD_VLLM says which.
import { createServer } from "node:http";
import { workerAnswer } from "../../fleet/fake-worker.ts";

const args = process.argv.slice(2);
const after = (name: string): string => args[args.indexOf(name) + 1] ?? "";
const says = { model: after("--served-model-name"), maxModelLen: 4096, health: 200, running: 0 };
const mode = process.env["ODD_VLLM"] ?? "well";
let sleeping = false;
let answeredAt: number | undefined;

if (mode === "dies") {
  console.error(`(EngineCore pid=7) ERROR [core.py:1] ValueError: no kernel for ${process.env["HF_TOKEN"] ?? ""}`);
  console.error("RuntimeError: Engine core initialization failed. See root cause above.");
  process.exit(1);
}
if (mode === "chatty") setInterval(() => console.log("x".repeat(2000)), 20);

createServer((request, response) => {
  const path = request.url ?? "";
  // The port is open, and nobody answers.
  if (mode === "silent") return;
  if (mode === "hangs" && path === "/health") {
    answeredAt ??= performance.now();
    if (performance.now() - answeredAt > 2000) return;
  }
  if (request.method === "POST" && path.startsWith("/sleep")) sleeping = true;
  if (request.method === "POST" && path.startsWith("/wake_up")) sleeping = false;
  if (path === "/is_sleeping") return void response.end(JSON.stringify({ is_sleeping: sleeping }));
  if (request.method === "POST") {
    const { CUDA_VISIBLE_DEVICES: gpus = null, VLLM_SERVER_DEV_MODE: devMode = null } = process.env;
    response.end(JSON.stringify({ args, gpus, devMode, pid: process.pid }));
    return;
  }
  const { status, body } = workerAnswer(path, says);
  response.writeHead(status).end(body);
}).listen(Number(after("--port")), "127.0.0.1");
