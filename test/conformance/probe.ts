// A probe is one request whose whole answer is checked, recorded and compared between targets.
import type { Answer, Ask } from "./http.ts";
import { exchange } from "./http.ts";
import type { Case, Target } from "./target.ts";

export interface Probe extends Ask {
  readonly name: string;
  /** Default 200. */
  readonly status?: number;
  readonly check?: (answer: Answer, target: Target) => void;
  /** Only through the gateway: what is checked instead, where it answers by itself. */
  readonly viaGateway?: (answer: Answer, target: Target) => void;
  /** Default: answers of status 200 are. */
  readonly generated?: boolean;
  readonly anyLength?: boolean;
  readonly skip?: Case["skip"];
}

export function probes(topic: string, list: readonly Probe[]): Case[] {
  return list.map((probe) => ({
    topic,
    name: probe.name,
    skip: probe.skip,
    probe: {
      ownAnswer: probe.viaGateway !== undefined,
      generated: probe.generated ?? (probe.status ?? 200) === 200,
      anyLength: probe.anyLength ?? false,
    },
    run: (target) => runProbe(topic, probe, target),
  }));
}

async function runProbe(topic: string, probe: Probe, target: Target): Promise<void> {
  // What the cache holds would depend on the cases before.
  await exchange(target.engineUrl, { path: "/reset_prefix_cache", method: "POST" });
  const answer = await exchange(target.url, probe);
  target.answers.set(`${topic}: ${probe.name}`, answer);
  if (target.gateway !== undefined && probe.viaGateway !== undefined) return probe.viaGateway(answer, target);
  const wanted = probe.status ?? 200;
  if (answer.status !== wanted)
    throw new Error(`status ${answer.status}, expected ${wanted}: ${answer.body.slice(0, 500)}`);
  probe.check?.(answer, target);
}
