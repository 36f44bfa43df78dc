// GET, POST and DELETE /_sim/faults: shows, replaces and clears the faults of a running simulated engine.
import type { IncomingMessage, ServerResponse } from "node:http";
import { SwitchgearError } from "../../core/index.ts";
import { answerJson } from "./answer.ts";
import type { FaultInjector } from "./fault-injector.ts";
import { NO_FAULTS, parseFaultText } from "./fault-spec.ts";

export const ADMIN_PATH = "/_sim/faults";
const BODY_LIMIT = 65_536;

export interface AdminPath {
  answer(request: IncomingMessage, response: ServerResponse): void;
}

export function adminPath(faults: FaultInjector, state: () => string): AdminPath {
  return {
    answer(request, response) {
      if (request.method === "GET") return show(response);
      if (request.method === "POST") return replace(request, response);
      if (request.method === "DELETE") {
        faults.set(NO_FAULTS);
        return show(response);
      }
      refuse(response, 405, `method ${request.method} is not known here; expected GET, POST or DELETE`);
    },
  };

  function show(response: ServerResponse): void {
    answerJson(response, 200, { state: state(), faults: faults.spec, struck: faults.struck });
  }

  function replace(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    let size = 0;
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= BODY_LIMIT) parts.push(part);
    });
    request.on("end", () => {
      if (size > BODY_LIMIT) return refuse(response, 413, `the body has ${size} bytes; expected at most ${BODY_LIMIT}`);
      apply(Buffer.concat(parts).toString("utf8"), response);
    });
  }

  /** Answers before a crash or a hang that the body asks for takes the connection away. */
  function apply(text: string, response: ServerResponse): void {
    try {
      const spec = parseFaultText(text, `POST ${ADMIN_PATH}`);
      response.once("finish", () => faults.set(spec));
      answerJson(response, 200, { state: state(), faults: spec, struck: faults.struck });
    } catch (error) {
      if (!(error instanceof SwitchgearError)) throw error;
      answerJson(response, 400, { error: { code: error.code, message: error.message, issues: error.details.value } });
    }
  }

  function refuse(response: ServerResponse, status: number, message: string): void {
    answerJson(response, status, { error: { code: "SWG_FAULTS_INVALID", message } });
  }
}
