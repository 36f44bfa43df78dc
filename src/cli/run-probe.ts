// Reads the arms of `probe`, runs it, prints the checks.
import { readFileSync } from "node:fs";
import { SwitchgearError } from "../core/index.ts";
import { kvEventListener, type ProbeArm, type ProbeOptions, type ProbeResult, runProbe } from "../migration/index.ts";
import type { ProbeFlags } from "./probe.ts";
import { probeText } from "./probe-text.ts";

const PASSED = 0;
const BLOCKED = 1;
const UNUSABLE = 2;

export interface ProbeUrls {
  readonly legacy: string;
  readonly candidate: string;
}

/** The exit code. */
export async function runProbeCommand(urls: ProbeUrls, flags: ProbeFlags): Promise<number> {
  const result = await runProbe(await optionsOf(urls, flags));
  const overridden = checkedOverrides(flags.override ?? [], result);
  const blocking = result.failures.filter((id) => !overridden.includes(id));
  const shown = { ...result, overridden, blocking };
  process.stdout.write(flags.json ? `${JSON.stringify(shown, null, 2)}\n` : probeText(shown, flags.verbose));
  if (result.outcome === "unusable") return UNUSABLE;
  return blocking.length > 0 ? BLOCKED : PASSED;
}

/** A misspelt override would accept nothing, or later the wrong thing. */
function checkedOverrides(ids: readonly string[], { checks, outcome }: ProbeResult): readonly string[] {
  const unknown = outcome === "unusable" ? undefined : ids.find((id) => !checks.some((one) => one.id === id));
  if (unknown === undefined) return ids;
  throw usage("--override", unknown, `the id of a check: ${checks.map(({ id }) => id).join(", ")}`);
}

async function optionsOf(urls: ProbeUrls, flags: ProbeFlags): Promise<ProbeOptions> {
  const { model, kvEvents, expectIdentity } = flags;
  return {
    legacy: await armOf(urls.legacy, {
      keyEnv: flags.legacyKeyEnv,
      headers: flags.legacyHeader,
      ca: flags.legacyCa,
      metricsUrls: flags.legacyMetrics,
    }),
    candidate: await armOf(urls.candidate, {
      keyEnv: flags.candidateKeyEnv,
      headers: flags.candidateHeader,
      ca: flags.candidateCa,
      metricsUrls: flags.candidateMetrics,
    }),
    modelMap: Object.fromEntries(flags.modelMap.map(pairOf)),
    disaggregated: flags.disaggregated,
    timeoutMs: flags.timeout * 1000,
    maxRequests: flags.maxRequests,
    ...(model === undefined ? {} : { model }),
    ...(kvEvents === undefined ? {} : { kvEvents: kvEventListener(kvEvents) }),
    ...(expectIdentity === undefined ? {} : { expectIdentity }),
  };
}

interface ArmFlags {
  readonly keyEnv: string | undefined;
  readonly headers: readonly string[];
  readonly ca: string | undefined;
  readonly metricsUrls: readonly string[] | undefined;
}

async function armOf(url: string, { keyEnv, headers, ca, metricsUrls }: ArmFlags): Promise<ProbeArm> {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw usage("switchgear probe", url, "http://HOST:PORT[/BASE]");
  const key = keyEnv === undefined ? undefined : keyFrom(keyEnv);
  return {
    url,
    headers: {
      ...Object.fromEntries(headers.map(headerOf)),
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    ...(metricsUrls === undefined ? {} : { metricsUrls }),
    ...(ca === undefined ? {} : { fetch: await fetchWithCa(ca) }),
  };
}

function keyFrom(name: string): string {
  const key = process.env[name];
  if (key !== undefined && key !== "") return key;
  throw new SwitchgearError("SWG_SECRET_MISSING", "the environment variable with the key is not set", { value: name });
}

function headerOf(text: string): readonly [string, string] {
  const colon = text.indexOf(":");
  // The value may be a secret, so it is not quoted.
  if (colon < 1) throw usage("--legacy-header, --candidate-header", undefined, "'name: value'");
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

function pairOf(text: string): readonly [string, string] {
  const [from = "", to = ""] = text.split("=", 2);
  if (from === "" || to === "") throw usage("--model-map", text, "legacy-name=candidate-name");
  return [from, to];
}

/** Node's own fetch takes no certificates; undici's does. */
async function fetchWithCa(file: string): Promise<typeof fetch> {
  const ca = readCa(file);
  const undici = await import("undici");
  const dispatcher = new undici.Agent({ connect: { ca } });
  const send = (input: string, init: object): Promise<unknown> => undici.fetch(input, { ...init, dispatcher });
  return send as unknown as typeof fetch;
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", "cannot be read", {
      where: file,
      cause,
      expected: "PEM certificates",
    });
  }
}

function usage(where: string, value: string | undefined, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_USAGE", "The probe is not possible as asked.", {
    where,
    expected,
    ...(value === undefined ? {} : { value }),
  });
}
