// Every error code with its exit code and meaning; docs/reference/errors.md is generated from this table.

export interface ErrorCodeEntry {
  /** 1 the answer is no, 2 usage or bad input, 3 needs a person, 4 timeout. */
  readonly exit: 1 | 2 | 3 | 4;
  readonly meaning: string;
}

export const ERROR_CODES = {
  SWG_USAGE: { exit: 2, meaning: "A command was called with a wrong flag, argument or combination." },
  SWG_INTERNAL: { exit: 3, meaning: "A defect in Switchgear; please report it with the log line." },
  SWG_FILE_UNREADABLE: { exit: 2, meaning: "A file or folder that was named cannot be read." },
  SWG_CONFIG_INVALID: { exit: 2, meaning: "A deployment file has errors; each is listed with its position." },
  SWG_SECRET_MISSING: { exit: 2, meaning: "A key that the deployment refers to (environment variable, file) is not there." },
  SWG_FEATURE_NOT_BUILT: { exit: 2, meaning: "The deployment enables a feature that this release cannot run yet." },
  SWG_PORT_IN_USE: { exit: 2, meaning: "A port that has to be opened is already taken by another process." },
  SWG_RUNTIME_TOO_OLD: { exit: 2, meaning: "The Node.js that runs this is too old." },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof ERROR_CODES;
