// Shape of what guards the data port: TLS, keys, browsers of other origins, a path before all paths.
import * as z from "zod";
import { field, type FieldNotes } from "./field.ts";

const path = z.string().min(1).max(4096);

/** Every field here is one setting of the process. */
function shared<S extends z.core.$ZodType>(notes: Omit<FieldNotes, "origin" | "processWide">, schema: S): S {
  return field({ ...notes, origin: "switchgear", processWide: true }, schema);
}

const PAIR = "listener.tls: cert and key make the port HTTPS, and it speaks nothing else";

export const tlsSchema = field(
  { effect: "TLS of the data port; on when `cert` is given.", origin: "switchgear" },
  z
    .strictObject({
      cert: shared(
        {
          effect: "PEM file of the certificate, with its chain. Read again when it changes.",
          test: PAIR,
          fallback: "none: plain HTTP",
        },
        path.optional(),
      ),
      key: shared(
        { effect: "PEM file of the certificate's key. Read again when it changes.", test: PAIR, fallback: "none" },
        path.optional(),
      ),
      clientCa: shared(
        {
          effect: "PEM file of the authority of clients: who shows no certificate of it gets no connection (mTLS).",
          test: "listener.tls.clientCa: a client without a certificate of it gets no connection",
          fallback: "none: clients need no certificate",
        },
        path.optional(),
      ),
      minVersion: shared(
        {
          effect: "Oldest TLS version that is spoken.",
          test: "listener.tls.minVersion and ciphers: what a client offers must be among it",
        },
        z.enum(["1.2", "1.3"]).default("1.2"),
      ),
      ciphers: shared(
        {
          effect: "Cipher suites in OpenSSL's words.",
          test: "listener.tls.minVersion and ciphers: what a client offers must be among it",
          fallback: "Node's",
        },
        z
          .string()
          .regex(/^[\w:!+@=.-]{1,4096}$/)
          .optional(),
      ),
    })
    .prefault({}),
);

export const rootPath = shared(
  {
    effect: "Paths are taken with and without this prefix, as by vLLM's `--root-path`.",
    test: "listener.rootPath: paths are served below it and without it, and reach the worker without it",
    expected: "/ and a path, without / at its end",
  },
  z
    .string()
    .regex(/^(\/[\w.~-]+)*$/)
    .max(512)
    .default(""),
);

const KEYS = "apiKeys.env and files: without one of the keys vLLM's guarded paths answer 401 as vLLM does";

export const apiKeysSchema = field(
  {
    effect: "Bearer keys of clients, as vLLM's `--api-key`; none = nobody is asked for one.",
    origin: "switchgear",
  },
  z
    .strictObject({
      env: shared(
        { effect: "Environment variables that hold a key each.", test: KEYS },
        z.array(z.string().regex(/^[A-Za-z_]\w*$/)).default([]),
      ),
      files: shared(
        { effect: "Files that hold keys, one a line. Read again when they change.", test: KEYS },
        z.array(path).default([]),
      ),
      guard: shared(
        {
          effect:
            "`vllm` guards what vLLM guards: paths that begin with /v1, /v2, /inference or /cohere, so not /tokenize, /score, /pooling. `all` guards everything but /health and /ready.",
          test: "apiKeys.guard: all asks for a key on every path but /health and /ready",
        },
        z.enum(["vllm", "all"]).default("vllm"),
      ),
    })
    .prefault({}),
);

const BROWSERS = "cors: origins, methods, headers and credentials as Starlette's CORSMiddleware answers them";

export const corsSchema = field(
  { effect: "Browsers on pages of other origins, as by vLLM's options; none by default.", origin: "switchgear" },
  z
    .strictObject({
      allowedOrigins: shared(
        { effect: "Origins whose pages may read answers; `*` = all.", test: BROWSERS },
        z.array(z.string().min(1).max(2048)).default([]),
      ),
      allowedMethods: shared(
        { effect: "Methods that a preflight request may ask for; `*` = all.", test: BROWSERS },
        z.array(z.string().regex(/^(\*|[A-Z]{1,32})$/)).default(["*"]),
      ),
      allowedHeaders: shared(
        { effect: "Headers that a preflight request may ask for; `*` = all.", test: BROWSERS },
        z.array(z.string().regex(/^[\w*!#$%&'+.^`|~-]{1,256}$/)).default(["*"]),
      ),
      allowCredentials: shared(
        { effect: "Pages may send cookies and keys of the browser.", test: BROWSERS },
        z.boolean().default(false),
      ),
    })
    .prefault({}),
);
