// The requests of the suite and their right answers, made by an engine that nothing happens to.
import { seededRandom } from "../../src/core/index.ts";
import { engineProcess, MODEL } from "./engine-process.ts";

export type Route = "chat" | "completions";

export interface Question {
  readonly route: Route;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly finish: string;
  readonly tokens: number;
}

const QUESTIONS = 96;

/** Greedy, so that every worker gives the same answer, and each a different one, so that a stranger's bytes are seen. */
export async function askedQuestions(seed: number): Promise<readonly Question[]> {
  const engine = await engineProcess(["--speed", "1000"]);
  await engine.start();
  try {
    const random = seededRandom(`questions ${seed}`);
    const made: Question[] = [];
    for (let i = 0; i < QUESTIONS; i++) {
      const words = Array.from({ length: 10 + Math.floor(random.next() * 200) }, () =>
        random.next().toString(36).slice(2, 7),
      );
      const prompt = `Question ${i}: ${words.join(" ")}`;
      made.push(
        await answered(engine.port, { prompt, maxTokens: 5 + Math.floor(random.next() * 60), chat: i % 2 === 0 }),
      );
    }
    return made;
  } finally {
    await engine.kill("SIGKILL");
  }
}

interface Draft {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly chat: boolean;
}

interface Choice {
  readonly text?: string;
  readonly message?: { readonly content: string };
  readonly finish_reason: string;
}

async function answered(port: number, { prompt, maxTokens, chat }: Draft): Promise<Question> {
  const path = chat ? "/v1/chat/completions" : "/v1/completions";
  const asked = chat ? { messages: [{ role: "user", content: prompt }] } : { prompt };
  const body = { model: MODEL, ...asked, max_tokens: maxTokens, temperature: 0 };
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = (await (await fetch(`http://127.0.0.1:${port}${path}`, init)).json()) as {
    choices: Choice[];
    usage: { completion_tokens: number };
  };
  const [choice] = answer.choices;
  if (choice === undefined) throw new Error("the engine gave no choice");
  const text = choice.text ?? choice.message?.content ?? "";
  const route = chat ? "chat" : "completions";
  return { route, path, body, text, finish: choice.finish_reason, tokens: answer.usage.completion_tokens };
}
