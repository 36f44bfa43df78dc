// Shape of `spec.gateway.admission`: who waits in front of saturated workers, and in which order.
import * as z from "zod";
import { field } from "./field.ts";

export const admissionSchema = field(
  {
    effect: "A fair, bounded queue in front of saturated workers, and answers to those who cannot be served in time.",
    origin: "switchgear",
  },
  z
    .strictObject({
      enabled: field(
        {
          effect:
            "A request waits here while no worker has room by its own limits (`--max-num-seqs`, KV cache, tokens of a step, `slo.itlP99Ms`); at most `limits.queueLength` wait, for `limits.queueTimeoutMs`. Off: workers queue as many as come.",
          origin: "switchgear",
          test: "admission: a request waits while a worker is full, and goes on when it has room",
        },
        z.boolean().default(false),
      ),
      starvationMs: field(
        {
          effect: "A class in which something waits is served at least so often, whatever waits above it.",
          origin: "switchgear",
          test: "admission: starvationMs lets batch pass though others wait",
          unit: "ms",
        },
        z.int().min(1).max(3_600_000).default(10_000),
      ),
      classHeader: field(
        {
          effect:
            "A client may name its class in `x-switchgear-class`: interactive, default or batch; a tenant's own class can only be lowered to batch.",
          origin: "switchgear",
          test: "admission: classHeader puts interactive before batch, and batch that has not begun gives way",
        },
        z.boolean().default(false),
      ),
      sloHeader: field(
        {
          effect: "A client may say in `x-slo-ttft-ms` by when it needs its first token, in place of `slo.ttftP99Ms`.",
          origin: "switchgear",
          test: "admission: sloHeader: what cannot begin in time is answered 503, a full queue 429, both with Retry-After",
        },
        z.boolean().default(false),
      ),
    })
    .prefault({}),
);
