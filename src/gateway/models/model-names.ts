// What clients may ask for besides the served names of models, as deployments state it: aliases and adapters.

/** Whose request it is, for a choice that stays with a session. */
export interface AliasSession {
  /** Undefined when the request names no session and has no user message. */
  readonly sessionKey: string | undefined;
  /** Stands in for the session of a request that has none. */
  readonly requestId: string;
}

/** One model behind an alias. */
export interface AliasTarget {
  /** The name that its workers serve. */
  readonly model: string;
  /** The adapter that is meant instead of the model itself. */
  readonly adapter?: string | undefined;
}

export interface Alias {
  readonly name: string;
  /** Not empty. */
  readonly targets: readonly AliasTarget[];
  /** The same for a session as long as the weights stay. */
  choose(session: AliasSession): AliasTarget;
}

export interface Adapter {
  readonly name: string;
  /** The name that its workers serve the model under. */
  readonly model: string;
  /** Where workers find it; undefined for one that only a worker has told of. */
  readonly path?: string | undefined;
  /** The gateway may have it loaded. */
  readonly load: boolean;
}

/** Replaced as a whole by a reload: each question is asked anew. */
export interface ModelNames {
  alias(name: string): Alias | undefined;
  adapter(name: string): Adapter | undefined;
  aliases(): readonly Alias[];
  adapters(): readonly Adapter[];
}

export const NO_NAMES: ModelNames = {
  alias: () => undefined,
  adapter: () => undefined,
  aliases: () => [],
  adapters: () => [],
};
