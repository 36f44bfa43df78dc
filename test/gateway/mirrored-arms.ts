// The arms of a plan with a real server each, and a mirror between them that copies every request.
import { type Arms, MIRROR_SETTINGS, type RawPair, type RunningMirror, startMirror } from "../../src/gateway/index.ts";
import { realClock } from "../../src/core/index.ts";
import { silentLog } from "../../src/telemetry/index.ts";
import { closeAfterTest } from "../core/closing.ts";
import { testFleet, type TestFleet, testWorker, type Upstream, upstream } from "./harness.ts";

export interface MirroredArms {
  readonly legacy: Upstream;
  readonly candidate: Upstream;
  readonly fleet: TestFleet;
  /** Every request is the legacy's. */
  readonly arms: Arms;
  readonly mirror: RunningMirror;
  /** The first one that was compared. */
  readonly paired: Promise<RawPair>;
}

export interface MirroredArmsOptions {
  /** A server got a request. */
  readonly onRequest?: (side: "legacy" | "candidate") => void;
  /** A copy looks for its worker. */
  readonly onCopy?: () => void;
}

const UNBRAKED = { ...MIRROR_SETTINGS, coldStartMs: 0, brake: { ...MIRROR_SETTINGS.brake, loopLagMs: Infinity } };

export async function mirroredArms({ onRequest, onCopy }: MirroredArmsOptions = {}): Promise<MirroredArms> {
  const server = (side: "legacy" | "candidate") =>
    upstream((_request, response) => {
      onRequest?.(side);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  const [legacy, candidate] = [await server("legacy"), await server("candidate")];
  const workers = { legacy: testWorker("l", legacy.origin), candidate: testWorker("c", candidate.origin) };
  const targets = {
    legacy: { model: "tiny", workers: () => [workers.legacy] },
    candidate: {
      model: "tiny",
      workers: () => {
        onCopy?.();
        return [workers.candidate];
      },
    },
  };
  const { promise: paired, resolve: onPair } = Promise.withResolvers<RawPair>();
  const mirror = startMirror({
    ...targets,
    settings: UNBRAKED,
    fraction: () => 1,
    sampled: () => true,
    repeated: () => false,
    loopLagMs: () => 0,
    clock: realClock,
    log: silentLog,
    onPair,
  });
  closeAfterTest(() => mirror.close());
  const arms: Arms = {
    ...targets,
    choose: () => "legacy",
    mayCross: () => true,
    legEnded: () => undefined,
    waiting: new Set(),
    mirror,
  };
  return { legacy, candidate, fleet: testFleet([workers.legacy, workers.candidate]), arms, mirror, paired };
}
