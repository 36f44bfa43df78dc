// Shape of `spec.launcher`: how worker processes are started here, watched, given up and ended, and on which GPUs.
import * as z from "zod";
import { field } from "./field.ts";

const seconds = z.number().gt(0).max(86_400);

const crashLoopSchema = z
  .strictObject({
    deaths: field(
      {
        effect:
          "A worker that dies so often within the window, or so often in a row before its API ever answered, stays down.",
        origin: "switchgear",
        test: "launcher.crashLoop: so many deaths and a worker stays down, with the reason in log, admin API and metrics",
      },
      z.int().min(1).max(1000).default(5),
    ),
    windowSeconds: field(
      {
        effect: "The window; a worker that ran so long starts again without much delay.",
        origin: "switchgear",
        test: "launcher.crashLoop: so many deaths and a worker stays down, with the reason in log, admin API and metrics",
        unit: "s",
      },
      seconds.default(600),
    ),
  })
  .prefault({});

const logsSchema = z
  .strictObject({
    bytes: field(
      {
        effect: "A worker's log in the state directory that is larger is moved to a numbered file.",
        origin: "switchgear",
        test: "launcher.logs: a worker's log is moved when it is large, and the oldest goes",
        unit: "bytes",
      },
      z.int().min(1024).max(1_099_511_627_776).default(16_777_216),
    ),
    files: field(
      {
        effect: "Moved files that are kept.",
        origin: "switchgear",
        test: "launcher.logs: a worker's log is moved when it is large, and the oldest goes",
      },
      z.int().min(0).max(1000).default(4),
    ),
  })
  .prefault({});

const deviceSchema = z.strictObject({
  id: field(
    {
      effect: "Index or UUID, as CUDA_VISIBLE_DEVICES takes it.",
      origin: "switchgear",
      test: "launcher.gpus.devices: each worker gets devices of its own, and too few are refused",
      example: "0",
    },
    z.string().regex(/^(\d{1,4}|(GPU|MIG)-[\w/-]{1,100})$/),
  ),
  memoryGiB: field(
    {
      effect: "Its memory, for the arithmetic before the start.",
      origin: "switchgear",
      test: "a model that does not fit its device is refused with the arithmetic",
      unit: "GiB",
      fallback: "unknown",
    },
    z.number().gt(0).max(100_000).optional(),
  ),
});

const gpusSchema = z
  .strictObject({
    discover: field(
      {
        effect:
          "Without `devices`, workers of engine vllm are placed on the GPUs that `nvidia-smi` lists, if it is there.",
        origin: "switchgear",
        test: "launcher.gpus.discover: the devices that nvidia-smi lists, or none",
        processWide: true,
      },
      z.boolean().default(true),
    ),
    devices: field(
      {
        effect: "The GPUs of this machine that workers are placed on, simulated ones too.",
        origin: "switchgear",
        processWide: true,
        fallback: "those that nvidia-smi lists",
      },
      z.array(deviceSchema).min(1).max(1024).optional(),
    ),
    share: field(
      {
        effect: "Several workers may be on one device while their `gpuMemoryUtilization` adds up to 1 at the most.",
        origin: "switchgear",
        test: "launcher.gpus.share: two workers on one device only when their shares of its memory add up to 1",
        processWide: true,
      },
      z.boolean().default(false),
    ),
  })
  .prefault({});

export const launcherSchema = z
  .strictObject({
    startupTimeoutSeconds: field(
      {
        effect: "A worker whose API has not answered so long after its start is ended; that is a failed start.",
        origin: "switchgear",
        test: "launcher.startupTimeoutSeconds: a worker whose API does not answer in time is ended",
        unit: "s",
      },
      seconds.default(600),
    ),
    hangTimeoutSeconds: field(
      {
        effect: "A worker whose API answered and then does not for so long is ended and started again; 0 = never.",
        origin: "switchgear",
        test: "launcher.hangTimeoutSeconds: a worker that hangs is ended and started again",
        unit: "s",
      },
      z.number().min(0).max(86_400).default(120),
    ),
    shutdownTimeoutSeconds: field(
      {
        effect:
          "Time that a worker gives its running requests after SIGTERM (vLLM's `--shutdown-timeout`); SIGKILL comes 10 s later.",
        origin: "switchgear",
        test: "launcher.shutdownTimeoutSeconds: a worker is told how long it may take to end",
        unit: "s",
      },
      z.int().min(0).max(86_400).default(20),
    ),
    crashLoop: field({ effect: "When a worker is given up.", origin: "switchgear" }, crashLoopSchema),
    logs: field({ effect: "The logs of workers, in the state directory.", origin: "switchgear" }, logsSchema),
    gpus: field({ effect: "Which GPUs there are.", origin: "switchgear" }, gpusSchema),
    priority: field(
      {
        effect:
          "Where several models scale on the GPUs of one inventory, a request of this one within its SLO counts so many times.",
        origin: "switchgear",
        test: "launcher.priority: the GPU that two models want goes to the one that counts more",
      },
      z.number().gt(0).max(1000).default(1),
    ),
    sleep: field(
      {
        effect:
          "Workers can be put to sleep: `--enable-sleep-mode` and VLLM_SERVER_DEV_MODE=1, on loopback only. Their GPU memory is free for another model while they sleep.",
        origin: "switchgear",
        test: "launcher.sleep: a worker is put to sleep and woken through the admin API; without it, it is stopped and started",
      },
      z.boolean().default(false),
    ),
  })
  .prefault({});
