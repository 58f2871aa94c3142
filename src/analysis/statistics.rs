//! Significance of what two entities share: the hypergeometric tail, Fisher's combination, and the false discovery rate. All in
//! natural logarithms, so that very small probabilities keep their digits.

/// ln P(X ≥ shared) for X hypergeometric: of `population` things one has `first` and the other `second`, each set equally likely.
///
/// The mass at one point is a product of min(first, second) ratios, each of them exact but for rounding, so that the relative error
/// grows with their number alone and not with the population (differences of log-factorials would lose digits there). From there
/// the tail is summed away from the mode; below the mode it is the complement of the other tail. O(first + second).
pub fn ln_hypergeometric_tail(shared: u64, population: u64, first: u64, second: u64) -> f64 {
    let (many, few) = (first.max(second), first.min(second));
    let least = (many + few).saturating_sub(population);
    if shared <= least {
        return 0.0;
    }
    if shared > few {
        return f64::NEG_INFINITY;
    }
    // The ratio of the mass at `at + 1` to that at `at`.
    let up = |at: u64| ((many - at) * (few - at)) as f64 / ((at + 1) * (population + at + 1 - many - few)) as f64;
    let mode = u128::from(many + 1) * u128::from(few + 1) / u128::from(population + 2);
    if u128::from(shared) > mode {
        let (mut term, mut sum) = (1.0, 1.0);
        for at in shared..few {
            term *= up(at);
            sum += term;
            if term < sum * 1e-18 {
                break;
            }
        }
        return ln_mass(shared, population, many, few) + f64::ln(sum);
    }
    let (mut term, mut sum) = (1.0, 1.0);
    for at in (least..shared - 1).rev() {
        term /= up(at);
        sum += term;
        if term < sum * 1e-18 {
            break;
        }
    }
    let below = ln_mass(shared - 1, population, many, few).exp() * sum;
    f64::ln_1p(-below)
}

/// ln P(X = at), by C(few, at) · many!/(many − at)! · (rest)!/(rest − few + at)! ÷ population!/(population − few)!, with the
/// factors of numerator and denominator taken in pairs.
fn ln_mass(at: u64, population: u64, many: u64, few: u64) -> f64 {
    let rest = population - many;
    let ratio = |draw: u64| {
        let upper = if draw < at { many - draw } else { rest - (draw - at) };
        upper as f64 / (population - draw) as f64
    };
    let choices = (0..at.min(few - at)).map(|i| ((few - i) as f64 / (i + 1) as f64).ln()).sum::<f64>();
    choices + (0..few).map(|draw| ratio(draw).ln()).sum::<f64>()
}

/// Fisher's combination of independent tests (Fisher 1932, §21.1): ln of the tail of χ² with 2k degrees of freedom at
/// −2 Σ ln p, which for even degrees is `exp(−h) Σ_{i<k} hⁱ/i!` with h = −Σ ln p.
pub fn ln_fisher(ln_ps: &[f64]) -> f64 {
    let h: f64 = -ln_ps.iter().sum::<f64>();
    if h.is_infinite() {
        return f64::NEG_INFINITY;
    }
    let (mut term, mut sum) = (1.0, 0.0);
    for i in 0..ln_ps.len() {
        sum += term;
        term *= h / (i + 1) as f64;
    }
    (f64::ln(sum) - h).min(0.0)
}

/// The q-values of Benjamini & Hochberg 1995: the smallest false discovery rate at which each would be found.
pub fn benjamini_hochberg(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|&a, &b| ps[a].total_cmp(&ps[b]));
    let mut qs = vec![1.0; ps.len()];
    let mut least: f64 = 1.0;
    for (rank, &at) in order.iter().enumerate().rev() {
        least = least.min(ps[at] * ps.len() as f64 / (rank + 1) as f64);
        qs[at] = least;
    }
    qs
}
