// Values that must never be printed: kept in a closure, shown as "(hidden)" by JSON, templates and console alike.
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { SwitchgearError } from "../core/index.ts";

const HIDDEN = "(hidden)";

export interface Secret {
  /** The value itself; only for the place that sends it. */
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Where a secret stands. `value` only when it was written into the deployment file itself. */
export type SecretSource =
  | { readonly from: "env"; readonly name: string }
  | { readonly from: "file"; readonly path: string }
  | { readonly from: "value"; readonly value: Secret };

export function secret(value: string): Secret {
  const hide = () => HIDDEN;
  return Object.freeze({ reveal: () => value, toString: hide, toJSON: hide, [inspect.custom]: hide });
}

/** Reads a secret now; a trailing line end of a file is not part of it. */
export function readSecret(source: SecretSource, env: NodeJS.ProcessEnv = process.env): Secret {
  if (source.from === "value") return source.value;
  if (source.from === "env") {
    const value = env[source.name];
    if (value) return secret(value);
    throw new SwitchgearError("SWG_SECRET_MISSING", `environment variable ${source.name} is not set or empty`, {
      where: source.name,
      expected: "a key",
    });
  }
  return secretFile(source.path);
}

function secretFile(path: string): Secret {
  try {
    const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    if (value) return secret(value);
  } catch (cause) {
    throw new SwitchgearError("SWG_SECRET_MISSING", `secret file ${path} cannot be read`, { where: path, cause });
  }
  throw new SwitchgearError("SWG_SECRET_MISSING", `secret file ${path} is empty`, { where: path, expected: "a key" });
}
