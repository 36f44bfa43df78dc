// Listening sockets that were opened before this process: by systemd (sd_listen_fds(3)) or by `serve --supervised`.
import { SwitchgearError } from "../../core/index.ts";

export type SocketName = "gateway" | "admin" | "metrics";

/** File descriptors; what is missing is opened by this process. */
export type InheritedSockets = Readonly<Partial<Record<SocketName, number>>>;

const NAMES: readonly SocketName[] = ["gateway", "admin", "metrics"];
/** SD_LISTEN_FDS_START */
const FIRST_FD = 3;

/** Names by LISTEN_FDNAMES; without them the first is the gateway's, then admin, then metrics. */
export function inheritedSockets(env: NodeJS.ProcessEnv, pid: number): InheritedSockets {
  const { LISTEN_FDS: count, LISTEN_PID: owner, LISTEN_FDNAMES: given } = env;
  // Not meant for this process, but for the one that started it.
  if (count === undefined || (owner !== undefined && Number(owner) !== pid)) return {};
  const number = Number(count);
  if (!Number.isInteger(number) || number < 0) throw invalid("LISTEN_FDS", count, "a number");
  const names = Array.from({ length: number }, (_, i) => named(given?.split(":")[i], i));
  if (new Set(names).size !== names.length) throw invalid("LISTEN_FDNAMES", given ?? "", "each name once");
  return Object.fromEntries(names.map((name, i) => [name, FIRST_FD + i]));
}

function named(given: string | undefined, i: number): SocketName {
  // systemd's own defaults say nothing of the purpose.
  const vague = given === undefined || given === "" || given === "unknown" || given.endsWith(".socket");
  const found = vague ? NAMES[i] : NAMES.find((one) => one === given);
  if (found === undefined) throw invalid("LISTEN_FDNAMES", given ?? "", NAMES.join(", "));
  return found;
}

function invalid(where: string, value: string, expected: string): SwitchgearError {
  return new SwitchgearError("SWG_SOCKETS_INVALID", `${where} does not say which sockets were handed over`, {
    where,
    value,
    expected,
    hint: "in the .socket unit: FileDescriptorName=gateway (or admin, metrics)",
  });
}
