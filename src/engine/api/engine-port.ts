// What the API needs of the live engine: hand in a sequence, get its tokens, take it back.
import type { EngineRequest, TokenOutput } from "../sequence.ts";

export interface EnginePort {
  submit(request: EngineRequest, onToken: (output: TokenOutput) => void): void;
  abort(id: string): void;
  pause(): void;
  resume(): void;
}
