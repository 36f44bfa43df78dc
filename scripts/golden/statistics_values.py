"""Golden values of src/stats from scipy, statsmodels and Python's difflib. Run by run.sh; prints JSON."""
import json
import math
import random
from difflib import SequenceMatcher

import numpy as np
from scipy import optimize, special, stats
from statsmodels.stats.proportion import confint_proportions_2indep

BETAS = [(0.5, 0.5, 0.3), (1, 300, 0.01), (20, 3, 0.9), (5, 995, 0.004), (150, 150, 0.52), (4e4, 4e6, 0.0099), (2.5, 7, 1e-4)]
COUNTS = [(0, 1), (0, 299), (1, 473), (5, 1049), (10, 10), (3, 30), (997, 1000), (450, 45000), (123456, 45400000)]


def clopper_pearson(k, n, confidence):
    """From the beta quantiles: binomtest().proportion_ci() stops its root search at nine digits."""
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.isf(tail, k + 1, n - k))
    return [low, high]


def paired_score(b, c, n, delta):
    """Tango's statistic with the restricted maximum found numerically, not by his closed form."""
    def minus_log_likelihood(q21):
        q12 = q21 + delta
        rest = 1 - q12 - q21
        total = 0.0
        for count, p in ((b, q12), (c, q21), (n - b - c, rest)):
            if count == 0:
                continue
            if p <= 0:
                return math.inf
            total -= count * math.log(p)
        return total
    low, high = max(0.0, -delta), (1 - delta) / 2
    found = optimize.minimize_scalar(minus_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-14})
    candidates = [found.x, low + 1e-15, high - 1e-15]
    q21 = min(candidates, key=minus_log_likelihood)
    variance = n * (2 * q21 + delta * (1 - delta))
    return (b - c - n * delta) / math.sqrt(variance)


def tango(b, c, n, confidence):
    z = stats.norm.ppf(1 - (1 - confidence) / 2)
    at = (b - c) / n
    low = optimize.brentq(lambda d: paired_score(b, c, n, d) - z, -0.999, at - 1e-9)
    high = optimize.brentq(lambda d: paired_score(b, c, n, d) + z, at + 1e-9, 0.999)
    return [low, high]


def ranks(n, q, confidence):
    """Narrowest order-statistic interval by full enumeration; the most central of the equally narrow."""
    cdf = stats.binom.cdf(np.arange(n), n, q)
    best = None
    for width in range(1, n):
        low = np.arange(1, n - width + 1)
        ok = low[cdf[low + width - 1] - cdf[low - 1] >= confidence]
        if len(ok):
            low = min(ok, key=lambda l: abs(l + width / 2 - n * q))
            best = [int(low), int(low + width)]
            break
    return best


def hodges_lehmann(d):
    i, j = np.triu_indices(len(d))
    return float(np.median((d[i] + d[j]) / 2))


def differences(rng, n, decimals):
    d = rng.normal(0.2, 1.0, n)
    return np.round(d, decimals)


def texts():
    rng = random.Random(5)
    words = "the cache of a worker holds blocks and then some more to say é 漢字 🙂 x y z".split()
    pairs = [("", ""), ("", "a"), ("abc", "abc"), ("abcd", "bcde"), ("private Thread", "private volatile Thread")]
    for n in (5, 30, 60, 120):
        a = " ".join(rng.choice(words) for _ in range(n))
        b = " ".join(rng.choice(words) for _ in range(n))
        pairs += [(a, b), (a, a + " end"), ("Sure! " + a, a)]
        cut = len(a) // 2
        pairs += [(a[:cut] + "#" + a[cut + 1:], a), (a, a[:cut] + "#" + a[cut + 1:]), (a, a[:cut] + b[cut:])]
    numbers = [json.dumps([{"id": i, "v": rng.randint(0, 999)} for i in range(20)]) for _ in range(2)]
    pairs += [tuple(numbers), ("1, 2, 3, " * 40, "1, 2, 4, " * 40), ("x" * 199, "x" * 199), ("x" * 200, "x" * 200)]
    for _ in range(30):
        size = rng.randint(0, 260)
        pairs.append(tuple("".join(rng.choice("abcde ") for _ in range(rng.randint(0, size))) for _ in range(2)))
    return pairs


