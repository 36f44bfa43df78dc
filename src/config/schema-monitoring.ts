// Shape of `spec.monitoring`.
import * as z from "zod";
import { field } from "./field.ts";
import { host, hostRule, port } from "./schema-address.ts";
import { collectorProblem } from "./urls.ts";

export const monitoringSchema = z.strictObject({
  prometheus: field(
    { effect: "Metrics in Prometheus' text format.", origin: "seed" },
    z
      .strictObject({
        enabled: field(
          {
            effect: "Opens the port.",
            origin: "seed",
            test: "prometheus.enabled: false opens no port for metrics",
            processWide: true,
          },
          z.boolean().default(true),
        ),
        host: field(
          {
            effect: "Address that /metrics listens on. Loopback by default.",
            origin: "switchgear",
            test: "hosts written for gateway, admin API and metrics are where they listen, and nowhere else",
            expected: hostRule,
            processWide: true,
          },
          host.default("127.0.0.1"),
        ),
        port: field(
          {
            effect: "Port of /metrics; 0 = any free one.",
            origin: "seed",
            test: "ports written for gateway, admin API and metrics are where they listen",
            processWide: true,
          },
          port.default(9090),
        ),
      })
      .prefault({}),
  ),
  tracing: field(
    { effect: "Spans of requests, sent to a collector: see docs/traces.md.", origin: "seed" },
    z
      .strictObject({
        enabled: field(
          {
            effect: "Sends spans of requests and gives each leg a trace context of its own.",
            origin: "seed",
            processWide: true,
            test: "tracing.enabled sends the spans of a request to the endpoint over gRPC",
          },
          z.boolean().default(false),
        ),
        exporter: field(
          {
            effect: "What the collector speaks.",
            origin: "seed",
            test: "tracing.enabled sends the spans of a request to the endpoint over gRPC",
            processWide: true,
          },
          z.enum(["otlp"]).default("otlp"),
        ),
        protocol: field(
          {
            effect: "How OTLP is carried.",
            origin: "switchgear",
            test: "tracing.protocol http sends the spans as JSON, also by the port alone",
            fallback: "http for an endpoint with port 4318, else grpc",
            processWide: true,
          },
          z.enum(["grpc", "http"]).optional(),
        ),
        endpoint: field(
          {
            effect: "Address of the collector; needed when tracing is enabled.",
            origin: "seed",
            test: "tracing.enabled sends the spans of a request to the endpoint over gRPC",
            fallback: "none",
            expected: "http://HOST:PORT or https://HOST:PORT",
            processWide: true,
          },
          z
            .string()
            .superRefine((value, context) => {
              const message = collectorProblem(value);
              if (message !== undefined) context.addIssue({ code: "custom", message });
            })
            .optional(),
        ),
        sampleRatio: field(
          {
            effect: "Share of requests that are traced.",
            origin: "switchgear",
            test: "tracing.sampleRatio 0 sends nothing unless a client's sampled flag asks for it",
            processWide: true,
          },
          z.number().min(0).max(1).default(0.01),
        ),
        parentBased: field(
          {
            effect:
              "A client's sampled flag decides instead of the ratio; false = the ratio alone, for clients not to be trusted with it.",
            origin: "switchgear",
            test: "tracing.parentBased false leaves the choice to the ratio",
            processWide: true,
          },
          z.boolean().default(true),
        ),
      })
      .prefault({}),
  ),
});
