// Shape of `spec.gateway.continuation`: streams that go on at another worker when theirs is lost.
import * as z from "zod";
import { field } from "./field.ts";

export const continuationSchema = field(
  { effect: "Streams go on at another worker when theirs is lost; docs/failover.md says which.", origin: "switchgear" },
  z
    .strictObject({
      mode: field(
        {
          effect:
            "`exact`: streams whose rest is the same at any worker, greedy ones above all. `approximate`: sampled ones and chats with tools or images, too. `off`: a lost worker ends its streams with an error.",
          origin: "switchgear",
          test: "continuation.mode: off, exact and approximate decide which streams go on",
        },
        z.enum(["off", "exact", "approximate"]).default("exact"),
      ),
      maxPerRequest: field(
        {
          effect: "Times that one stream goes on at another worker.",
          origin: "switchgear",
          test: "continuation.maxPerRequest: a stream that loses one worker more ends with an error",
        },
        z.int().min(1).max(100).default(3),
      ),
      maxTokens: field(
        {
          effect:
            "Token ids kept of a stream, of its prompt and of its output, four bytes each; a longer one is not continued.",
          origin: "switchgear",
          test: "continuation.maxTokens: a longer stream is not continued",
          unit: "tokens",
        },
        z.int().min(1).max(16_777_216).default(131_072),
      ),
    })
    .prefault({}),
);
