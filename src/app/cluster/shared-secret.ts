// A secret of all gateways of a cluster, where no database keeps one for them: that of whoever was first.
import type { SharedKeys } from "../../cluster/index.ts";
import type { Clock, Timer } from "../../core/index.ts";

export interface SharedSecret {
  /** Ours until etcd was heard. */
  readonly current: Buffer;
  close(): void;
}

export interface SharedSecretParts {
  /** Undefined = ours is known to all who need it. */
  readonly shared: Pick<SharedKeys, "get" | "agree" | "onChange"> | undefined;
  readonly own: Buffer;
  readonly clock: Clock;
  readonly onChange: () => void;
}

const NAME = "secret/tenants";
const AGAIN_MS = 1000;

export function sharedSecret({ shared, own, clock, onChange }: SharedSecretParts): SharedSecret {
  if (shared === undefined) return { current: own, close: () => undefined };
  return agreedSecret({ shared, own, clock, onChange });
}

type Agreeing = SharedSecretParts & { readonly shared: object };

function agreedSecret({ shared, own, clock, onChange }: Agreeing): SharedSecret {
  let current = known() ?? own;
  let timer: Timer | undefined;

  function known(): Buffer | undefined {
    const text = shared.get(NAME);
    return text === undefined ? undefined : Buffer.from(text, "base64");
  }

  function offer(): void {
    if (known() !== undefined) return;
    void shared.agree(NAME, own.toString("base64")).catch(() => undefined);
    timer = clock.after(AGAIN_MS, offer);
  }

  shared.onChange((name) => {
    const heard = name === NAME ? known() : undefined;
    if (heard === undefined || heard.equals(current)) return;
    current = heard;
    onChange();
  });
  offer();
  return {
    get current() {
      return current;
    },
    close: () => timer?.cancel(),
  };
}
