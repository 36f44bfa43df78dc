// Replicas of several models on one inventory of GPUs: what is asked, and what is answered.

export interface PlacementNode {
  readonly id: string;
  readonly gpus: number;
  /** Nodes of one domain pass KV to each other fast. */
  readonly domain: string;
}

export interface PlacementPool {
  readonly id: string;
  /** All on one node. */
  readonly gpusPerReplica: number;
  readonly min: number;
  readonly max: number;
}

export interface PlacementModel {
  readonly name: string;
  /** Its goodput rate counts so many times. */
  readonly priority: number;
  /** One, or prefill and decode. */
  readonly pools: readonly PlacementPool[];
  /** Requests a second within their SLO, with so many replicas of each pool; never falls with one more. */
  readonly goodputRate: (replicas: readonly number[]) => number;
}

/** Replicas by pool and node; what is not named is 0. */
export type Placement = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface PlacementProblem {
  readonly nodes: readonly PlacementNode[];
  readonly models: readonly PlacementModel[];
  readonly current: Placement;
  /** Starts and stops together, beyond those that bring each pool to its minimum. */
  readonly maxChanges: number;
}

export interface PlacementAction {
  readonly do: "start" | "stop";
  readonly pool: string;
  readonly node: string;
}

export interface PlacementPlan {
  readonly placement: Placement;
  /** In an order in which no step needs a GPU that is taken, and none takes a pool below its minimum. */
  readonly actions: readonly PlacementAction[];
  /** Σ priority × goodput rate, now and then. */
  readonly before: number;
  readonly after: number;
  /** Of each model: what it gets, and what one more replica would bring for each GPU. */
  readonly reasons: readonly PlacementReason[];
}

export interface PlacementReason {
  readonly model: string;
  readonly replicas: readonly number[];
  readonly goodputRate: number;
  /** The best of its pools; 0 at its maximum. */
  readonly marginalPerGpu: number;
}

/** `problem` says which pools have no room for their minimum. */
export type PlacementAnswer =
  | { readonly feasible: true; readonly plan: PlacementPlan }
  | { readonly feasible: false; readonly problem: string };
