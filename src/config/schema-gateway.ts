// Shape of `spec.gateway`.
import * as z from "zod";
import { field } from "./field.ts";
import { clusterSchema } from "./schema-cluster.ts";
import { host, hostRule, port } from "./schema-address.ts";
import { continuationSchema } from "./schema-continuation.ts";
import { admissionSchema } from "./schema-admission.ts";
import { drainSchema } from "./schema-drain.ts";
import { apiKeysSchema, corsSchema, rootPath, tlsSchema } from "./schema-front.ts";

const ms = z.int().min(1).max(86_400_000);
const policy = z.enum(["strip", "reject", "allow"]);

function listenerSchema<More extends z.core.$ZodShape>(what: string, defaultPort: number, more: More) {
  return z
    .strictObject({
      ...more,
      host: field(
        {
          effect: `Address that ${what} listens on; 0.0.0.0 = all. Loopback by default.`,
          origin: "switchgear",
          test: "hosts written for gateway, admin API and metrics are where they listen, and nowhere else",
          expected: hostRule,
          processWide: true,
        },
        host.default("127.0.0.1"),
      ),
      port: field(
        {
          effect: `Port of ${what}; 0 = any free one.`,
          origin: "switchgear",
          test: "ports written for gateway, admin API and metrics are where they listen",
          processWide: true,
        },
        port.default(defaultPort),
      ),
    })
    .prefault({} as never);
}

const limitsSchema = z.strictObject({
  bodyBytes: field(
    {
      effect: "A longer request body is answered with 413.",
      origin: "switchgear",
      test: "limits.bodyBytes: a longer body is answered with 413, and no worker sees it",
      unit: "bytes",
      processWide: true,
    },
    z.int().min(1024).max(1_073_741_824).default(67_108_864),
  ),
  connectTimeoutMs: field(
    {
      effect: "Limit for connecting to a worker; then another one is tried.",
      origin: "switchgear",
      test: "limits.connectTimeoutMs: a worker with which no connection comes about is given up",
      unit: "ms",
    },
    ms.default(5000),
  ),
  firstByteTimeoutMs: field(
    {
      effect: "Limit from sending a request to a worker to the first byte of its body; then 504.",
      origin: "switchgear",
      test: "limits.firstByteTimeoutMs: a worker that says nothing is given up",
      unit: "ms",
    },
    ms.default(600_000),
  ),
  lateFirstByteMs: field(
    {
      effect:
        "A request without a first byte after this, and after 20 times the TTFT that was predicted for it, goes to another worker; 0 = never.",
      origin: "switchgear",
      test: "limits.lateFirstByteMs: a request that takes far longer than predicted goes to another worker",
      unit: "ms",
    },
    z.int().min(0).max(86_400_000).default(10_000),
  ),
  idleTimeoutMs: field(
    {
      effect: "Longest silence in a response; then the stream ends with an error.",
      origin: "switchgear",
      test: "limits.idleTimeoutMs: a stream that falls silent ends with an error event",
      unit: "ms",
    },
    ms.default(60_000),
  ),
  totalTimeoutMs: field(
    {
      effect: "Limit for a whole request.",
      origin: "switchgear",
      test: "limits.totalTimeoutMs: no request takes longer",
      unit: "ms",
    },
    ms.default(3_600_000),
  ),
  retries: field(
    {
      effect: "Further workers tried after a leg failed before its first byte.",
      origin: "switchgear",
      test: "limits.retries: how many more workers are tried",
    },
    z.int().min(0).max(10).default(2),
  ),
  retryBudgetRatio: field(
    {
      effect:
        "Retries at most as a share of all requests, beside ten that are affordable at first, so that they cannot multiply an outage; 0 forbids them.",
      origin: "switchgear",
      test: "limits.retryBudgetRatio: 0 forbids retries, 1 pays for one a request",
    },
    z.number().min(0).max(1).default(0.2),
  ),
  queueLength: field(
    {
      effect: "Requests that may wait for a worker; a further one is answered with 503.",
      origin: "switchgear",
      test: "limits.queueLength: with all workers drained a request waits only where the queue has room",
    },
    z.int().min(0).max(1_000_000).default(1024),
  ),
  queueTimeoutMs: field(
    {
      effect: "Limit for waiting for a worker; then 503.",
      origin: "switchgear",
      test: "limits.queueTimeoutMs: with all workers drained nobody waits longer",
      unit: "ms",
    },
    ms.default(30_000),
  ),
});

function control(what: string, fallback: z.infer<typeof policy>) {
  return field(
    {
      effect: `${what} sent by a client: taken out, answered with 400, or relayed.`,
      origin: "switchgear",
      test: "workerControls: strip, reject and allow of each control, as the worker sees it",
    },
    policy.default(fallback),
  );
}

const controlsSchema = z.strictObject({
  kvTransferParams: control("Body field `kv_transfer_params`", "strip"),
  ecTransferParams: control("Body field `ec_transfer_params`", "strip"),
  dataParallelRankHeader: control("Header `X-data-parallel-rank`", "strip"),
  priorityHeader: control("Header `X-Vllm-Priority`", "strip"),
  requestId: control("Body field `request_id`", "strip"),
  sessionId: control("Body field `session_id`", "strip"),
  vllmXargs: control("Body field `vllm_xargs`", "strip"),
  priority: control("Body field `priority`", "strip"),
  cacheSalt: control("Body field `cache_salt`", "allow"),
});

export const gatewaySchema = z.strictObject({
  listener: field(
    { effect: "Where clients connect.", origin: "switchgear" },
    listenerSchema("the gateway", 8080, { tls: tlsSchema, rootPath }),
  ),
  apiKeys: apiKeysSchema,
  cors: corsSchema,
  admin: field({ effect: "Where the admin API is.", origin: "switchgear" }, listenerSchema("the admin API", 8081, {})),
  limits: field(
    { effect: "Sizes and times after which a request ends.", origin: "switchgear" },
    limitsSchema.prefault({}),
  ),
  workerControls: field(
    { effect: "What becomes of controls of the workers that clients send.", origin: "switchgear" },
    controlsSchema.prefault({}),
  ),
  receipts: field(
    { effect: "How long it can be asked why a request went where it went.", origin: "switchgear" },
    z
      .strictObject({
        header: field(
          {
            effect: "Answers carry the header `x-switchgear-route`.",
            origin: "switchgear",
            test: "receipts.header: answers say where they come from only when it is asked for",
            processWide: true,
          },
          z.boolean().default(false),
        ),
        retentionSeconds: field(
          {
            effect: "Age at which a receipt is dropped.",
            origin: "switchgear",
            test: "receipts.retentionSeconds: a receipt goes when it is older",
            unit: "s",
            processWide: true,
          },
          z.int().min(0).max(31_536_000).default(86_400),
        ),
        maxEntries: field(
          {
            effect: "Receipts kept at the most; the oldest goes first.",
            origin: "switchgear",
            test: "receipts.maxEntries: the oldest receipt goes when there is one more",
            processWide: true,
          },
          z.int().min(0).max(10_000_000).default(20_000),
        ),
      })
      .prefault({}),
  ),
  continuation: continuationSchema,
  admission: admissionSchema,
  drain: drainSchema,
  cluster: clusterSchema,
  stateDirectory: field(
    {
      effect:
        "Folder of the admin token and of all that survives a restart. A relative path starts at the file's folder.",
      origin: "switchgear",
      test: "stateDirectory holds the admin token, which stays the same over a restart",
      fallback: ".switchgear in the working directory",
      processWide: true,
    },
    z.string().min(1).max(4096).optional(),
  ),
});
