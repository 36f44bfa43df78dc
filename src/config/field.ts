// What is said of a field beside its shape; the reference page, the JSON Schema and the hints all come from here.
import type { z } from "zod";
import * as zod from "zod";

export interface FieldNotes {
  /** What the product does differently because of this field, in one or two clauses. */
  readonly effect: string;
  /** seed: the YAML of the seed · mapping: its table of vLLM arguments · kubernetes: common to its objects · switchgear: ours. */
  readonly origin: "seed" | "mapping" | "kubernetes" | "switchgear";
  readonly unit?: string;
  /** Shown where the default is not a plain value. */
  readonly fallback?: string;
  /** Shown in place of what follows from the type. */
  readonly expected?: string;
  /** Never printed. */
  readonly secret?: true;
  /** One value per process: deployments that disagree are refused. */
  readonly processWide?: true;
  /** A valid value for a required field; stands in while the rest of a faulty file is checked. */
  readonly example?: unknown;
  /** Title of the test that proves the effect. */
  readonly test?: string;
}

export const fieldNotes: z.core.$ZodRegistry<FieldNotes> = zod.registry<FieldNotes>();

/** Attaches the notes to this very schema; wrap nothing around it afterwards. */
export function field<S extends z.core.$ZodType>(notes: FieldNotes, schema: S): S {
  // A shared schema would show the notes of its last use everywhere.
  if (fieldNotes.has(schema)) throw new Error(`this schema is a field already: ${notes.effect}`);
  fieldNotes.add(schema, notes);
  return schema;
}
