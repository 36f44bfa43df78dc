// Shape of `spec.gateway.drain`: how a gateway stops, and how a worker leaves.
import * as z from "zod";
import { field } from "./field.ts";

export const drainSchema = field(
  { effect: "How the gateway stops, and how a worker leaves.", origin: "switchgear" },
  z
    .strictObject({
      graceMs: field(
        {
          effect:
            "After the signal to stop: not ready any more, but new requests are still served, so that a load balancer notices in time.",
          origin: "switchgear",
          test: "drain.graceMs: not ready at once, yet new requests are served until it has passed",
          unit: "ms",
          processWide: true,
        },
        z.int().min(0).max(3_600_000).default(0),
      ),
      timeoutMs: field(
        {
          effect: "Then no new requests; what runs longer than this is cut.",
          origin: "switchgear",
          test: "drain.timeoutMs: what runs longer after the signal to stop is cut",
          unit: "ms",
          processWide: true,
        },
        z.int().min(0).max(86_400_000).default(30_000),
      ),
      workerTimeoutMs: field(
        {
          effect:
            "What still runs on a worker so long after it was drained or taken out of the deployment goes on at another worker, as far as it can.",
          origin: "switchgear",
          test: "drain.workerTimeoutMs: what runs longer on a drained worker goes on at another one",
          unit: "ms",
          processWide: true,
        },
        z.int().min(0).max(86_400_000).default(300_000),
      ),
    })
    .prefault({}),
);
