// The text that a client has of a stream which goes on as a chat: kept as it stands in the events, decoded when it is needed.

/** What comes with it is no part of the text. */
export const TOOL_CALL = '"tool_calls":[{';

/** A class: one a stream, written once a token. As long as the ids that are kept beside it. */
export class SaidText {
  /** Output tokens up to the last text. */
  tokens = 0;
  #escaped = "";

  /** `escaped`: of a JSON string, in Latin-1. */
  add(escaped: string, tokens: number): void {
    this.#escaped += escaped;
    this.tokens = tokens;
  }

  /** Nobody will go on with it. */
  clear(): void {
    this.#escaped = "";
  }

  /** As a JSON string. */
  json(): string {
    return Buffer.from(`"${this.#escaped}"`, "latin1").toString();
  }
}
