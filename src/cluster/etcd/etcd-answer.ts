// What an etcd member says: JSON within a limit, and its refusals told from its outages.
import { SwitchgearError } from "../../core/index.ts";
import type { Json } from "./etcd-transport.ts";

/** Of gRPC: those that another member, or the same one later, may answer otherwise. */
const ELSEWHERE = new Set([1, 4, 14]);
const EXHAUSTED = 8;
const UNAUTHENTICATED = 16;

/** etcd's own words, without anything that was sent. */
export function etcdRefusal(origin: string, status: number, answer: Json): SwitchgearError {
  const said =
    typeof answer["error"] === "string"
      ? answer["error"]
      : typeof answer["message"] === "string"
        ? answer["message"]
        : `HTTP ${status}`;
  const code = Number(answer["code"] ?? 0);
  if (ELSEWHERE.has(code) || (status >= 500 && code === 0))
    return new SwitchgearError("SWG_ETCD_UNREACHABLE", `an etcd member does not work: ${said}`, { where: origin });
  return new EtcdRefusal(said, origin, code);
}

/** A class: callers ask what kind of refusal it is. */
export class EtcdRefusal extends SwitchgearError {
  readonly grpc: number;

  constructor(said: string, origin: string, grpc: number) {
    super("SWG_ETCD_REFUSED", `etcd refuses: ${said}`, { where: origin });
    this.grpc = grpc;
  }

  /** The database has reached its quota. */
  get isFull(): boolean {
    return this.grpc === EXHAUSTED;
  }
}

export function isFromMember(error: unknown): boolean {
  return error instanceof EtcdRefusal;
}

export function isTokenGone(error: unknown): boolean {
  return error instanceof EtcdRefusal && (error.grpc === UNAUTHENTICATED || /invalid auth token/.test(error.message));
}

export async function readJson(body: AsyncIterable<Uint8Array>, limit: number): Promise<Json> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit)
      throw new SwitchgearError("SWG_ETCD_UNREACHABLE", "an etcd answer is longer than the limit", { value: size });
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return asObject(JSON.parse(text));
  } catch {
    return { error: text.slice(0, 200) };
  }
}

export function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

/** int64 come as strings, and not at all when they are 0. */
export function asInt(value: unknown): number {
  return value === undefined ? 0 : Number(value);
}

/** Also int64, which come as strings. */
export function asText(value: unknown, otherwise = ""): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : otherwise;
}
