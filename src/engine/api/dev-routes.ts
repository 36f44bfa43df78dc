// vLLM's development endpoints, which exist only with VLLM_SERVER_DEV_MODE=1.
import { badValue } from "./api-error.ts";
import type { EngineContext } from "./engine-context.ts";
import type { Exchange } from "./exchange.ts";

export interface DevState {
  sleeping: boolean;
  paused: boolean;
}

type Handle = (context: EngineContext, exchange: Exchange) => void;

export interface DevRoutes {
  readonly resetPrefixCache: Handle;
  readonly resetOther: Handle;
  readonly sleep: Handle;
  readonly wakeUp: Handle;
  readonly isSleeping: Handle;
  readonly pause: Handle;
  readonly resume: Handle;
  readonly isPaused: Handle;
  readonly serverInfo: Handle;
}

export function devRoutes(): DevRoutes {
  const state: DevState = { sleeping: false, paused: false };
  const settle = (context: EngineContext): void =>
    state.sleeping || state.paused ? context.engine.pause() : context.engine.resume();

  return {
    resetPrefixCache: (context, exchange) => answer(exchange, { success: context.resetPrefixCache() }),
    resetOther: (_context, exchange) => exchange.reply.text(200, "", undefined),
    sleep(context, exchange) {
      const level = Number(exchange.url.searchParams.get("level") ?? "1");
      if (level !== 1 && level !== 2) throw badValue(`level must be 1 or 2, got ${level}.`, "level", level);
      state.sleeping = true;
      // Both levels give the KV cache up.
      context.resetPrefixCache();
      settle(context);
      answer(exchange, { status: "sleeping", level });
    },
    wakeUp(context, exchange) {
      const tags = exchange.url.searchParams.getAll("tags");
      state.sleeping = false;
      settle(context);
      answer(exchange, { status: "awake", tags: tags.length === 0 ? null : tags });
    },
    isSleeping: (_context, exchange) => answer(exchange, { is_sleeping: state.sleeping }),
    pause(context, exchange) {
      state.paused = true;
      settle(context);
      answer(exchange, { status: "paused" });
    },
    resume(context, exchange) {
      state.paused = false;
      settle(context);
      answer(exchange, { status: "resumed" });
    },
    isPaused: (_context, exchange) => answer(exchange, { is_paused: state.paused }),
    serverInfo(context, exchange) {
      const { model, profile, blockSize, schedulingPolicy } = context.options;
      const config = {
        model,
        profile,
        block_size: blockSize,
        scheduling_policy: schedulingPolicy,
        max_model_len: context.maxModelLen,
      };
      answer(exchange, { vllm_config: config });
    },
  };
}

function answer(exchange: Exchange, value: object): void {
  exchange.reply.json(200, JSON.stringify(value));
}
