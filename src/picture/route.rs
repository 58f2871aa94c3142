//! The ways that links take on the page, and where on them their labels stand so that nothing is covered.

use super::ink::px;

type Point = (f64, f64);

/// The way of a link, in cubic curves.
#[derive(Debug)]
pub(super) struct Route {
    pieces: Vec<[Point; 4]>,
    /// Which of them labels may stand on.
    labelled: std::ops::Range<usize>,
}

impl Route {
    /// Through points from left to right, level at each.
    pub(super) fn onward(points: &[Point]) -> Self {
        let piece = |pair: &[Point]| {
            let half = (pair[0].0 + pair[1].0) / 2.0;
            [pair[0], (half, pair[0].1), (half, pair[1].1), pair[1]]
        };
        let pieces: Vec<[Point; 4]> = points.windows(2).map(piece).collect();
        let labelled = 0..pieces.len();
        Self { pieces, labelled }
    }

    /// Back to the left, by way of a lane above or below everything; `out` is how far it swings out at both ends.
    pub(super) fn back(from: Point, to: Point, lane: f64, out: f64) -> Self {
        let (there, here) = ((from.0, lane), (to.0, lane));
        let pieces = vec![
            [from, (from.0 + out, from.1), (from.0 + out, lane), there],
            [there, there, here, here],
            [here, (to.0 - out, lane), (to.0 - out, to.1), to],
        ];
        Self { pieces, labelled: 1..2 }
    }

    /// As SVG writes it.
    pub(super) fn path(&self) -> String {
        let mut path = self.pieces.first().map(|[(x, y), ..]| format!("M {} {}", px(*x), px(*y))).unwrap_or_default();
        for [_, b, c, d] in &self.pieces {
            path.push_str(" C");
            for (x, y) in [b, c, d] {
                path.push_str(&format!(" {} {}", px(*x), px(*y)));
            }
        }
        path
    }

    /// Points at which a label may stand, the best first: those in the middle.
    fn spots(&self) -> Vec<Point> {
        const STEPS: u32 = 10;
        let pieces = &self.pieces[self.labelled.clone()];
        let mut spots: Vec<(f64, Point)> = Vec::new();
        for (at, [a, b, c, d]) in pieces.iter().enumerate() {
            for step in 1..STEPS {
                let t = f64::from(step) / f64::from(STEPS);
                let s = 1.0 - t;
                let along = |of: fn(&Point) -> f64| {
                    s * s * s * of(a) + 3.0 * s * s * t * of(b) + 3.0 * s * t * t * of(c) + t * t * t * of(d)
                };
                let off = (at as f64 + t - pieces.len() as f64 / 2.0).abs();
                spots.push((off, (along(|point| point.0), along(|point| point.1))));
            }
        }
        spots.sort_by(|a, b| a.0.total_cmp(&b.0));
        spots.into_iter().map(|(_, spot)| spot).collect()
    }
}

/// What of a page is written on already.
#[derive(Debug, Default)]
pub(super) struct Taken {
    boxes: Vec<(Point, Point)>,
}

impl Taken {
    /// A box with this top left and this size.
    pub(super) fn take(&mut self, (x, y): Point, (width, height): Point) {
        self.boxes.push(((x, y), (x + width, y + height)));
    }

    /// The middle of a label of this size that stands so far above a route, where it covers least; takes it.
    pub(super) fn place(&mut self, route: &Route, (width, height): Point, lift: f64) -> Option<Point> {
        let covered = |(x, y): Point| -> f64 {
            let (left, right, top, bottom) = (x - width / 2.0, x + width / 2.0, y - height / 2.0, y + height / 2.0);
            let over = |((x1, y1), (x2, y2)): &(Point, Point)| {
                (right.min(*x2) - left.max(*x1)).max(0.0) * (bottom.min(*y2) - top.max(*y1)).max(0.0)
            };
            self.boxes.iter().map(over).sum()
        };
        let mut best: Option<(f64, Point)> = None;
        for (x, y) in route.spots() {
            let spot = (x, y - lift);
            let cost = covered(spot);
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, spot));
            }
        }
        let (x, y) = best?.1;
        self.take((x - width / 2.0, y - height / 2.0), (width, height));
        Some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stands_in_the_middle_unless_that_is_taken() {
        let route = Route::onward(&[(0.0, 0.0), (100.0, 0.0)]);
        let mut taken = Taken::default();
        let (x, y) = taken.place(&route, (10.0, 10.0), 0.0).expect("a place");
        assert!((x - 50.0).abs() < 1e-9 && y.abs() < 1e-9);
        let (x, _) = taken.place(&route, (10.0, 10.0), 0.0).expect("another place");
        assert!((x - 50.0).abs() >= 10.0, "{x}");
    }
}
