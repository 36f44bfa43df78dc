// Brings text into the Unicode form that a tokenizer.json asks for.
import { isRecord } from "./chat-message.ts";
import { invalid, unsupported } from "./unsupported-tokenizer.ts";

const FORMS = ["NFC", "NFD", "NFKC", "NFKD"] as const;

/** `spec` is the field of a tokenizer.json; undefined when nothing changes. */
export function normalizer(spec: unknown): ((text: string) => string) | undefined {
  if (spec === null || spec === undefined) return undefined;
  if (!isRecord(spec)) throw invalid("normalizer", "an object or null");
  if (spec["type"] === "Sequence" && Array.isArray(spec["normalizers"])) {
    const steps = spec["normalizers"].map(normalizer).filter((step) => step !== undefined);
    return steps.length === 0 ? undefined : (text) => steps.reduce((result, step) => step(result), text);
  }
  const form = FORMS.find((one) => one === spec["type"]);
  if (form === undefined) throw unsupported("normalizer", spec["type"], `${FORMS.join(", ")} or none`);
  // Text below U+0300 is composed; below U+0080 every form leaves it alone.
  const changes = form === "NFC" ? /[\u0300-\uffff]/ : /[\u0080-\uffff]/;
  return (text) => (changes.test(text) ? text.normalize(form) : text);
}
