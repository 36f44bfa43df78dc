// Notes of the worker processes that a gateway started, so that the next one can end what a killed gateway left running.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A process id alone may belong to another process by now; together with the start it does not. */
interface NotedProcess {
  readonly pid: number;
  readonly started: string;
}

interface Note {
  readonly worker: NotedProcess;
  readonly gateway: NotedProcess;
}

const LOOK_EVERY_MS = 50;
/** A process that hangs in a driver ends when it can; the start does not wait for it. */
const KILL_LIMIT_MS = 5000;

/** Notes a process that this one has just started; without /proc nothing is noted, since nothing could be told apart. */
export function noteProcess(folder: string, id: string, pid: number): void {
  const [worker, gateway] = [identityOf(pid), identityOf(process.pid)];
  if (worker === undefined || gateway === undefined) return;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(noteFile(folder, id), JSON.stringify({ worker, gateway } satisfies Note), { mode: 0o600 });
  } catch {
    // A full disk must not keep a worker from running.
  }
}

export function forgetProcess(folder: string, id: string): void {
  rmSync(noteFile(folder, id), { force: true });
}

/**
 * Ends the workers of gateways that are gone: SIGTERM, after `graceMs` SIGKILL. Resolves with their ids when they are gone. What
 * another running gateway started is left alone, and so is everything without a note.
 */
export async function reapLeftovers(folder: string, graceMs: number): Promise<readonly string[]> {
  const notes = notesIn(folder).filter(({ note }) => note === undefined || !lives(note.gateway));
  const ended = await Promise.all(
    notes.map(async ({ id, file, note }) => {
      const was = note !== undefined && (lives(note.worker) || leftEngines(note.worker));
      if (was) await end(note.worker, graceMs);
      rmSync(file, { force: true });
      return was ? [id] : [];
    }),
  );
  return ended.flat();
}

/**
 * All of its group: engines of vLLM run in processes of their own, and may outlive the one that started them. While one of them lives
 * nobody else can get the number of the group.
 */
async function end({ pid }: NotedProcess, graceMs: number): Promise<void> {
  const killAt = performance.now() + graceMs;
  signalGroup(pid, "SIGTERM");
  while (groupLives(pid) && performance.now() < killAt + KILL_LIMIT_MS) {
    if (performance.now() > killAt) signalGroup(pid, "SIGKILL");
    await pause(LOOK_EVERY_MS);
  }
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // It ended meanwhile.
  }
}

function groupLives(leader: number): boolean {
  return readdirSync("/proc").some((name) => {
    const [state, , group, session] = /^\d+$/.test(name) ? statOf(name) : [];
    // Workers are started in sessions of their own: a group in another one is not of a worker.
    return group === String(leader) && session === group && state !== "Z";
  });
}

/** Its leader ended with the gateway, others of its group did not; while they live the number of the group is nobody else's. */
function leftEngines({ pid, started }: NotedProcess): boolean {
  return started.endsWith(`@${bootId()}`) && identityOf(pid) === undefined && groupLives(pid);
}

function lives({ pid, started }: NotedProcess): boolean {
  return identityOf(pid)?.started === started;
}

/** Ticks since boot (proc(5), field 22, counted after the name) and the boot's own id. A zombie has ended. */
function identityOf(pid: number): NotedProcess | undefined {
  try {
    const fields = statOf(String(pid));
    if (fields.length === 0 || fields[0] === "Z") return undefined;
    return { pid, started: `${fields[19]}@${bootId()}` };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

/** After the name: state, parent, group, …; empty for a process that is gone. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return [];
  }
}

function noteFile(folder: string, id: string): string {
  return join(folder, `${encodeURIComponent(id)}.json`);
}

function notesIn(folder: string): { readonly id: string; readonly file: string; readonly note: Note | undefined }[] {
  const names = (): string[] => {
    try {
      return readdirSync(folder).filter((name) => name.endsWith(".json"));
    } catch {
      return [];
    }
  };
  return names().map((name) => {
    const file = join(folder, name);
    return { id: decodeURIComponent(name.slice(0, -".json".length)), file, note: readNote(file) };
  });
}

/** Undefined for a file that a crash cut off. */
function readNote(file: string): Note | undefined {
  try {
    const { worker, gateway } = JSON.parse(readFileSync(file, "utf8")) as Partial<Note>;
    return isNoted(worker) && isNoted(gateway) ? { worker, gateway } : undefined;
  } catch {
    return undefined;
  }
}

function isNoted(value: Partial<NotedProcess> | undefined): value is NotedProcess {
  return Number.isInteger(value?.pid) && Number(value?.pid) > 1 && typeof value?.started === "string";
}
