// A candidate that misbehaves as it is told, in a process of its own: what shadow traffic must not make users feel.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { answerQuestions } from "../lib/helper-process.ts";

export const MISBEHAVIOURS = ["dead", "hanging", "slow", "flooding", "crashing"] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

type Answer = (response: ServerResponse) => void;

const EVENT = 'data: {"id":"x","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n';

const ANSWERS: Readonly<Record<Misbehaviour, Answer>> = {
  dead: (response) => void response.destroy(),
  hanging: () => undefined,
  slow(response) {
    begin(response);
    const timer = setInterval(() => response.write(EVENT), 100);
    response.once("close", () => clearInterval(timer));
  },
  flooding(response) {
    begin(response);
    const more = (): void => {
      while (!response.destroyed && response.write(EVENT.repeat(500)));
      response.once("drain", more);
    };
    more();
  },
  crashing(response) {
    begin(response);
    response.write("data: {", () => response.destroy());
  },
};

function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
}

export interface Behaviour {
  readonly origin: string;
  /** Undefined: it answers as the server at `origin` does, so that a plan can begin. */
  readonly how?: Misbehaviour;
}

let behaviour: Behaviour | undefined;

function answer(incoming: IncomingMessage, response: ServerResponse): void {
  const { how, origin } = behaviour ?? {};
  if (how !== undefined && incoming.method !== "GET") {
    incoming.resume();
    return ANSWERS[how](response);
  }
  const { method, headers } = incoming;
  const forwarded = request(new URL(incoming.url ?? "/", origin), { method, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
  });
  forwarded.once("error", () => response.destroy());
  response.once("close", () => forwarded.destroy());
  incoming.pipe(forwarded);
}

if (process.argv[1] === import.meta.filename) {
  const server = createServer(answer);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  answerQuestions(async (next: Behaviour) => {
    behaviour = next;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
}
