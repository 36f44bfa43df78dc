// The families of vLLM's HTTP server on its metrics page (prometheus-fastapi-instrumentator), filled by exchanges.
import type { HttpExchange } from "./http-metrics.ts";
import type { MetricPage } from "./metric-page.ts";

const SIZE_HELP = "Only value of header is respected. Otherwise ignored. No percentile calculated. ";
const HIGH_RESOLUTION = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60,
];

export function httpFamilies(page: MetricPage): (exchange: HttpExchange) => void {
  const requests = page.define({
    name: "http_requests",
    type: "counter",
    help: "Total number of requests by method, status and handler.",
  });
  // vLLM's are summaries without quantiles: count and sum alone.
  const requestSize = page.define({
    name: "http_request_size_bytes",
    type: "summary",
    help: `Content length of incoming requests by handler. ${SIZE_HELP}`,
  });
  const responseSize = page.define({
    name: "http_response_size_bytes",
    type: "summary",
    help: `Content length of outgoing responses by handler. ${SIZE_HELP}`,
  });
  const fine = page.define({
    name: "http_request_duration_highr_seconds",
    type: "histogram",
    help: "Latency with many buckets but no API specific labels. Made for more accurate percentile calculations. ",
    buckets: HIGH_RESOLUTION,
  });
  const coarse = page.define({
    name: "http_request_duration_seconds",
    type: "histogram",
    help: "Latency with only few buckets by handler. Made to be only used if aggregation by handler is important. ",
    buckets: [0.1, 0.5, 1],
  });
  fine({});
  return ({ handler, method, status, seconds, requestBytes, responseBytes }) => {
    requests({ handler, method, status }).record(1);
    requestSize({ handler }).record(requestBytes);
    responseSize({ handler }).record(responseBytes);
    fine({}).record(seconds);
    coarse({ handler, method }).record(seconds);
  };
}
