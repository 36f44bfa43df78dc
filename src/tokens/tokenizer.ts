// Text ↔ token ids of one model.

export interface EncodeOptions {
  /** Adds what the tokenizer's post-processor adds (a begin-of-sequence token). Default true. */
  readonly addSpecialTokens?: boolean;
}

export interface Tokenizer {
  /** Shown in logs and receipts: `builtin`, or the path of the tokenizer.json. */
  readonly name: string;
  /** Ids are below this. */
  readonly vocabularySize: number;
  /** Ids that end a sequence; the first is the usual one. */
  readonly endOfSequence: readonly number[];
  encode(text: string, options?: EncodeOptions): number[];
  /** Special tokens are left out unless `keepSpecial`. An incomplete UTF-8 sequence at the end decodes to U+FFFD. */
  decode(ids: ArrayLike<number>, options?: { readonly keepSpecial?: boolean }): string;
  /** How the vocabulary spells the token (`Ġworld`), where that is not its text. */
  spellingOf?(id: number): string;
  /** The id of a special or ordinary token by its exact text. */
  idOf(token: string): number | undefined;
}
