//! Axes: which amounts and which days are written at them.

use crate::analysis::figure::moment;
use crate::model::{Day, Instant};

const DAY: i64 = 86_400_000_000;

/// Round amounts between two bounds: a few multiples of 1, 2 or 5 times a power of ten.
pub(super) fn amounts(low: i128, high: i128) -> Vec<i128> {
    const MOST: i128 = 6;
    let mut step = 1;
    for factor in [2, 5, 10].into_iter().cycle() {
        if (high - low) / step < MOST {
            break;
        }
        // 1, 2, 5, 10, 20, …: what 5 becomes is twice itself.
        step = match factor {
            2 => step * 2,
            5 => step / 2 * 5,
            _ => step * 2,
        };
    }
    let first = low.div_euclid(step) + i128::from(low.rem_euclid(step) > 0);
    (first..=high.div_euclid(step)).map(|at| at * step).collect()
}

/// Round moments between two bounds, each with its name.
pub(super) fn moments(from: Instant, to: Instant) -> Vec<(Instant, String)> {
    const MOST: i64 = 9;
    let (from, to) = (from.micros(), to.micros());
    let span = to.saturating_sub(from);
    let hours = [1, 2, 3, 6, 12].into_iter().find(|hours| span / (hours * DAY / 24) <= MOST);
    if let Some(hours) = hours {
        let step = hours * DAY / 24;
        let first = from.div_euclid(step) + i64::from(from.rem_euclid(step) > 0);
        let told = |at: i64| Instant::from_micros(at * step).map(|at| (at, moment(at)));
        return (first..=to.div_euclid(step)).filter_map(told).collect();
    }
    let days = [1, 2, 7].into_iter().find(|days| span / (days * DAY) <= MOST);
    let months = [1, 2, 3, 6].into_iter().find(|months| span / (months * 30 * DAY) <= MOST);
    let years =
        [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].into_iter().find(|years| span / (years * 365 * DAY) <= MOST);
    let mut told = Vec::new();
    let mut day = Instant::from_micros(from).map_or(Day::from_epoch(0), Instant::day);
    if let Some(days) = days {
        // Weeks begin on Monday.
        day = if days == 7 { day.first_of_week() } else { day };
        while let Some(at) = start(day).filter(|at| at.micros() <= to) {
            if at.micros() >= from {
                told.push((at, day.to_string()));
            }
            day = Day::from_epoch(day.since_epoch().saturating_add(days as i32));
        }
        return told;
    }
    day = day.first_of_month();
    while let Some(at) = start(day).filter(|at| at.micros() <= to) {
        let text = day.to_string();
        let mut parts = text.rsplitn(3, '-');
        let (month, year) = (parts.nth(1).unwrap_or("01"), parts.next().unwrap_or_default());
        let number: i64 = month.parse().unwrap_or(1);
        let wanted = match (months, years) {
            (Some(months), _) => (number - 1) % months == 0,
            (None, years) => number == 1 && year.parse::<i64>().unwrap_or(0) % years.unwrap_or(1_000) == 0,
        };
        if wanted && at.micros() >= from {
            told.push((at, if months.is_some() { format!("{year}-{month}") } else { year.to_owned() }));
        }
        // From January on a year, or to the next month.
        let on = if months.is_none() && number == 1 { 366 } else { 32 };
        day = Day::from_epoch(day.since_epoch().saturating_add(on)).first_of_month();
    }
    told
}

fn start(day: Day) -> Option<Instant> {
    Instant::from_micros(i64::from(day.since_epoch()) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(from: &str, to: &str) -> Vec<String> {
        let [from, to] = [from, to].map(|text| Instant::parse(text).expect("an instant"));
        moments(from, to).into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn amounts_are_round() {
        assert_eq!(amounts(-7, 22), [-5, 0, 5, 10, 15, 20]);
        assert_eq!(amounts(-7, 23), [0, 10, 20], "steps of 5 would be too many");
        assert_eq!(amounts(0, 1_234_567), [0, 500_000, 1_000_000]);
        assert_eq!(amounts(0, 0), [0]);
        assert_eq!(amounts(0, 3), [0, 1, 2, 3]);
        assert_eq!(amounts(0, 47), [0, 10, 20, 30, 40]);
    }

    #[test]
    fn moments_are_round() {
        assert_eq!(names("2024-02-01T00:00:00Z", "2024-02-01T03:00:00Z").len(), 4);
        assert_eq!(names("2024-02-01T10:00:00Z", "2024-02-05T00:00:00Z")[0], "2024-02-01 12:00");
        // Mondays.
        assert_eq!(
            names("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ["2024-02-05", "2024-02-12", "2024-02-19", "2024-02-26"]
        );
        assert_eq!(
            names("2024-01-15T00:00:00Z", "2024-08-01T00:00:00Z"),
            ["2024-02", "2024-03", "2024-04", "2024-05", "2024-06", "2024-07", "2024-08"]
        );
        assert_eq!(names("2019-06-01T00:00:00Z", "2024-06-01T00:00:00Z").first().map(String::as_str), Some("2020"));
        assert!(names("-009999-01-03T00:00:00Z", "9999-01-01T00:00:00Z").len() < 50);
    }
}
