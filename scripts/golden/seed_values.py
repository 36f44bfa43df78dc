"""Golden values of the seed's own functions: comparison records, migration report, rollback triggers. Run by run.sh; prints JSON."""
import contextlib
import io
import json
import math
import random
import warnings

import numpy as np
from difflib import SequenceMatcher

warnings.simplefilter("ignore")


# --- The seed's code, word for word but for time, for methods made functions, and for the empty list that newer numpy refuses ---
def percentile(values, percent):
    return np.percentile(values, percent) if values else math.nan


def outputs_similar(text1, text2, threshold=0.9):
    return SequenceMatcher(None, text1, text2).ratio() >= threshold


def compare_results(primary, shadow, now):
    return {
        'timestamp': now,
        'primary_ttft_ms': primary.get('ttft_ms', 0),
        'shadow_ttft_ms': shadow.get('ttft_ms', 0),
        'primary_total_ms': primary.get('total_ms', 0),
        'shadow_total_ms': shadow.get('total_ms', 0),
        'output_match': outputs_similar(primary.get('text', ''), shadow.get('text', '')),
        'primary_tokens': primary.get('output_tokens', 0),
        'shadow_tokens': shadow.get('output_tokens', 0),
    }


def generate_migration_report(comparison_results):
    if not comparison_results:
        return "No shadow traffic data."
    ttft_improvements = []
    total_improvements = []
    output_matches = []
    for comp in comparison_results:
        if comp['shadow_ttft_ms'] > 0 and comp['primary_ttft_ms'] > 0:
            ttft_improvements.append(comp['primary_ttft_ms'] - comp['shadow_ttft_ms'])
        if comp['shadow_total_ms'] > 0 and comp['primary_total_ms'] > 0:
            total_improvements.append(comp['primary_total_ms'] - comp['shadow_total_ms'])
        output_matches.append(comp.get('output_match', False))
    return {
        'num_requests': len(comparison_results),
        'ttft_improvement_ms': {
            'mean': np.mean(ttft_improvements),
            'p50': np.median(ttft_improvements),
            'p99': percentile(ttft_improvements, 99),
        },
        'total_latency_improvement_ms': {
            'mean': np.mean(total_improvements),
            'p50': np.median(total_improvements),
            'p99': percentile(total_improvements, 99),
        },
        'output_consistency': sum(output_matches) / len(output_matches),
        'recommendation': (
            'PROCEED' if np.mean(ttft_improvements) > 0
            and sum(output_matches) / len(output_matches) > 0.95
            else 'INVESTIGATE'
        ),
    }


def should_rollback(metrics):
    triggers = []
    if metrics.get('error_rate', 0) > 0.01:
        triggers.append(f"Error rate {metrics['error_rate']:.1%} > 1%")
    if metrics.get('ttft_p99_ms', 0) > metrics.get('vllm_ttft_baseline_ms', 500) * 2:
        triggers.append(f"TTFT {metrics['ttft_p99_ms']}ms > 2x baseline")
    if metrics.get('timeout_rate', 0) > 0.05:
        triggers.append(f"Timeout rate {metrics['timeout_rate']:.1%} > 5%")
    if triggers:
        print(f"ROLLBACK TRIGGERED: {'; '.join(triggers)}")
        return True
    return False


# --- Inputs ---
def result(rng, text):
    out = {'total_ms': rng.choice([0, round(rng.lognormvariate(6, 0.8), 3)])}
    if rng.random() < 0.9:
        out['ttft_ms'] = rng.choice([0, round(rng.lognormvariate(4.5, 0.8), 3), 120, 87.5])
    if rng.random() < 0.9:
        out['text'] = text
    if rng.random() < 0.9:
        out['output_tokens'] = rng.randint(0, 300)
    if rng.random() < 0.1:
        return {'error': 'timeout', 'latency_ms': 30000}
    return out


def cases(n, seed):
    rng = random.Random(seed)
    pairs = []
    for i in range(n):
        text = " ".join(rng.choice("one two three four five".split()) for _ in range(rng.randint(0, 12)))
        other = text if rng.random() < 0.8 else text[::-1]
        pairs.append([result(rng, text), result(rng, other), 1_700_000_000.25 + i])
    return pairs


def clean(value):
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {key: clean(one) for key, one in value.items()}
    if isinstance(value, (float, np.floating)):
        return None if math.isnan(value) else float(value)
    return value


def reported(pairs):
    records = [compare_results(*pair) for pair in pairs]
    return {"pairs": pairs, "records": records, "report": clean(generate_migration_report(records))}


def said(metrics):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        fired = should_rollback(metrics)
    return {"metrics": metrics, "fired": fired, "printed": out.getvalue()}


def healthy(n, gain, matches):
    rng = random.Random(n)
    pairs = []
    for i in range(n):
        ttft = rng.lognormvariate(4, 0.6)
        text = f"answer {i} of the sample"
        other = text if i >= n - matches else text[::-1]
        pairs.append([
            {'ttft_ms': ttft, 'total_ms': ttft * 9, 'text': text, 'output_tokens': 12},
            {'ttft_ms': ttft - gain, 'total_ms': ttft * 8, 'text': other, 'output_tokens': 12}, 1.0 + i])
    return pairs


METRICS = [
    {},
    {'error_rate': 0.01}, {'error_rate': 0.0100001}, {'error_rate': 0.033}, {'error_rate': 1.0}, {'error_rate': 1},
    {'error_rate': 0.0125}, {'error_rate': 0.0375}, {'error_rate': 0.0345}, {'error_rate': 0.12345},
    {'ttft_p99_ms': 1000.0}, {'ttft_p99_ms': 1000.0001}, {'ttft_p99_ms': 1001.0}, {'ttft_p99_ms': 1e16},
    {'ttft_p99_ms': 123456789012.25}, {'ttft_p99_ms': 901.5, 'vllm_ttft_baseline_ms': 450},
    {'ttft_p99_ms': 0.30000000000000004, 'vllm_ttft_baseline_ms': 0.1}, {'ttft_p99_ms': 0.00002, 'vllm_ttft_baseline_ms': 0},
    {'timeout_rate': 0.05}, {'timeout_rate': 0.0500001}, {'timeout_rate': 0.25},
    {'error_rate': 0.333, 'ttft_p99_ms': 3200.0, 'timeout_rate': 0.0625},
]

out = {
    "reports": [reported(cases(n, seed)) for n, seed in ((1, 3), (2, 4), (7, 5), (30, 6))]
    + [reported(healthy(n, gain, matches)) for n, gain, matches in ((20, 3.0, 20), (20, 3.0, 19), (21, 3.0, 20), (20, -3.0, 20))],
    "empty": generate_migration_report([]),
    "rollbacks": [said(metrics) for metrics in METRICS],
}
print(json.dumps(out, separators=(",", ":")))
