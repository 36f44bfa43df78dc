// The block size of an index: given, else an engine's own, else what was asked for until an engine tells.

export interface BlockSize {
  readonly tokens: number | undefined;
  /** Of prompts that were asked for, perhaps a default. */
  suggest(tokens: number): void;
  /** Of an engine's event. True when another size was in use and gives way to it. */
  adopt(tokens: number): boolean;
}

/** A worker's blocks, as its events last said and as they were last asked for. */
export interface SeenSizes {
  sent: number | undefined;
  asked: number | undefined;
}

export function blockSize(given: number | undefined): BlockSize {
  let tokens = given;
  let isSure = given !== undefined;
  return {
    get tokens() {
      return tokens;
    },
    suggest(suggested) {
      tokens ??= suggested;
    },
    adopt(adopted) {
      if (isSure) return false;
      isSure = true;
      const isChange = tokens !== undefined && tokens !== adopted;
      tokens = adopted;
      return isChange;
    },
  };
}

/** Hashes of blocks of another size can never match: an alarm, not a guess. */
export function isMismatch({ sent, asked }: SeenSizes, { tokens }: BlockSize): boolean {
  if (sent === undefined) return false;
  return (tokens !== undefined && sent !== tokens) || (asked ?? sent) !== sent;
}
