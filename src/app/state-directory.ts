// The folder for what must outlive the process: the admin token and the logs of workers started here.
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SwitchgearError } from "../core/index.ts";
import { checkStateFormat } from "./state-format.ts";

export interface StateDirectory {
  readonly path: string;
  /** Bearer token of the admin API. */
  readonly adminToken: string;
  readonly adminTokenFile: string;
  workerLog(id: string): string;
  /** Notes of the worker processes that run. */
  readonly processNotes: string;
  /** A folder for sockets between processes of this machine, readable by this user only. */
  socketFolder(): string;
  /** With what lies in it: nobody is there any more. */
  removeSockets(): void;
}

/** sun_path holds 108 bytes; the rest is for the file's own name. */
const LONGEST_SOCKET_FOLDER = 80;

export function openStateDirectory(path: string): StateDirectory {
  try {
    makeFolder(path);
    checkStateFormat(path);
    const adminTokenFile = join(path, "admin-token");
    let sockets: string | undefined;
    return {
      path,
      adminTokenFile,
      adminToken: existingToken(adminTokenFile) ?? newToken(adminTokenFile),
      processNotes: join(path, "processes"),
      workerLog: (id) => join(path, "logs", `${id.replaceAll(/[^\w.-]/g, "_")}.log`),
      socketFolder: () => (sockets ??= socketFolder(path)),
      removeSockets() {
        if (sockets !== undefined) rmSync(sockets, { recursive: true, force: true });
        sockets = undefined;
      },
    };
  } catch (cause) {
    if (cause instanceof SwitchgearError) throw cause;
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `the state directory ${path} cannot be used: ${reason(cause)}`, {
      where: path,
      expected: "a folder this user may write to",
      hint: "set spec.gateway.stateDirectory or --state-directory",
      cause,
    });
  }
}

/** With all above it. Node's own `recursive` never returns where the system says that a parent is not there and cannot be made, as in /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have been first.
    if (!existsSync(path)) throw error;
  }
}

function socketFolder(path: string): string {
  const own = join(path, "run");
  if (Buffer.byteLength(own) > LONGEST_SOCKET_FOLDER) return mkdtempSync(join(tmpdir(), "switchgear-"));
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return own;
}

function existingToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, "utf8").trim();
    // A copy made as another user, or with another umask, may have opened it to others.
    chmodSync(file, 0o600);
    return token.length >= 32 ? token : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function newToken(file: string): string {
  const token = randomBytes(32).toString("base64url");
  // Whole at every moment, also in a copy that is made while this runs.
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return token;
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