def ratio(a, b, autojunk):
    return SequenceMatcher(None, a, b, autojunk).ratio()


def durations(rng, n, mean):
    return [[int(length), bool(rng.random() < 0.7)] for length in rng.exponential(mean, n) + 1]


def censored(pairs):
    return stats.CensoredData(
        uncensored=[length for length, ended in pairs if ended], right=[length for length, ended in pairs if not ended])


def survival(a, b):
    curve = stats.ecdf(censored(a)).sf
    ends = {length for length, ended in a if ended}
    points = [[float(q), float(p)] for q, p in zip(curve.quantiles, curve.probabilities) if q in ends]
    return [a, b, points, float(stats.logrank(censored(a), censored(b)).pvalue)]


rng = np.random.default_rng(7)
samples = [differences(rng, n, decimals) for n, decimals in ((1, 9), (12, 9), (60, 1), (301, 9))]
out = {
    "beta": [[a, b, x, float(special.betainc(a, b, x))] for a, b, x in BETAS],
    "betaQuantile": [[a, b, p, float(special.betaincinv(a, b, p))] for a, b, _ in BETAS for p in (0.025, 0.5, 0.95)],
    "normal": [[z, float(stats.norm.cdf(z))] for z in (-8, -3.2, -1.96, 0, 0.3, 2.9, 3.1, 5)],
    "normalQuantile": [[p, float(stats.norm.ppf(p))] for p in (1e-9, 0.001, 0.025, 0.5, 0.9, 0.975, 0.999)],
    "clopperPearson": [
        [k, n, c, *clopper_pearson(k, n, c)] for k, n in COUNTS for c in (0.9, 0.95, 0.99)
    ],
    "binomialTest": [
        [k, n, p, float(stats.binomtest(k, n, p).pvalue)]
        for k, n, p in ((0, 10, 0.5), (3, 10, 0.5), (5, 10, 0.5), (7, 30, 0.1), (1, 500, 0.01), (12, 500, 0.01), (480, 1000, 0.5), (10400, 1000000, 0.01))
    ],
    "binomialCumulative": [[k, n, p, float(stats.binom.cdf(k, n, p))] for k, n, p in ((0, 30, 0.01), (3, 300, 0.01), (15, 1500, 0.002), (4530, 450000, 0.01))],
    "newcombe": [
        [a, m, b, n, c, *map(float, confint_proportions_2indep(a, m, b, n, method="newcomb", compare="diff", alpha=1 - c))]
        for a, m, b, n in ((56, 70, 48, 80), (9, 10, 3, 10), (0, 1000, 0, 900), (12, 5000, 3, 4000)) for c in (0.9, 0.95)
    ],
    "tango": [[b, c, n, level, *tango(b, c, n, level)] for b, c, n in ((9, 3, 44), (1, 0, 30), (4, 7, 1000), (30, 31, 20000), (0, 0, 50)) for level in (0.9, 0.95)],
    "ranks": [[n, q, c, ranks(n, q, c)] for n, q, c in ((500, 0.99, 0.95), (1000, 0.99, 0.95), (2000, 0.99, 0.95), (5000, 0.99, 0.95), (10000, 0.99, 0.95), (100, 0.99, 0.95), (50, 0.5, 0.95), (17, 0.9, 0.5))],
    "wilcoxon": [[d.tolist(), float(stats.wilcoxon(d, method="asymptotic", correction=False).pvalue)] for d in samples],
    "hodgesLehmann": [[d.tolist(), hodges_lehmann(d)] for d in samples],
    "percentile": [[d.tolist(), q, float(np.percentile(d, q))] for d in samples[:3] for q in (0, 1, 50, 99, 100)],
    "survival": [survival(durations(rng, n, 12), durations(rng, n + 5, mean)) for n, mean in ((8, 12), (40, 12), (60, 25))],
    "sequenceRatio": [[a, b, ratio(a, b, True), ratio(a, b, False)] for a, b in texts()],
}
print(json.dumps(out, separators=(",", ":")))
