// Parses JSON and, where it is broken, says so in the words of Python's json module, with the character position.
import { invalidJson } from "../../vllm/index.ts";
import { ApiError } from "./api-error.ts";

/** Throws the ApiError that vLLM answers. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { at, message } = pythonFault(text);
    if (at === text.length && message === "Extra data") return parseWithNaN(text);
    throw new ApiError(invalidJson(at, message));
  }
}

/** Python also reads NaN and the infinities. */
function parseWithNaN(text: string): unknown {
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (found) =>
    found.startsWith('"') ? found : `"\\u0000${found}"`,
  );
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === "string" && /^\0(NaN|-?Infinity)$/.test(value) ? Number(value.slice(1)) : value,
  );
}

interface Fault {
  readonly at: number;
  readonly message: string;
}

const KEY = "Expecting property name enclosed in double quotes";

/** Walks the text as CPython's scanner does; only called for texts that do not parse. */
function pythonFault(text: string): Fault {
  let at = 0;
  const fail = (message: string, where = at): never => {
    throw Object.assign(new Error(message), { at: where });
  };
  const space = (): void => {
    while (" \t\n\r".includes(text[at] ?? "x")) at++;
  };

  function string(): void {
    const start = at++;
    for (;;) {
      const c = text[at];
      if (c === undefined) fail("Unterminated string starting at", start);
      else if (c === '"') return void at++;
      else if (c === "\\") escape();
      else if (c < " ") fail("Invalid control character at");
      else at++;
    }
  }

  function escape(): void {
    const c = text[at + 1];
    if (c === "u" && !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) fail("Invalid \\\\uXXXX escape", at + 1);
    if (c === undefined || !'"\\/bfnrtu'.includes(c)) fail("Invalid \\\\escape");
    at += c === "u" ? 6 : 2;
  }

  function value(depth: number): void {
    // The scanner's own recursion limit; deeper nesting is a fault at this place.
    if (depth > 900) fail("Expecting value");
    const c = text[at];
    if (c === '"') return string();
    if (c === "{") return members(depth);
    if (c === "[") return items(depth);
    const scalar = /^(null|true|false|NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)/.exec(
      text.slice(at, at + 400),
    );
    if (!scalar) return fail("Expecting value");
    at += scalar[0].length;
  }

  function members(depth: number): void {
    at++;
    space();
    if (text[at] === "}") return void at++;
    for (;;) {
      if (text[at] !== '"') fail(KEY);
      string();
      space();
      if (text[at] !== ":") fail("Expecting ':' delimiter");
      at++;
      space();
      value(depth + 1);
      space();
      if (text[at] === "}") return void at++;
      if (text[at] !== ",") fail("Expecting ',' delimiter");
      at++;
      space();
    }
  }

  function items(depth: number): void {
    at++;
    space();
    if (text[at] === "]") return void at++;
    for (;;) {
      value(depth + 1);
      space();
      if (text[at] === "]") return void at++;
      if (text[at] !== ",") fail("Expecting ',' delimiter");
      at++;
      space();
    }
  }

  try {
    space();
    value(0);
    space();
    return { at, message: "Extra data" };
  } catch (thrown) {
    const fault = thrown as Error & { at: number };
    return { at: fault.at, message: fault.message };
  }
}
