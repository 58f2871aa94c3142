"""Vectors of the statistics behind hidden links, by scipy and in exact fractions; see common.py."""

import math
import random
from fractions import Fraction

import scipy
from scipy import stats

from common import write


def exact_tail(shared, population, first, second):
    """ln P(X >= shared), in exact integers."""
    whole = math.comb(population, second)
    tail = sum(math.comb(first, i) * math.comb(population - first, second - i)
               for i in range(shared, min(first, second) + 1) if second - i <= population - first)
    share = Fraction(tail, whole)
    # Of numbers beyond the range of floats: the logarithms of numerator and denominator to 60 digits' worth of bits.
    def ln(number):
        shift = max(0, number.bit_length() - 200)
        return math.log(number >> shift) + shift * math.log(2)
    p = share.numerator / share.denominator if share.denominator < 2**1000 * max(share.numerator, 1) else None
    return math.log1p(p - 1) if p and p > 0.5 else (math.log(p) if p else ln(share.numerator) - ln(share.denominator))


def statistics():
    rng = random.Random(20240307)
    tails, combined, rates = [], [], []
    for number in range(300):
        population = [rng.randint(1, 30), rng.randint(30, 3000), rng.randint(10**4, 2 * 10**6)][number % 3]
        most = min(population, [30, 400, 60][number % 3])
        first, second = rng.randint(1, most), rng.randint(1, most)
        least, top = max(0, first + second - population), min(first, second)
        shared = rng.randint(least, top)
        ln_p = exact_tail(shared, population, first, second)
        if number % 3 < 2:
            p = stats.hypergeom.sf(shared - 1, population, first, second)
            assert abs(p - math.exp(ln_p)) <= 1e-9 * max(p, 1e-12), (p, math.exp(ln_p))
        tails.append([shared, population, first, second, ln_p])
    for _ in range(60):
        ps = [10 ** -rng.uniform(0, 6) for _ in range(rng.randint(1, 6))]
        combined.append([ps, float(stats.combine_pvalues(ps, method="fisher").pvalue)])
    for _ in range(40):
        ps = [round(rng.random() ** 2, 3) for _ in range(rng.randint(1, 25))]
        rates.append([ps, [float(q) for q in stats.false_discovery_control(ps, method="bh")]])
    return {
        "origin": f"scipy {scipy.__version__}: hypergeom.sf, combine_pvalues (fisher), false_discovery_control (bh); the tails "
        "in exact integers, checked against hypergeom.sf",
        "tolerance": 1e-10,
        "tails": tails,
        "combined": combined,
        "rates": rates,
    }


if __name__ == "__main__":
    write("statistics.json", statistics())
