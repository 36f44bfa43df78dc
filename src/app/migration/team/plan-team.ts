// What the gateways of a cluster share of one plan: the leader's record, each one's report, the secret of the split.
import type { Cluster } from "../../../cluster/index.ts";
import type { LegReport } from "./leg-book.ts";
import { decodeRecord, decodeReport, encodeRecord, type PlanRecord } from "./plan-record.ts";

export interface PlanTeam {
  readonly id: string;
  readonly leads: boolean;
  readonly leader: string | undefined;
  /** With etcd. */
  readonly isInTouch: boolean;
  /** What is told here reaches the leader. */
  readonly isHeard: boolean;
  /** The record as last heard. */
  record(): PlanRecord | undefined;
  /** As etcd has it now; throws when it does not answer, and for a record that must not be written over. */
  read(): Promise<PlanRecord | undefined>;
  /** False = another gateway leads: nothing was written. Throws when etcd does not answer. */
  write(record: PlanRecord): Promise<boolean>;
  report(report: LegReport): void;
  /** Of the other gateways. */
  reports(): ReadonlyMap<string, LegReport>;
  onRecord(listener: () => void): void;
  onReport(listener: () => void): void;
  onLeader(listener: () => void): void;
  /** Secret of the split that all have; undefined until they agreed. */
  salt(): Buffer | undefined;
  readonly hasSalt: boolean;
  agreeOnSalt(own: Uint8Array): Promise<void>;
}

export function planTeam(cluster: Cluster, plan: string): PlanTeam {
  const name = `plan/${plan}`;
  const saltName = `salt/${plan}`;
  const { leadership, led, reports, shared } = cluster;
  const { id } = cluster.status();
  const heard = new Map<string, LegReport>();
  const reportListeners: (() => void)[] = [];
  reports.onChange((what, gateway, value) => {
    if (what !== name || gateway === id) return;
    const report = value === undefined ? undefined : decodeReport(value);
    if (report === undefined) heard.delete(gateway);
    else heard.set(gateway, report);
    for (const listener of reportListeners) listener();
  });
  return {
    id,
    get leads() {
      return leadership.isLeader;
    },
    get leader() {
      return leadership.leader;
    },
    get isInTouch() {
      return cluster.status().connected;
    },
    get isHeard() {
      return cluster.status().connected && leadership.leader !== undefined && !reports.unsent;
    },
    record: () => decodeRecord(led.get(name), plan),
    async read() {
      const text = await led.read(name);
      const record = decodeRecord(text, plan);
      if (text !== undefined && record === undefined) throw new Error("its record in etcd is of another release");
      return record;
    },
    write: (record) => led.write(name, encodeRecord(record)),
    report: (report) => reports.set(name, JSON.stringify(report)),
    reports: () => heard,
    onRecord: (listener) => led.onChange((what) => void (what === name && listener())),
    onReport: (listener) => void reportListeners.push(listener),
    onLeader: (listener) => leadership.onChange(listener),
    salt: () => {
      const text = shared.get(saltName);
      return text === undefined ? undefined : Buffer.from(text, "base64");
    },
    get hasSalt() {
      return shared.get(saltName) !== undefined;
    },
    async agreeOnSalt(own) {
      await shared.agree(saltName, Buffer.from(own).toString("base64"));
    },
  };
}
