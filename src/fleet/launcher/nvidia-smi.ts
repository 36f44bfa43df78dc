// The GPUs of this machine, as `nvidia-smi` lists them.
import { execFile } from "node:child_process";

export interface GpuDevice {
  /** What CUDA_VISIBLE_DEVICES takes. */
  readonly id: string;
  readonly uuid?: string | undefined;
  readonly name?: string | undefined;
  /** Undefined = unknown. */
  readonly memoryBytes?: number | undefined;
  /** In use when it was listed. */
  readonly usedBytes?: number | undefined;
}

export interface GpuList {
  readonly devices: readonly GpuDevice[];
  /** Why there are none, when that is a fault: a driver that does not answer. */
  readonly fault?: string | undefined;
}

const QUERY = ["--query-gpu=index,uuid,name,memory.total,memory.used", "--format=csv,noheader,nounits"];
/** A driver in trouble makes it hang. */
const LIMIT_MS = 15_000;
const MIB = 1_048_576;

/** Of those only what `visible` (CUDA_VISIBLE_DEVICES of this process) leaves. */
export function listGpus(env: NodeJS.ProcessEnv = process.env): Promise<GpuList> {
  return new Promise((resolve) => {
    execFile("nvidia-smi", QUERY, { timeout: LIMIT_MS, killSignal: "SIGKILL", env }, (error, stdout, stderr) => {
      if (error === null) return resolve({ devices: visibleOf(parseNvidiaSmi(stdout), env["CUDA_VISIBLE_DEVICES"]) });
      const isAbsent = "code" in error && error.code === "ENOENT";
      const said = `${stdout}${stderr}`.trim().split("\n").at(-1);
      resolve({
        devices: [],
        fault: isAbsent ? undefined : `nvidia-smi failed: ${said || error.message}`.slice(0, 300),
      });
    });
  });
}

/** Lines that are no GPU are left out; `[N/A]` is unknown. */
export function parseNvidiaSmi(csv: string): readonly GpuDevice[] {
  return csv.split("\n").flatMap((line) => {
    const [id = "", uuid = "", ...rest] = line.split(",").map((part) => part.trim());
    if (!/^\d+$/.test(id)) return [];
    const [total, used] = rest.slice(-2).map(mebibytes);
    return [{ id, uuid, name: rest.slice(0, -2).join(", "), memoryBytes: total, usedBytes: used }];
  });
}

function mebibytes(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * MIB : undefined;
}

/** As the CUDA runtime reads it: up to the first name that is none; an empty text hides all. */
function visibleOf(devices: readonly GpuDevice[], visible: string | undefined): readonly GpuDevice[] {
  if (visible === undefined) return devices;
  const shown: GpuDevice[] = [];
  for (const name of visible.split(",").map((part) => part.trim())) {
    const found = devices.find(({ id, uuid }) => id === name || (name.startsWith("GPU-") && uuid?.startsWith(name)));
    if (found === undefined) break;
    shown.push(found);
  }
  return shown;
}
