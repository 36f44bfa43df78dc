// A request of the admin API that is answered with an error: its status, its text, and what else the answer holds.

export class AdminProblem extends Error {
  override readonly name = "AdminProblem";
  readonly status: number;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}
