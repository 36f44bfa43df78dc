// Edits of a request body as splices on the bytes received: what is not edited arrives at the worker as the client sent it.
import { type JsonMember, type JsonMembers, isLong, jsonMembers, noteMembers } from "./json-members.ts";

export interface BodyEdit {
  /** Keys to take out, every duplicate of each. */
  readonly remove?: readonly string[];
  /** Key → JSON text of its new value; takes the place of the last duplicate, or is added at the end. */
  readonly set?: Readonly<Record<string, string>>;
  /** Key → members to set in that object; the others stay. A value that is no object is replaced. */
  readonly merge?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Key → JSON text of one more item of that array; a value that is no array is replaced. */
  readonly append?: Readonly<Record<string, string>>;
}

/** Half-open range of the original that gives way to `text`. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Throws SWG_REQUEST_INVALID when the bytes are not a JSON object. Returns the same Buffer when nothing changes.
 * Of duplicates the last counts (Python and JSON.parse alike), so set and merge work on that one and drop the others.
 */
export function editBody(body: Uint8Array, edit: BodyEdit): Buffer {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const found = jsonMembers(bytes);
  const splices = spliceMembers(bytes, found, editsOf(edit));
  return noted(apply(bytes, splices), found, splices);
}

export interface EditableBody {
  /** Begins with the body; what is after it may be written to as well. */
  readonly room: Buffer;
  /** Of the body. */
  readonly length: number;
  /** What jsonMembers says of the body, for a caller that knows it already. */
  readonly outline?: JsonMembers | undefined;
}

/**
 * The same in the body's own memory, whose old content is lost, or in new memory where the room is too small:
 * to move megabytes takes a tenth of the time that memory takes which was never touched.
 */
export function editBodyWithin({ room, length, outline }: EditableBody, edit: BodyEdit): Buffer {
  const bytes = room.subarray(0, length);
  const found = outline ?? jsonMembers(bytes);
  const splices = spliceMembers(bytes, found, editsOf(edit));
  return noted(applyWithin(room, length, splices) ?? apply(bytes, splices), found, splices);
}

/** What becomes of a key: gone, a new value, or members set inside its value. */
type KeyEdit =
  | { readonly kind: "remove" }
  | { readonly kind: "set"; readonly json: string }
  | { readonly kind: "append"; readonly json: string }
  | { readonly kind: "merge"; readonly set: ReadonlyMap<string, string> };

function editsOf(edit: BodyEdit): Map<string, KeyEdit> {
  const edits = new Map<string, KeyEdit>();
  for (const key of edit.remove ?? []) edits.set(key, { kind: "remove" });
  for (const [key, set] of Object.entries(edit.merge ?? {}))
    edits.set(key, { kind: "merge", set: new Map(Object.entries(set)) });
  for (const [key, json] of Object.entries(edit.append ?? {})) edits.set(key, { kind: "append", json });
  for (const [key, json] of Object.entries(edit.set ?? {})) edits.set(key, { kind: "set", json });
  return edits;
}

function spliceMembers(bytes: Buffer, found: JsonMembers, edits: ReadonlyMap<string, KeyEdit>): Splice[] {
  const last = new Map<string, JsonMember>();
  for (const member of found.members) if (edits.has(member.key)) last.set(member.key, member);
  const gone = found.members.map((member) => {
    const edit = edits.get(member.key);
    return edit !== undefined && (edit.kind === "remove" || last.get(member.key) !== member);
  });
  const splices = removals(found, gone);
  for (const [key, edit] of edits) {
    const member = last.get(key);
    if (member !== undefined && edit.kind !== "remove") splices.push(...change(bytes, member, edit));
  }
  const added = [...edits]
    .filter(([key, edit]) => edit.kind !== "remove" && !last.has(key))
    .map(([key, edit]) => `${JSON.stringify(key)}:${jsonOf(edit)}`);
  if (added.length > 0) splices.push(addition(found, gone, added.join(",")));
  return splices.sort((a, b) => a.start - b.start || a.end - b.end);
}

