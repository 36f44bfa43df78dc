// The admin API as commands use it: bearer token from the state directory, clear errors, no hang.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, SwitchgearError, urlParts } from "../core/index.ts";

export interface AdminAddress {
  /** Undefined = that of the gateway which runs with the state directory. */
  readonly admin?: string;
  readonly stateDirectory: string;
  readonly tokenEnv?: string;
}

export interface AdminAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface AdminClient {
  get(path: string): Promise<AdminAnswer>;
  post(path: string, body: object): Promise<AdminAnswer>;
}

const TIMEOUT_MS = 15_000;
/** `spec.gateway.admin` unless a file says otherwise. */
const USUAL_ADDRESS = "http://127.0.0.1:8081";

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "SWG_USAGE",
  404: "SWG_NOT_FOUND",
  409: "SWG_REFUSED",
  413: "SWG_USAGE",
};

/** What a good answer holds; of any other the gateway's own words are thrown. */
export function accepted({ status, body }: AdminAnswer): unknown {
  if (status >= 200 && status < 300) return body;
  const { error } = (body ?? {}) as { readonly error?: { readonly message?: string } };
  const message = error?.message ?? `the admin API answers ${status}`;
  const code = CODES[status];
  if (code !== undefined) throw new SwitchgearError(code, message);
  const expected = "an answer of the admin API; --state-directory or --token-env say where its token is";
  throw new SwitchgearError("SWG_ADMIN_UNREACHABLE", message, { value: status, expected });
}

export function adminClient(address: AdminAddress): AdminClient {
  const { url, expected } = whereIs(address);
  const base = url.replace(/\/+$/, "");
  const headers = { authorization: `Bearer ${tokenOf(address)}`, "content-type": "application/json" };

  async function send(path: string, init: RequestInit): Promise<AdminAnswer> {
    const where = `${base}${path}`;
    try {
      const response = await fetch(where, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await response.text();
      return { status: response.status, body: jsonOf(text, where) };
    } catch (cause) {
      if (cause instanceof SwitchgearError) throw cause;
      throw new SwitchgearError("SWG_ADMIN_UNREACHABLE", "The admin API does not answer.", { where, expected, cause });
    }
  }
  return {
    get: (path) => send(path, { method: "GET" }),
    post: (path, body) => send(path, { method: "POST", body: JSON.stringify(body) }),
  };
}

interface Whereabouts {
  readonly url: string;
  /** Said when nothing answers there. */
  readonly expected: string;
}

function whereIs({ admin, stateDirectory }: AdminAddress): Whereabouts {
  if (admin !== undefined) {
    return { url: withoutCredentials(admin), expected: "the admin API of a running gateway, which --admin names" };
  }
  const file = join(stateDirectory, "admin-address");
  const noted = textOf(file);
  const ways = "--state-directory names the folder of a running one, --admin its address";
  if (noted === undefined)
    return { url: USUAL_ADDRESS, expected: `a gateway that runs with ${stateDirectory}, and none does; ${ways}` };
  return { url: noted, expected: `the gateway that wrote ${file}; ${ways}` };
}

/** A token is asked for, so they could not be sent; and they must not be printed. */
function withoutCredentials(url: string): string {
  if (!URL.canParse(url) || urlParts(url).url === url) return url;
  const expected = "an address without user and password: --state-directory or --token-env say where the token is";
  throw new SwitchgearError("SWG_USAGE", "the address holds credentials", { where: "--admin", expected });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

function jsonOf(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const expected = "JSON, as the admin API answers";
    throw new SwitchgearError("SWG_ADMIN_UNREACHABLE", "This is no admin API.", { where, expected, cause });
  }
}

function tokenOf({ stateDirectory, tokenEnv }: AdminAddress): string {
  if (tokenEnv !== undefined) {
    const token = process.env[tokenEnv];
    if (token !== undefined && token !== "") return token;
    throw new SwitchgearError("SWG_SECRET_MISSING", "the environment variable with the admin token is not set", {
      value: tokenEnv,
    });
  }
  const file = join(stateDirectory, "admin-token");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    const hint = "--state-directory names the gateway's folder, --token-env an environment variable";
    throw new SwitchgearError("SWG_FILE_UNREADABLE", "no admin token", { where: file, cause, hint });
  }
}
