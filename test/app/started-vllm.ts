// A stand-in for `vllm serve`: speaks its control paths on --port, answers requests with its own arguments and environment.
import { createServer } from "node:http";
import { workerAnswer } from "../fleet/fake-worker.ts";

const args = process.argv.slice(2);
const after = (name: string): string => args[args.indexOf(name) + 1] ?? "";
const says = { model: after("--served-model-name"), maxModelLen: 4096, health: 200, running: 0 };

createServer((request, response) => {
  if (request.method === "POST") {
    const answer = { port: Number(after("--port")), args, mark: process.env["SWITCHGEAR_TEST_MARK"] ?? null };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    return;
  }
  const { status, body } = workerAnswer(request.url ?? "", says);
  response.writeHead(status).end(body);
}).listen(Number(after("--port")), "127.0.0.1");
