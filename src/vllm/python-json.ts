// Where and why Python's json module refuses a text, in its words: vLLM quotes them in its answer to a body that is not JSON.

export interface JsonFault {
  /** In code points, as Python counts. */
  readonly position: number;
  readonly reason: string;
}

/** Undefined when Python (3.12) takes the text, NaN and Infinity included. */
export function pythonJsonFault(text: string): JsonFault | undefined {
  const fault = firstFault(text);
  if (fault === undefined) return undefined;
  return { position: Array.from(text.slice(0, fault.at), () => 0).length, reason: fault.reason };
}

/** What may come next: a value, the inside of a container just opened, or what follows a value. */
type Expect = "value" | "first-key" | "key" | "first-item" | "after";

interface Fault {
  readonly at: number;
  readonly reason: string;
}

const LITERAL = /-?(?:Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|NaN|null|true|false/y;
const SPACE = /[ \t\n\r]*/y;
const NO_KEY = "Expecting property name enclosed in double quotes";

/** One loop with its own stack: the nesting is the client's choice. */
function firstFault(text: string): Fault | undefined {
  const open: ("{" | "[")[] = [];
  let expect: Expect = "value";
  let at = space(text, 0);
  for (;;) {
    const char = text[at];
    if (expect === "after") {
      if (open.length === 0) return at < text.length ? { at, reason: "Extra data" } : undefined;
      const inside = open.at(-1);
      if (char === (inside === "{" ? "}" : "]")) {
        open.pop();
        at++;
      } else if (char === ",") {
        expect = inside === "{" ? "key" : "value";
        at++;
      } else return { at, reason: "Expecting ',' delimiter" };
    } else if (expect === "key" || expect === "first-key") {
      if (char === "}" && expect === "first-key") {
        open.pop();
        expect = "after";
        at++;
      } else {
        const key = keyEnd(text, at);
        if (typeof key !== "number") return key;
        expect = "value";
        at = key;
      }
    } else if (char === "]" && expect === "first-item") {
      open.pop();
      expect = "after";
      at++;
    } else if (char === "{" || char === "[") {
      open.push(char);
      expect = char === "{" ? "first-key" : "first-item";
      at++;
    } else {
      const end = char === '"' ? stringEnd(text, at) : literalEnd(text, at);
      if (typeof end !== "number") return end;
      expect = "after";
      at = end;
    }
    at = space(text, at);
  }
}

/** Offset after the colon. */
function keyEnd(text: string, at: number): number | Fault {
  if (text[at] !== '"') return { at, reason: NO_KEY };
  const end = stringEnd(text, at);
  if (typeof end !== "number") return end;
  const colon = space(text, end);
  return text[colon] === ":" ? colon + 1 : { at: colon, reason: "Expecting ':' delimiter" };
}

function stringEnd(text: string, start: number): number | Fault {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) return at + 1;
    if (code < 32) return { at, reason: "Invalid control character at" };
    if (code !== 92) continue;
    const escape = text[at + 1];
    if (escape === undefined) break;
    if (escape === "u") {
      if (!/^[0-9a-fA-F]{4}/.test(text.slice(at + 2, at + 6))) return { at: at + 1, reason: "Invalid \\uXXXX escape" };
      at += 5;
    } else if ('"\\/bfnrt'.includes(escape)) at++;
    else return { at, reason: "Invalid \\escape" };
  }
  return { at: start, reason: "Unterminated string starting at" };
}

function literalEnd(text: string, at: number): number | Fault {
  LITERAL.lastIndex = at;
  return LITERAL.test(text) ? LITERAL.lastIndex : { at, reason: "Expecting value" };
}

function space(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}