function change(bytes: Buffer, member: JsonMember, edit: KeyEdit): Splice[] {
  if (edit.kind === "merge" && bytes[member.valueStart] === 123) {
    return spliceMembers(
      bytes,
      jsonMembers(bytes, member.valueStart),
      new Map([...edit.set].map(([key, json]) => [key, { kind: "set", json }])),
    );
  }
  if (edit.kind === "append" && bytes[member.valueStart] === 91) {
    const at = member.valueEnd - 1;
    return [{ start: at, end: at, text: isEmptyArray(bytes, member) ? edit.json : `,${edit.json}` }];
  }
  return [{ start: member.valueStart, end: member.valueEnd, text: jsonOf(edit) }];
}

function isEmptyArray(bytes: Buffer, { valueStart, valueEnd }: JsonMember): boolean {
  let at = valueStart + 1;
  while (bytes[at] === 32 || bytes[at] === 10 || bytes[at] === 13 || bytes[at] === 9) at++;
  return at === valueEnd - 1;
}

function jsonOf(edit: KeyEdit): string {
  if (edit.kind === "set") return edit.json;
  if (edit.kind === "append") return `[${edit.json}]`;
  return edit.kind === "merge"
    ? `{${[...edit.set].map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`
    : "null";
}

/** A member goes with the comma that parts it from the member before, the first ones with the comma after. */
function removals(found: JsonMembers, gone: readonly boolean[]): Splice[] {
  const splices: Splice[] = [];
  const firstKept = gone.indexOf(false);
  for (const [i, member] of found.members.entries()) {
    if (gone[i] !== true) continue;
    const before = found.members[i - 1];
    const after = found.members[i + 1];
    if ((firstKept < 0 || i < firstKept) && after !== undefined)
      splices.push({ start: member.keyStart, end: after.keyStart, text: "" });
    else
      splices.push({
        start: i === 0 || before === undefined || firstKept < 0 ? member.keyStart : before.valueEnd,
        end: member.valueEnd,
        text: "",
      });
  }
  return splices;
}

function addition(found: JsonMembers, gone: readonly boolean[], text: string): Splice {
  const lastKept = gone.lastIndexOf(false);
  const member = found.members[lastKept];
  if (member !== undefined && lastKept === found.members.length - 1)
    return { start: member.valueEnd, end: member.valueEnd, text: `,${text}` };
  return { start: found.close, end: found.close, text: member === undefined ? text : `,${text}` };
}

/** Long values stand where they stood, moved by the splices before and inside of them. */
function noted(edited: Buffer, { members }: JsonMembers, splices: readonly Splice[]): Buffer {
  let next = 0;
  let moved = 0;
  const shift = (before: number): number => {
    for (let one = splices[next]; one !== undefined && one.start < before; one = splices[++next])
      moved += Buffer.byteLength(one.text) - (one.end - one.start);
    return moved;
  };
  const values = members.filter(isLong).flatMap((one) => {
    const valueStart = one.valueStart + shift(one.valueStart);
    const isGone = (splices[next - 1]?.end ?? 0) > one.valueStart;
    const valueEnd = one.valueEnd + shift(one.valueEnd);
    return isGone ? [] : [{ valueStart, valueEnd }];
  });
  noteMembers(edited, values);
  return edited;
}

function apply(bytes: Buffer, splices: readonly Splice[]): Buffer {
  if (splices.length === 0) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  for (const splice of splices) {
    parts.push(bytes.subarray(at, splice.start), Buffer.from(splice.text));
    at = splice.end;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}

/** What stays of the original, and where it goes. */
interface Kept {
  readonly start: number;
  readonly end: number;
  readonly to: number;
}

/** Undefined when the room is too small. */
function applyWithin(room: Buffer, length: number, splices: readonly Splice[]): Buffer | undefined {
  const texts = splices.map(({ text }) => Buffer.from(text));
  const kept: Kept[] = [];
  let at = 0;
  let to = 0;
  for (const [i, { start, end }] of splices.entries()) {
    kept.push({ start: at, end: start, to });
    to += start - at + (texts[i]?.length ?? 0);
    at = end;
  }
  kept.push({ start: at, end: length, to });
  const total = to + length - at;
  if (total > room.length) return undefined;
  // In this order none is written over before it was moved.
  for (const one of kept) if (one.to < one.start) room.copyWithin(one.to, one.start, one.end);
  for (const one of kept.toReversed()) if (one.to > one.start) room.copyWithin(one.to, one.start, one.end);
  for (const [i, text] of texts.entries()) room.set(text, (kept[i + 1]?.to ?? 0) - text.length);
  return room.subarray(0, total);
}
