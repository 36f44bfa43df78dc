// The thread that sends copies: connections, answers and their garbage are none of the users' event loop.
import { parentPort } from "node:worker_threads";
import { upstreamPools } from "../../upstream-pools.ts";
import { CopyLeg } from "./copy-leg.ts";
import type { EndedLeg, FromLegThread, LegOrder, LegWorker, ToLegThread } from "./leg-messages.ts";

const pools = upstreamPools();
const legs = new Map<number, CopyLeg>();
/** By worker, the identity that its connections were made with: keys and certificates are renewed. */
const identities = new Map<string, string>();

parentPort?.on("message", (message: ToLegThread) => {
  if (message.kind === "send") return send(message.number, message.order);
  const leg = legs.get(message.number);
  if (message.kind === "timeOut") return leg?.timeOut();
  legs.delete(message.number);
  leg?.abort();
});

function send(number: number, order: LegOrder): void {
  renew(order.worker);
  const onEnded = (ended: EndedLeg): void => {
    legs.delete(number);
    const { bytes, ends, times } = ended.answer;
    tell({ kind: "ended", number, ended }, [bytes.buffer, ends.buffer, times.buffer]);
  };
  const onFirst = (): void => tell({ kind: "first", number });
  legs.set(number, new CopyLeg({ order, pools, now: () => performance.now(), onFirst, onEnded }));
}

function renew({ id, origin, tls }: LegWorker): void {
  const identity = JSON.stringify([origin, tls]);
  if (identities.get(id) === identity) return;
  identities.set(id, identity);
  pools.forget(id);
}

function tell(message: FromLegThread, moved: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, moved);
}
