// Which test keeps us from each bug that users of other gateways have reported.

export interface PeersBug {
  /** Row of the list of peers' bugs that this project was given. */
  readonly row: number;
  readonly bug: string;
  readonly seenIn: string;
  readonly file: string;
  /** Its name, or the beginning of it. */
  readonly test: string;
}

/** Row 25, memory over hours, is `npm run soak`. */
export const PEERS_BUGS: readonly PeersBug[] = [
  {
    row: 1,
    bug: "a client that leaves does not free its worker",
    seenIn: "smg #2136, #2114",
    file: "test/gateway/client-leaves.test.ts",
    test: "stream: between tokens",
  },
  {
    row: 1,
    bug: "of two legs only one is freed",
    seenIn: "smg #2136, #2114",
    file: "test/gateway/disaggregated/failures.test.ts",
    test: "a client that leaves in the decode leg while KV is on its way: both workers are free",
  },
  {
    row: 2,
    bug: "load is given back before the last byte",
    seenIn: "smg #2240, #2130, #2146",
    file: "test/gateway/books.test.ts",
    test: "load is held until the last byte under any number of requests",
  },
  {
    row: 3,
    bug: "a queue without a bound or an order",
    seenIn: "smg #2265, #2247",
    file: "test/gateway/failed-legs.test.ts",
    test: "the queue for a worker is bounded, in order, and served when a worker comes",
  },
  {
    row: 4,
    bug: "429 and 503 open the circuit breaker",
    seenIn: "smg #2163, sglang #13894",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 4: 429 and 503 of a full worker do not open its breaker",
  },
  {
    row: 5,
    bug: "2,048 concurrent requests open breakers of healthy workers",
    seenIn: "sglang #13894",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 5, 27: 2,048 concurrent requests",
  },
  {
    row: 6,
    bug: "an idle socket that the worker closes loses a request",
    seenIn: "smg #2162",
    file: "test/gateway/failed-legs.test.ts",
    test: "a socket that the only worker closed while it was idle: sent again to the same worker",
  },
  {
    row: 7,
    bug: "a worker that was removed stays in index and counters",
    seenIn: "smg #2132, sglang #22835",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 7: a worker that leaves takes its index entries, metrics and connections with it",
  },
  {
    row: 8,
    bug: "the prefix index grows without a bound",
    seenIn: "production-stack #687, smg #2137",
    file: "test/kvindex/memory-cap.test.ts",
    test: "bytes stay under the cap through a flood of distinct prompts, predicted or stored",
  },
  {
    row: 9,
    bug: "cache misses herd on one idle worker",
    seenIn: "sglang #32983, smg #1714",
    file: "test/routing/kv-aware.test.ts",
    test: "a herd between load updates spreads, because its own decisions count at once",
  },
  {
    row: 10,
    bug: "a cache miss is placed by the size of the tree alone",
    seenIn: "sglang #14305, #14532",
    file: "test/routing/kv-aware.test.ts",
    test: "a full cache makes a cold prompt dearer than an empty one",
  },
  {
    row: 11,
    bug: "/v1/models fails while a worker is unhealthy",
    seenIn: "vllm-router #135",
    file: "test/gateway/routes.test.ts",
    test: "models: the union of the deployments, also when no worker is up",
  },
  {
    row: 12,
    bug: "health checks without the worker's key",
    seenIn: "vllm-router #159, sglang #12621",
    file: "test/app/endpoint-fields.test.ts",
    test: "key, keyFrom.env and keyFrom.file go to their worker as bearer key",
  },
  {
    row: 13,
    bug: "a worker that hangs holds its clients",
    seenIn: "production-stack #749, #706",
    file: "test/gateway/limits.test.ts",
    test: "idle between tokens: the stream ends with an error event",
  },
  {
    row: 14,
    bug: "text comes out though no KV has moved",
    seenIn: "smg #1622, #2255",
    file: "test/gateway/disaggregated/failures.test.ts",
    test: "KV never moves: three served pairs whose worker counts no transferred token raise the alarm",
  },
  {
    row: 15,
    bug: "usage of two legs counts one of them",
    seenIn: "vllm-router #193",
    file: "test/gateway/disaggregated/split.test.ts",
    test: "the client gets what one vLLM would have sent",
  },
  {
    row: 16,
    bug: "a pair of two revisions while they are rolled out",
    seenIn: "llm-d, disaggregatedsetrollout",
    file: "test/gateway/disaggregated/split.test.ts",
    test: "are never paired",
  },
  {
    row: 17,
    bug: "streams, and those that their client left, count for no quota",
    seenIn: "LiteLLM #41610",
    file: "test/app/tenants/tenants.test.ts",
    test: "the ledger has each request once: streams, and streams that the client left, too",
  },
  {
    row: 18,
    bug: "a 429 in mid-stream spins the processor",
    seenIn: "LiteLLM #26015",
    file: "test/gateway/failed-legs.test.ts",
    test: "an upstream 429 in mid-stream ends cleanly and is counted",
  },
  {
    row: 19,
    bug: "parameters for the gateway reach the worker",
    seenIn: "LiteLLM #28146",
    file: "test/app/control-fields.test.ts",
    test: "workerControls: strip, reject and allow of each control, as the worker sees it",
  },
  {
    row: 20,
    bug: "an unknown model goes to any worker",
    seenIn: "smg #1419",
    file: "test/gateway/routes.test.ts",
    test: "an unknown or wrong model never reaches a worker",
  },
  {
    row: 21,
    bug: "a long body takes many times its size",
    seenIn: "smg #2198",
    file: "test/gateway/front-hostile.test.ts",
    test: "body bombs: a huge declared length, endless chunks, compressed bodies",
  },
  {
    row: 22,
    bug: "all breakers open, and no way back without a restart",
    seenIn: "sglang #15611",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 22: all workers out",
  },
  {
    row: 23,
    bug: "load is forgotten when discovery changes; metrics of one that left are believed",
    seenIn: "vllm-router #299",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 23: load and breaker of a worker outlive a change of the others",
  },
  {
    row: 24,
    bug: "no scaling while one worker tells no metrics",
    seenIn: "AIBrix #1032",
    file: "test/autoscaling/decide-scale.test.ts",
    test: "without figures it holds and says so; without those of one worker it goes on",
  },
  {
    row: 26,
    bug: "a continued stream loses or doubles tokens",
    seenIn: "Dynamo, request migration",
    file: "test/gateway/continuation/kill-points.test.ts",
    test: "no token lost, doubled or out of order",
  },
  {
    row: 27,
    bug: "a first burst poisons what comes later",
    seenIn: "production-stack #612",
    file: "test/gateway/peers-bugs.test.ts",
    test: "peers 5, 27: 2,048 concurrent requests",
  },
  {
    row: 28,
    bug: "settings that are taken and do nothing",
    seenIn: "vllm-router, its breaker's window",
    file: "test/config/reference.test.ts",
    test: "each field names a test that exists and sees its effect",
  },
  {
    row: 29,
    bug: "the index's size is multiplied by the number of models",
    seenIn: "smg #2137",
    file: "test/app/pool-fields.test.ts",
    test: "kvCacheIndex.maxBytes: the index takes no more, however many prompts come",
  },
  {
    row: 30,
    bug: "a gap in the KV events leaves the index wrong",
    seenIn: "vllm-router, AIBrix",
    file: "test/kvindex/kv-event-feed.test.ts",
    test: "a missed batch is fetched by replay, nothing is dropped or applied twice",
  },
];
