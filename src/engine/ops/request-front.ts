// First look at every HTTP request: the operational paths, the engine's state, faults; the rest goes to the API.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../core/index.ts";
import { ADMIN_PATH, adminPath } from "./admin-path.ts";
import { answer, answerJson } from "./answer.ts";
import type { EngineMetrics } from "./engine-metrics.ts";
import { failedAnswer } from "./error-bodies.ts";
import type { FaultInjector } from "./fault-injector.ts";
import { httpExchange } from "./http-metrics.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { OpenRequests } from "./open-requests.ts";
import { gateResponse } from "./response-gate.ts";
import { wrongMetrics } from "./wrong-metrics.ts";

export interface RequestFrontOptions {
  readonly clock: Clock;
  readonly lifecycle: Lifecycle;
  readonly faults: FaultInjector;
  readonly metrics: EngineMetrics;
  readonly open: OpenRequests;
  kvEventSources(): Record<string, unknown>;
}

const INFERENCE = /^\/(v1|v2|inference|rerank|score|pooling|classify|tokenize|detokenize)(\/|$)/;

export function requestFront(options: RequestFrontOptions) {
  const { clock, lifecycle, faults, metrics, open } = options;
  const admin = adminPath(faults, () => lifecycle.state);

  return function handle(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === ADMIN_PATH) return admin.answer(request, response);
    countExchange(request, response, path);
    lifecycle.whenAnswering(() => {
      if (response.destroyed) return;
      if (request.method === "POST" && INFERENCE.test(path)) infer(path, response, next);
      else if (request.method === "GET") look(path, response, next);
      else next();
    });
  };

  function look(path: string, response: ServerResponse, next: () => void): void {
    if (lifecycle.state === "starting") return answer(response, { status: 503, body: "" });
    if (path === "/metrics") return showMetrics(response);
    if (path === "/kv_event_sources") return answerJson(response, 200, options.kvEventSources());
    if (path === "/health" && faults.spec.health !== undefined) return failHealth(response, faults.spec.health);
    next();
  }

  function failHealth(response: ServerResponse, how: "503" | "silent"): void {
    faults.count("health");
    if (how === "503") answer(response, { status: 503, body: "" });
  }

  function showMetrics(response: ServerResponse): void {
    const { metrics: fault } = faults.spec;
    if (fault !== undefined) faults.count(`metrics:${fault}`);
    if (fault === "silent") return;
    if (fault === "error") return answer(response, { status: 500, body: "Internal Server Error", type: "text/plain" });
    const page = metrics.render();
    const type = "text/plain; version=1.0.0; charset=utf-8";
    answer(response, { status: 200, body: fault === undefined ? page : wrongMetrics(page, fault), type });
  }

  function infer(path: string, response: ServerResponse, next: () => void): void {
    if (lifecycle.state === "starting") return answer(response, failedAnswer("503"));
    if (lifecycle.engineDead) return answer(response, failedAnswer("500"));
    if (lifecycle.state === "draining") return answer(response, failedAnswer("draining"));
    const fault = faults.next(path);
    // Counting the request may have set off a fault of the whole process.
    lifecycle.whenAnswering(() => strike());

    function strike(): void {
      if (lifecycle.state === "dead") return;
      if (lifecycle.engineDead) return answer(response, failedAnswer("500"));
      open.add(response, gateResponse(response, fault.cut));
      if (fault.delayMs > 0) clock.after(fault.delayMs, proceed);
      else proceed();
    }

    function proceed(): void {
      if (response.destroyed || lifecycle.state === "dead") return;
      if (fault.answer !== undefined) return answer(response, failedAnswer(fault.answer));
      next();
    }
  }

  function countExchange(request: IncomingMessage, response: ServerResponse, path: string): void {
    const startedAt = clock.now();
    response.once("close", () => {
      const exchange = httpExchange(response, {
        path,
        method: request.method ?? "GET",
        contentLength: Number(request.headers["content-length"] ?? 0),
        seconds: (clock.now() - startedAt) / 1000,
      });
      if (exchange) metrics.http(exchange);
    });
  }
}
