// Certificates and keys of the data port: read from their files, and again when those change.
import { readFileSync } from "node:fs";
import { type Deployment, readSecret } from "../../config/index.ts";
import { type Clock, SwitchgearError, toError } from "../../core/index.ts";
import type { FrontOptions, Gateway, TlsMaterial } from "../../gateway/index.ts";
import type { Log, Metrics } from "../../telemetry/index.ts";
import { watchFiles } from "../reload/watch-files.ts";

type Settings = Deployment["gateway"];

/** Throws when a file or variable is not there: a port without its guard is never opened. */
export function frontOptions({ listener, apiKeys, cors }: Settings): FrontOptions {
  return {
    tls: listener.tls && readTls(listener.tls),
    keys: readKeys(apiKeys),
    guard: apiKeys.guard,
    cors,
    rootPath: listener.rootPath,
  };
}

const LOOPBACK = /^(127\.|::1$|localhost$)/;

/** Said once at the start, also by the successor of a gateway that had keys. */
export function warnWhenOpen({ listener, apiKeys }: Settings, log: Log): void {
  const guarded = apiKeys.env.length + apiKeys.files.length > 0 || listener.tls?.clientCa !== undefined;
  if (guarded || LOOPBACK.test(listener.host)) return;
  log.warn(
    { host: listener.host, expected: "spec.gateway.apiKeys, or listener.tls.clientCa" },
    "the data port asks for no key: everyone who can connect is served",
  );
}

function readTls({ cert, key, clientCa, minVersion, ciphers }: NonNullable<Settings["listener"]["tls"]>): TlsMaterial {
  return {
    cert: readPem(cert),
    key: readPem(key),
    clientCa: clientCa === undefined ? undefined : readPem(clientCa),
    minVersion,
    ciphers,
  };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw new SwitchgearError("SWG_TLS_INVALID", `${path} cannot be read (${code})`, {
      where: "spec.gateway.listener.tls",
      value: path,
      expected: "a PEM file",
      cause,
    });
  }
}

function readKeys({ env, files }: Settings["apiKeys"]): readonly string[] {
  return [...env.map((name) => readSecret({ from: "env", name }).reveal()), ...files.flatMap(keysIn)];
}

/** A file without a key is a fault: it must not take the guard away. */
function keysIn(path: string): readonly string[] {
  const lines = readSecret({ from: "file", path }).reveal().split(/\r?\n/);
  const keys = lines.filter((line) => line !== "");
  if (keys.length > 0) return keys;
  throw new SwitchgearError("SWG_SECRET_MISSING", `secret file ${path} holds no key`, {
    where: path,
    expected: "a key",
  });
}

export interface FrontWatch {
  readonly settings: Settings;
  readonly gateway: Pick<Gateway, "renewTls" | "renewKeys">;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Renews certificates and keys when their files change, until it is closed. */
export function watchFront({ settings, gateway, clock, metrics, log }: FrontWatch): { close(): void } {
  const { tls } = settings.listener;
  const renewed = (what: "tls" | "api_keys", paths: readonly string[], renew: () => void) => {
    const onChange = () => {
      try {
        renew();
        metrics.renewals(what, "ok").inc();
        log.info({ what, paths }, "renewed");
      } catch (thrown) {
        metrics.renewals(what, "refused").inc();
        log.warn({ what, paths, reason: toError(thrown).message }, "not renewed: what was there before stays in use");
      }
    };
    return paths.length === 0 ? [] : [watchFiles({ paths, clock, onChange })];
  };
  const pems = tls === undefined ? [] : [tls.cert, tls.key, ...(tls.clientCa === undefined ? [] : [tls.clientCa])];
  const watches = [
    ...renewed("tls", pems, () => tls && gateway.renewTls(readTls(tls))),
    ...renewed("api_keys", settings.apiKeys.files, () => gateway.renewKeys(readKeys(settings.apiKeys))),
  ];
  return {
    close: () => {
      for (const one of watches) one.close();
    },
  };
}
