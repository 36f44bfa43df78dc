// Options that guard vLLM's port: TLS, keys, browsers. The gateway's port takes them over.
import type { FlagValue } from "../../vllm/index.ts";
import type { Context, OptionStep } from "./context.ts";
import type { FieldValue } from "./draft.ts";
import { referredVariables } from "./expansions.ts";

type Special = (context: Context, step: OptionStep) => void;

export const FRONT_OPTIONS: Readonly<Record<string, Special>> = {
  "--api-key": apiKey,
  "--ssl-certfile": certificate,
  "--ssl-keyfile": besideCertificate(written("spec.gateway.listener.tls.key", filePath, "the gateway's port")),
  "--ssl-ca-certs": besideCertificate(clientAuthority),
  "--ssl-cert-reqs": besideCertificate(clientCertificate),
  "--ssl-ciphers": besideCertificate(
    written("spec.gateway.listener.tls.ciphers", matching(/^[\w:!+@=.-]{1,4096}$/), "the gateway's port"),
  ),
  "--enable-ssl-refresh": refresh,
  "--root-path": written("spec.gateway.listener.rootPath", matching(/^(\/[\w.~-]+)+$/), "the gateway's paths"),
  "--allowed-origins": written("spec.gateway.cors.allowedOrigins", texts(/^.{1,2048}$/), "the gateway's answers"),
  "--allowed-methods": written(
    "spec.gateway.cors.allowedMethods",
    texts(/^(\*|[A-Z]{1,32})$/),
    "the gateway's answers",
  ),
  "--allowed-headers": written(
    "spec.gateway.cors.allowedHeaders",
    texts(/^[\w*!#$%&'+.^`|~-]{1,256}$/),
    "the gateway's answers",
  ),
  "--allow-credentials": written(
    "spec.gateway.cors.allowCredentials",
    (value) => (value === true ? true : undefined),
    "the gateway's answers",
  ),
};

export const KEYS_FIELD = "spec.gateway.apiKeys.env";
const CA_FIELD = "spec.gateway.listener.tls.clientCa";
const KEY_VARIABLE = "VLLM_API_KEY";

/** A field that says the same; a value that it cannot hold is left open, never dropped. */
function written(target: string, held: (value: FlagValue) => FieldValue | undefined, what: string): Special {
  return ({ draft }, { option, take }) => {
    if (saysNothing(option.value)) return takeDefault(take);
    const value = held(option.value ?? null);
    if (value === undefined) {
      return take({ disposition: "unsupported", code: "bad-value", target, reason: "the field cannot hold it" });
    }
    draft.set(target, value, option.spelled);
    take({
      disposition: "mapped",
      code: "field",
      target,
      reason: `${option.flag.name} has a field: it is for ${what}`,
    });
  };
}

function saysNothing(value: FlagValue | undefined): boolean {
  return value === undefined || value === null || value === false || value === "";
}

function takeDefault(take: OptionStep["take"]): void {
  take({ disposition: "dropped-safe", code: "is-default", reason: "it says what holds without it" });
}

function filePath(value: FlagValue): string | undefined {
  return typeof value === "string" && value.length <= 4096 ? value : undefined;
}

function matching(pattern: RegExp): (value: FlagValue) => string | undefined {
  return (value) => (typeof value === "string" && value.length <= 512 && pattern.test(value) ? value : undefined);
}

function texts(pattern: RegExp): (value: FlagValue) => readonly string[] | undefined {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const usable = value.every((one): one is string => typeof one === "string" && pattern.test(one));
    return usable ? value : undefined;
  };
}

function apiKey(context: Context, { option, take }: OptionStep): void {
  const { draft } = context;
  const keys = option.values.filter((one) => one !== "");
  if (keys.length === 0) return takeDefault(take);
  const named = referredVariables(context, option);
  const names = keys.map((_, i) => named?.[i] ?? (i === 0 ? KEY_VARIABLE : `${KEY_VARIABLE}_${i + 1}`));
  draft.set(KEYS_FIELD, names, option.flag.name);
  take({ disposition: "changed", code: "secret", target: KEYS_FIELD, reason: SECRET, hint: exportHint(names) });
}

const SECRET = "a secret does not belong in a file; the gateway asks clients for it, its workers ask nobody";

function exportHint(names: readonly string[]): string {
  return `export ${names.join(" and ")} where \`switchgear serve\` runs`;
}

/** `VLLM_API_KEY` of the input; `--api-key` wins over it, as in vLLM. */
export function keyVariable({ draft, effective }: Pick<Context, "draft" | "effective">, value: string | undefined) {
  if (value === "") {
    return { disposition: "dropped-safe", code: "is-default", reason: "empty, it asks for no key" } as const;
  }
  if (!saysNothing(effective.get("--api-key"))) {
    return { disposition: "dropped-safe", code: "overridden", reason: "--api-key wins over it" } as const;
  }
  draft.set(KEYS_FIELD, [KEY_VARIABLE], KEY_VARIABLE);
  const hint = exportHint([KEY_VARIABLE]);
  return { disposition: "changed", code: "secret", target: KEYS_FIELD, reason: SECRET, hint } as const;
}

/** uvicorn takes the key from the certificate's file when none is named. */
function certificate(context: Context, step: OptionStep): void {
  const { draft, effective } = context;
  written("spec.gateway.listener.tls.cert", filePath, "the gateway's port")(context, step);
  const file = draft.get("spec.gateway.listener.tls.cert");
  if (file !== undefined && saysNothing(effective.get("--ssl-keyfile")))
    draft.set("spec.gateway.listener.tls.key", file, "the same file");
}

/** Python's ssl.CERT_NONE, CERT_OPTIONAL and CERT_REQUIRED. */
const REQUIRED = 2;

function besideCertificate(special: Special): Special {
  return (context, step) => {
    if (!saysNothing(context.effective.get("--ssl-certfile"))) return special(context, step);
    const reason = "vLLM speaks no TLS without --ssl-certfile";
    step.take({ disposition: "dropped-safe", code: "without-effect", reason });
  };
}

function clientAuthority(context: Context, step: OptionStep): void {
  const wanted = context.effective.get("--ssl-cert-reqs") ?? 0;
  if (wanted === 0) {
    const reason = "without --ssl-cert-reqs vLLM asks clients for no certificate";
    return step.take({ disposition: "dropped-safe", code: "without-effect", reason });
  }
  written(CA_FIELD, filePath, "the gateway's port")(context, step);
}

function clientCertificate({ effective }: Context, { option, take }: OptionStep): void {
  if (option.value === 0) return takeDefault(take);
  const target = CA_FIELD;
  if (option.value === REQUIRED && !saysNothing(effective.get("--ssl-ca-certs"))) {
    return take({
      disposition: "mapped",
      code: "field",
      target,
      reason: "clients show a certificate of the authority",
    });
  }
  const reason = "the gateway asks every client for a certificate of a named authority, or none";
  take({
    disposition: "unsupported",
    code: "not-in-fleet",
    target,
    reason,
    hint: "2 with --ssl-ca-certs, or leave it out",
  });
}

function refresh(_: Context, { option, take }: OptionStep): void {
  if (option.value !== true) return takeDefault(take);
  const reason = "the gateway always reads certificates again when their files change";
  take({ disposition: "changed", code: "equivalent", target: "spec.gateway.listener.tls", reason });
}
