// Text with half a surrogate pair: vLLM's tokenizer refuses it, and its answers cannot name it.
import type { TextModel } from "../../tokens/index.ts";
import { badValue } from "./api-error.ts";

export function wellFormedOnly(text: TextModel): TextModel {
  const { tokenizer } = text;
  return {
    ...text,
    tokenizer: {
      ...tokenizer,
      encode(given, options) {
        if (given.isWellFormed()) return tokenizer.encode(given, options);
        throw badValue("TextEncodeInput must be Union[TextInputSequence, Tuple[InputSequence, InputSequence]]");
      },
    },
  };
}

/** Where Python's codec gives up on the refusal that would name it. */
const BEFORE_NAME = '{"error":{"message":"The model `'.length;

export function checkNameIsText(name: string): void {
  if (name.isWellFormed()) return;
  const characters = Array.from(name);
  const at = characters.findIndex((character) => !character.isWellFormed());
  const escaped = `\\u${(characters[at]?.charCodeAt(0) ?? 0).toString(16)}`;
  throw badValue(
    `'utf-8' codec can't encode character '${escaped}' in position ${BEFORE_NAME + at}: surrogates not allowed`,
  );
}
