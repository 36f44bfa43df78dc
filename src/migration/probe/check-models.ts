// Models, context length and token counts: what must be equal before anything else is worth comparing.
import { brief } from "./arm-client.ts";
import { CANNED_PROMPTS, type CannedPrompt } from "./canned-prompts.ts";
import { askBoth, CHAT, type ProbeContext } from "./context.ts";
import { digArray, digNumber, digString } from "./dig.ts";
import { fail, type Finding, pass, warn } from "./probe-check.ts";

export interface ListedModel {
  readonly id: string;
  readonly maxModelLen: number | undefined;
}

export function listedModels(json: unknown): readonly ListedModel[] {
  return digArray(json, "data").flatMap((one) => {
    const id = digString(one, "id");
    return id === undefined ? [] : [{ id, maxModelLen: digNumber(one, "max_model_len") }];
  });
}

export interface ListedArms {
  readonly legacy: readonly ListedModel[];
  readonly candidate: readonly ListedModel[];
}

export function mappedModel(map: ProbeContext["modelMap"], name: string): string {
  return map[name] ?? name;
}

export function checkModels({ modelMap }: ProbeContext, { legacy, candidate }: ListedArms): Finding {
  const there = new Set(candidate.map(({ id }) => id));
  const missing = legacy.map(({ id }) => mappedModel(modelMap, id)).filter((id) => !there.has(id));
  const shown = `candidate serves ${[...there].join(", ")}`;
  return missing.length === 0 ? pass(shown) : fail(`${missing.join(", ")} missing; ${shown}; --model-map renames`);
}

export function checkContext({ modelMap }: ProbeContext, { legacy, candidate }: ListedArms): Finding {
  const pairs = legacy.map(({ id, maxModelLen }) => {
    const other = candidate.find((one) => one.id === mappedModel(modelMap, id))?.maxModelLen;
    return { id, before: maxModelLen, after: other };
  });
  const shown = pairs
    .map(({ id, before, after }) => `${id}: ${before ?? "unknown"} → ${after ?? "unknown"}`)
    .join(", ");
  if (pairs.some(({ before, after }) => before !== undefined && after !== undefined && after < before))
    return fail(`shorter context: ${shown}`);
  return pairs.some(({ before, after }) => before === undefined || after === undefined) ? warn(shown) : pass(shown);
}

/** A different count means another chat template or tokenizer: prompts are not the same prompts any more. */
export async function checkPromptTokens(context: ProbeContext): Promise<Finding> {
  const off: string[] = [];
  let compared = 0;
  for (const prompt of CANNED_PROMPTS) {
    const found = await countBoth(context, prompt);
    if (found === undefined) continue;
    compared++;
    if (found.difference !== undefined) off.push(found.difference);
  }
  if (compared === 0) return fail("the legacy arm counts the tokens of none of the prompts");
  const shown = `${compared - off.length} of ${compared} prompts have the same count`;
  return off.length === 0 ? pass(shown) : fail(`${shown}; ${off.join("; ")}`);
}

/** Undefined when the legacy arm does not take the prompt. */
async function countBoth(
  context: ProbeContext,
  { name, body }: CannedPrompt,
): Promise<{ readonly difference?: string } | undefined> {
  const { legacy, candidate } = await askBoth(context, CHAT, { ...body, max_tokens: 1, temperature: 0 });
  const [before, after] = [legacy, candidate].map(({ json }) => digNumber(json, "usage", "prompt_tokens"));
  if (legacy.status !== 200 || before === undefined) return undefined;
  if (before === after) return {};
  return { difference: `${name}: ${before} → ${after ?? brief(candidate)}` };
}
