// Which worker has which GPU: no device twice, unless sharing is allowed and the shares of its memory add up to 1.
import { SwitchgearError } from "../../core/index.ts";
import type { GpuDevice } from "./nvidia-smi.ts";

export interface DeviceClaim {
  /** Id of the worker. */
  readonly id: string;
  /** Workers of one pool rather stand on different devices. */
  readonly pool: string;
  readonly count: number;
  /** Of each device's memory, 0…1: vLLM's `--gpu-memory-utilization`. */
  readonly share: number;
  /** Ids or UUIDs that the deployment itself gives to the worker. */
  readonly stated?: readonly string[] | undefined;
}

export interface DeviceLedger {
  readonly devices: readonly GpuDevice[];
  /** The same devices when this very claim has some; throws SWG_GPUS_SHORT with who has which. */
  take(claim: DeviceClaim): readonly GpuDevice[];
  give(claim: DeviceClaim): void;
  holders(device: string): readonly string[];
}

interface Held {
  readonly claim: DeviceClaim;
  readonly devices: readonly GpuDevice[];
}

/** Sums of shares such as 0.3 + 0.7 are not exact. */
const ROUNDING = 1e-9;

export function deviceLedger(devices: readonly GpuDevice[], { share }: { readonly share: boolean }): DeviceLedger {
  const held = new Map<DeviceClaim, Held>();

  const on = ({ id }: GpuDevice): readonly Held[] =>
    [...held.values()].filter((one) => one.devices.some((device) => device.id === id));

  function hasRoom(device: GpuDevice, wanted: number): boolean {
    const there = on(device);
    if (!share) return there.length === 0;
    return there.reduce((sum, { claim }) => sum + claim.share, wanted) <= 1 + ROUNDING;
  }

  /** Fewest of the own pool, then fewest workers, then in order. */
  function candidates({ pool, share: wanted }: DeviceClaim): readonly GpuDevice[] {
    const crowd = (device: GpuDevice): number =>
      on(device).reduce((sum, { claim }) => sum + (claim.pool === pool ? 1000 : 1), 0);
    return devices.filter((one) => hasRoom(one, wanted)).sort((a, b) => crowd(a) - crowd(b));
  }

  function statedOf({ stated = [], share: wanted }: DeviceClaim): readonly GpuDevice[] {
    const found = stated.flatMap((name) => devices.find(({ id, uuid }) => id === name || uuid === name) ?? []);
    // Named twice, or by index and UUID, it is one device nevertheless.
    return [...new Set(found)].filter((one) => hasRoom(one, wanted));
  }

  function take(claim: DeviceClaim): readonly GpuDevice[] {
    const before = held.get(claim);
    if (before) return before.devices;
    const wanted = claim.stated?.length ?? claim.count;
    const found = (claim.stated ? statedOf(claim) : candidates(claim)).slice(0, wanted);
    if (found.length < wanted) throw tooFew(claim, wanted, found.length);
    held.set(claim, { claim, devices: found });
    return found;
  }

  function tooFew({ id, share: wanted, stated }: DeviceClaim, count: number, free: number): SwitchgearError {
    const taken = devices.map((one) => `${one.id}: ${holders(one.id).join(", ") || "free"}`).join("; ");
    return new SwitchgearError(
      "SWG_GPUS_SHORT",
      `worker ${id} needs ${count} GPUs and gets ${free} of ${devices.length}`,
      {
        value: stated ? stated.join(",") : `${count} × ${wanted} of a device`,
        where: taken === "" ? "no GPU is known" : taken,
        expected: share ? "devices whose memory is not given to others" : "devices that no other worker has",
        hint: "fewer replicas, a smaller tensorParallelSize, more spec.launcher.gpus.devices, or spec.launcher.gpus.share",
      },
    );
  }

  function holders(device: string): readonly string[] {
    return [...held.values()].filter((one) => one.devices.some(({ id }) => id === device)).map(({ claim }) => claim.id);
  }

  return { devices, take, give: (claim) => void held.delete(claim), holders };
}
