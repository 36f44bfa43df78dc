// Does the API of a worker that was started here answer? A port that is open says nothing.
import { get } from "node:http";

/** True for 200 on /health within the limit; never throws. */
export function askHealth(origin: string, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${origin}/health`, { agent: false, signal: AbortSignal.timeout(limitMs) }, (response) => {
      response.resume();
      response.once("error", () => resolve(false));
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}
