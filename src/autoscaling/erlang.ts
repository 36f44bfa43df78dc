// Waiting for one of several servers: Erlang's M/M/k.
import { seldomExceeded } from "./seldom.ts";

interface Servers {
  /** Share of their time that they are at work, below 1. */
  readonly busy: number;
  readonly serviceMs: number;
  readonly replicas: number;
}

const ROUNDS = 20;

/** The time until it is served that one of a hundred exceeds. */
export function sojournP99(servers: Servers): number {
  const search = { least: 0, width: Math.max(1, servers.serviceMs), rounds: ROUNDS };
  return seldomExceeded((ms) => shareLonger(ms, servers), search);
}

/** A wait is exponential for those that wait, and so is the service: the tail of their sum. */
function shareLonger(ms: number, { busy, serviceMs, replicas }: Servers): number {
  const wait = erlangC(replicas, busy);
  const times = replicas * (1 - busy);
  // Equal rates would divide by zero.
  const quicker = Math.abs(times - 1) < 1e-6 ? 1 + 1e-6 : times;
  const served = Math.exp(-ms / serviceMs);
  const both = (quicker * served - Math.exp((-quicker * ms) / serviceMs)) / (quicker - 1);
  return (1 - wait) * served + wait * both;
}

/** The share that waits. */
function erlangC(servers: number, busy: number): number {
  const offered = servers * busy;
  let blocked = 1;
  for (let i = 1; i <= servers; i++) blocked = (offered * blocked) / (i + offered * blocked);
  return blocked / (1 - busy * (1 - blocked));
}
