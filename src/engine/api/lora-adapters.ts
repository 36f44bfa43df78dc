// The LoRA adapters that one engine holds: those it was started with, and those loaded and unloaded while it runs.

export interface LoraModule {
  readonly name: string;
  readonly path: string;
}

export interface LoraOptions {
  /** `--max-loras`: adapters in one step. */
  readonly maxLoras: number;
  /** `--lora-modules` */
  readonly modules: readonly LoraModule[];
}

export interface LoraAdapters {
  /** False without `--enable-lora`. */
  readonly enabled: boolean;
  list(): readonly LoraModule[];
  has(name: string): boolean;
  pathOf(name: string): string | undefined;
  add(module: LoraModule): void;
  remove(name: string): void;
}

export function loraAdapters(options: LoraOptions | undefined): LoraAdapters {
  const held = new Map((options?.modules ?? []).map((module) => [module.name, module]));
  return {
    enabled: options !== undefined,
    list: () => [...held.values()],
    has: (name) => held.has(name),
    pathOf: (name) => held.get(name)?.path,
    add: (module) => void held.set(module.name, module),
    remove: (name) => void held.delete(name),
  };
}
