// `serve --record FILE`: a recording of traffic that assess and simulate read.
import { SwitchgearError, toError } from "../core/index.ts";
import { rotatingFile, type TrafficRecorder, trafficRecorder } from "../gateway/index.ts";
import type { Log } from "../telemetry/index.ts";

export interface OpenRecorder {
  readonly recorder: TrafficRecorder | undefined;
  close(): Promise<void>;
}

export async function openRecorder(path: string | undefined, log: Log): Promise<OpenRecorder> {
  if (path === undefined) return { recorder: undefined, close: () => Promise.resolve() };
  const file = await rotatingFile({ path, log }).catch((cause: unknown) => {
    throw new SwitchgearError("SWG_FILE_UNREADABLE", `the recording cannot be written: ${toError(cause).message}`, {
      where: path,
      expected: "a file this user may append to",
      cause,
    });
  });
  return {
    recorder: trafficRecorder(file),
    async close() {
      await file.close();
      if (file.dropped > 0) log.warn({ path, dropped: file.dropped }, "lines of the recording were dropped");
    },
  };
}
