// Shape of a worker that somebody else runs.
import * as z from "zod";
import { field } from "./field.ts";
import { endpointProblem, zmqAddress } from "./urls.ts";

const path = z.string().min(1).max(4096);

const keyFrom = z.strictObject({
  env: field(
    {
      effect: "Environment variable that holds the key.",
      origin: "switchgear",
      test: "key, keyFrom.env and keyFrom.file go to their worker as bearer key, and are shown nowhere",
      fallback: "none",
    },
    z
      .string()
      .regex(/^[A-Za-z_]\w*$/)
      .optional(),
  ),
  file: field(
    {
      effect: "File that holds the key; a trailing line end is left out.",
      origin: "switchgear",
      test: "key, keyFrom.env and keyFrom.file go to their worker as bearer key, and are shown nowhere",
      fallback: "none",
    },
    path.optional(),
  ),
});

const tls = z.strictObject({
  ca: field(
    {
      effect: "PEM file of the authority to trust.",
      origin: "switchgear",
      test: "tls.ca makes a certificate of one's own trusted, tls.insecure asks for none; else the worker is not used",
      fallback: "the system's",
    },
    path.optional(),
  ),
  cert: field(
    {
      effect: "PEM file of the client certificate.",
      origin: "switchgear",
      test: "tls.cert and tls.key are shown to a worker that asks for them; without them it is not used",
      fallback: "none",
    },
    path.optional(),
  ),
  key: field(
    {
      effect: "PEM file of the client certificate's key.",
      origin: "switchgear",
      test: "tls.cert and tls.key are shown to a worker that asks for them; without them it is not used",
      fallback: "none",
    },
    path.optional(),
  ),
  serverName: field(
    {
      effect: "Name that the worker's certificate must bear, and that is sent as SNI.",
      origin: "switchgear",
      test: "tls.serverName is asked for and checked in place of the address",
      fallback: "the host of the address",
    },
    z
      .string()
      .regex(/^[\w.-]{1,253}$/)
      .optional(),
  ),
  insecure: field(
    {
      effect: "The worker's certificate is not checked.",
      origin: "switchgear",
      test: "tls.ca makes a certificate of one's own trusted, tls.insecure asks for none; else the worker is not used",
    },
    z.boolean().default(false),
  ),
});

const kvEvents = z.strictObject({
  endpoint: field(
    {
      effect: "ZMQ address of the worker's KV events; `*` stands for the worker's host.",
      origin: "switchgear",
      test: "kvEvents.endpoint, replay and topic: where events come from; false subscribes to none, without it the worker is asked",
      expected: "tcp://HOST:PORT",
      example: "tcp://*:5557",
    },
    z.string().regex(zmqAddress),
  ),
  replay: field(
    {
      effect: "ZMQ address that missed events are asked from.",
      origin: "switchgear",
      test: "kvEvents.endpoint, replay and topic: where events come from; false subscribes to none, without it the worker is asked",
      fallback: "none: after a gap the worker's entries are dropped",
      expected: "tcp://HOST:PORT",
    },
    z.string().regex(zmqAddress).optional(),
  ),
  topic: field(
    {
      effect: "Only events of this topic are read.",
      origin: "switchgear",
      test: "kvEvents.endpoint, replay and topic: where events come from; false subscribes to none, without it the worker is asked",
    },
    z.string().max(512).default(""),
  ),
});

export const endpointSchema = z.strictObject({
  url: field(
    {
      effect: "Where the worker listens.",
      origin: "switchgear",
      test: "url: a worker is probed and asked below the path of its address",
      expected: "http://HOST:PORT or https://HOST:PORT, perhaps with a path",
      example: "http://placeholder.invalid",
    },
    z.string().superRefine((value, context) => {
      const message = endpointProblem(value);
      if (message) context.addIssue({ code: "custom", message });
    }),
  ),
  key: field(
    {
      effect: "Bearer key sent to the worker. Prefer `keyFrom`: a key in the file earns a warning.",
      origin: "switchgear",
      test: "key, keyFrom.env and keyFrom.file go to their worker as bearer key, and are shown nowhere",
      fallback: "none",
      secret: true,
    },
    z.string().min(1).max(4096).optional(),
  ),
  keyFrom: field(
    { effect: "Where the bearer key sent to the worker is read from.", origin: "switchgear", fallback: "none" },
    keyFrom.optional(),
  ),
  role: field(
    {
      effect:
        "Role of this worker: that of its pool, or `both` in a prefill or decode pool: it takes either leg, and whole requests.",
      origin: "switchgear",
      test: "an endpoint's role is its pool's, or both in a prefill or decode pool",
      fallback: "the pool's",
    },
    z.enum(["both", "prefill", "decode"]).optional(),
  ),
  labels: field(
    {
      effect: "Shown with the worker in the admin API.",
      origin: "switchgear",
      test: "name, namespace, labels and annotations are shown by the admin API, an endpoint's labels with its worker",
    },
    z.record(z.string(), z.string().max(4096)).default({}),
  ),
  tls: field(
    {
      effect: "How an https worker is trusted and spoken to.",
      origin: "switchgear",
      fallback: "the system's authorities",
    },
    tls.optional(),
  ),
  kvEvents: field(
    {
      effect: "Where the worker publishes KV events; `false` subscribes to none.",
      origin: "switchgear",
      fallback: "asked from the worker",
      expected: "false, or a mapping with endpoint, replay and topic",
    },
    z.union([z.literal(false), kvEvents]).optional(),
  ),
});
