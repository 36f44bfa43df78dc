"""Golden values of src/assess/seed-score.ts. Run by run.sh; prints JSON.

The function is the seed's text, unchanged; texts and rounding are Python's own.
"""

import json
import random
import sys


def should_migrate(current_metrics):
    reasons = []
    score = 0
    # Check throughput headroom
    utilization = current_metrics['gpu_utilization_avg']
    if utilization > 0.75:
        reasons.append(f"GPU utilization {utilization:.0%} approaching limit")
        score += 3
    # Check SLO compliance
    ttft_p99 = current_metrics['ttft_p99_ms']
    if ttft_p99 > current_metrics['ttft_slo_ms'] * 0.8:
        reasons.append(f"TTFT P99 {ttft_p99:.0f}ms approaching SLO "
                       f"{current_metrics['ttft_slo_ms']:.0f}ms")
        score += 3
    # Check multi-node need
    if current_metrics['num_models'] > 1:
        reasons.append(f"Serving {current_metrics['num_models']} models")
        score += 2
    # Check traffic pattern
    if current_metrics['peak_to_avg_ratio'] > 2.0:
        reasons.append(f"High peak/avg ratio {current_metrics['peak_to_avg_ratio']:.1f}x "
                       f"needs autoscaling")
        score += 2
    # Check for prefix sharing opportunity
    if current_metrics.get('system_prompt_reuse_rate', 0) > 0.5:
        reasons.append("High prefix reuse rate -- KV cache sharing would help")
        score += 1
    return score >= 3, reasons


def case(utilization, ttft, slo, models, peak, reuse):
    text = {
        "gpu_utilization_avg": utilization,
        "ttft_p99_ms": ttft,
        "ttft_slo_ms": slo,
        "num_models": models,
        "peak_to_avg_ratio": peak,
    }
    if reuse is not None:
        text["system_prompt_reuse_rate"] = reuse
    migrate, reasons = should_migrate(text)
    # The input as text: JSON readers of other languages would lose 2.0.
    return {"input": json.dumps(text), "migrate": migrate, "reasons": reasons}


def main():
    draw = random.Random(1)
    edges = [0.75, 0.76, 0.755, 0.765, 0.775, 0.785, 0.825, 0.835, 0.845, 0.875, 0.985, 0.995, 1, 1.0, 1.005, 0.0]
    times = [400, 400.5, 401.5, 402.5, 403.499999999, 500, 3200.5, 0.5, 1.5, 2.5, 1e6 + 0.5, 2**53 + 2, 1e22]
    slos = [500, 500.5, 501.5, 0, 0.5, 1.5]
    peaks = [2.0, 2.05, 2.15, 2.25, 2.35, 2.45, 2.75, 2.85, 3.25, 3.75, 10.25, 2.0000000001, 1e16 + 2, 5]
    cases = [case(u, 10, 500, 1, 1.0, None) for u in edges]
    cases += [case(0.1, t, s, 1, 1.0, 0.5) for t in times for s in slos]
    cases += [case(0.1, 10, 500, m, 1.0, 0.51) for m in (0, 1, 2, 3, 2.0, 1.5, 40)]
    cases += [case(0.1, 10, 500, 1, p, 0) for p in peaks]
    for _ in range(300):
        cases.append(
            case(
                round(draw.uniform(0.6, 1), draw.choice([2, 3, 6])),
                draw.choice([draw.randrange(0, 4000) / 2, draw.uniform(0, 4000)]),
                draw.choice([500, 1000.5, 250]),
                draw.randrange(1, 4),
                draw.choice([draw.randrange(0, 80) / 8, draw.randrange(0, 160) / 20]),
                draw.choice([None, 0.5, 0.75, 0.2]),
            )
        )
    json.dump(cases, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


main()
