// The other end of a side channel: asks an engine for blocks, keeps its lease alive, says when they are pulled.
import { connect, type Socket } from "node:net";
import type { Clock, Timer } from "../../core/index.ts";
import { readLines } from "./lines.ts";
import type { ChannelAddress, ChannelAnswer, ChannelQuestion, ChannelWord } from "./side-channel.ts";

export interface AskParts {
  readonly clock: Clock;
  readonly address: ChannelAddress;
  readonly question: ChannelQuestion;
  /** A peer that says nothing for so long is not there. */
  readonly limitMs: number;
  readonly renewMs: number;
  /** Once; undefined = nobody is there. */
  readonly onAnswer: (answer: ChannelAnswer | undefined) => void;
}

export interface Asked {
  /** The peer can still be spoken to. */
  readonly isThere: boolean;
  /** Ends the connection after the last word. */
  end(word: "done" | "free"): void;
}

export function askProducer({ clock, address, question, limitMs, renewMs, onAnswer }: AskParts): Asked {
  const { name, engineId, compatibility } = question;
  const socket: Socket = connect(address);
  let answered = false;
  let timer: Timer | undefined = clock.after(limitMs, () => socket.destroy());

  function tell(word: ChannelWord): void {
    socket.write(`${JSON.stringify({ tell: word, name })}\n`);
  }

  function renew(): void {
    tell("renew");
    timer = clock.after(renewMs, renew);
  }

  function settle(answer: ChannelAnswer | undefined): void {
    timer?.cancel();
    if (answered) return;
    answered = true;
    if (answer !== undefined) timer = clock.after(renewMs, renew);
    onAnswer(answer);
  }

  socket.on("connect", () =>
    socket.write(`${JSON.stringify({ ask: true, name, engine_id: engineId, compatibility })}\n`),
  );
  socket.on("error", () => socket.destroy());
  socket.on("close", () => settle(undefined));
  readLines(socket, (line) => settle(isAnswer(line) ? line : undefined));
  return {
    get isThere() {
      return answered && !socket.destroyed && socket.readyState === "open";
    },
    end(word) {
      timer?.cancel();
      // Not heard any more, whatever it was going to say.
      answered = true;
      if (socket.destroyed) return;
      tell(word);
      socket.end();
    },
  };
}

function isAnswer(line: unknown): line is ChannelAnswer {
  return typeof line === "object" && line !== null && typeof (line as ChannelAnswer).held === "boolean";
}
