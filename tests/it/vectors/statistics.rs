//! Significance against scipy, and by hand.

use linchpin::analysis::statistics::{benjamini_hochberg, ln_fisher, ln_hypergeometric_tail};

use super::vectors;

#[test]
fn small_cases_by_counting() {
    // Of 5 things one has 2 and the other 3: C(5, 2) = 10 ways; both of the 2 among the 3: 3 ways; at least one: 9.
    assert!((ln_hypergeometric_tail(2, 5, 2, 3).exp() - 0.3).abs() < 1e-14);
    assert!((ln_hypergeometric_tail(1, 5, 3, 2).exp() - 0.9).abs() < 1e-14);
    assert!(ln_hypergeometric_tail(0, 5, 2, 3).abs() < f64::EPSILON);
    assert!((ln_hypergeometric_tail(1, 1, 1, 1)).abs() < f64::EPSILON, "all have the only one there is");
    assert!((ln_hypergeometric_tail(1, 500, 1, 1).exp() - 1.0 / 500.0).abs() < 1e-16);
    assert!(ln_hypergeometric_tail(3, 5, 2, 3).is_infinite());
}

#[test]
fn one_test_is_its_own_combination() {
    assert!((ln_fisher(&[0.25_f64.ln()]).exp() - 0.25).abs() < 1e-15);
    // p·q·(1 − ln(p·q)) for two.
    let product: f64 = 0.5 * 0.1;
    assert!((ln_fisher(&[0.5_f64.ln(), 0.1_f64.ln()]).exp() - product * (1.0 - product.ln())).abs() < 1e-15);
}

#[test]
fn the_published_example_of_the_false_discovery_rate() {
    // Benjamini & Hochberg 1995, table of 15 p-values: four are found at .05, where Bonferroni finds three.
    let ps = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590,
        1.0,
    ];
    assert_eq!(benjamini_hochberg(&ps).iter().filter(|q| **q <= 0.05).count(), 4);
}

#[test]
fn tails_combinations_and_rates_are_what_scipy_says() {
    let vectors = vectors("statistics");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let near = |found: f64, expected: f64| (found - expected).abs() <= tolerance * expected.abs();
    let rows = |name: &str| vectors[name].as_array().unwrap().clone();
    let numbers = |values: &serde_json::Value| -> Vec<f64> {
        values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    assert!(rows("tails").len() >= 300);
    for row in rows("tails") {
        let [shared, population, first, second] = [0, 1, 2, 3].map(|at: usize| row[at].as_u64().unwrap());
        let found = ln_hypergeometric_tail(shared, population, first, second);
        // Relative in p; where p is next to 1, in 1 − p as far as that can be told.
        let expected = row[4].as_f64().unwrap();
        assert!((found - expected).exp_m1().abs() <= tolerance, "{row}: {found}");
    }
    for row in rows("combined") {
        let ln_ps: Vec<f64> = numbers(&row[0]).into_iter().map(f64::ln).collect();
        assert!(near(ln_fisher(&ln_ps).exp(), row[1].as_f64().unwrap()), "{row}");
    }
    for row in rows("rates") {
        let found = benjamini_hochberg(&numbers(&row[0]));
        assert!(found.iter().zip(numbers(&row[1])).all(|(&found, expected)| near(found, expected)), "{row}");
    }
}
