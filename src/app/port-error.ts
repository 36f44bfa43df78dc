// A listener that cannot be opened, said in words: which port, what for, what to do.
import { SwitchgearError } from "../core/index.ts";

/** For `.catch`: rethrows, a taken port as SWG_PORT_IN_USE. */
export function portError(port: number, purpose: string): (error: unknown) => never {
  return (error) => {
    const code = codeOf(error instanceof SwitchgearError ? error.cause : error);
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    throw new SwitchgearError(
      "SWG_PORT_IN_USE",
      `port ${port} for ${purpose} is ${code === "EACCES" ? "not allowed" : "taken by another process"}`,
      {
        value: port,
        where: purpose,
        expected: "a free port",
        hint: `stop what has it (ss -ltnp 'sport = :${port}' names it), or choose others with --port, --admin-port, --metrics-port (npm start -- --port N)`,
        cause: error,
      },
    );
  };
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, "code") : undefined;
}
