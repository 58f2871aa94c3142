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

    /// How far it goes from left to right where labels may stand.
    pub(super) fn span(&self) -> f64 {
        let ends = self.pieces[self.labelled.clone()].iter().flat_map(|[from, .., to]| [from.0, to.0]);
        let (left, right) = ends.fold((f64::MAX, f64::MIN), |(left, right), x| (left.min(x), right.max(x)));
        (right - left).max(0.0)
    }

    /// Points at which a label may stand, the best first: those in the middle.
    fn spots(&self) -> Vec<Point> {
        const STEPS: u32 = 20;
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

/// What of a drawing is written on already, and how large it is.
#[derive(Debug)]
pub(super) struct Taken {
    boxes: Vec<(Point, Point)>,
    room: Point,
}

impl Taken {
    /// Of a drawing of this width and height, on which nothing stands.
    pub(super) const fn new(room: Point) -> Self {
        Self { boxes: Vec::new(), room }
    }

    /// How wide and high the drawing is.
    pub(super) const fn room(&self) -> Point {
        self.room
    }

    /// A box with this top left and this size.
    pub(super) fn take(&mut self, (x, y): Point, (width, height): Point) {
        self.boxes.push(((x, y), (x + width, y + height)));
    }

    /// The same, if nothing stands there and the drawing has it whole; answers whether.
    pub(super) fn claim(&mut self, (x, y): Point, (width, height): Point) -> bool {
        let (right, bottom) = (x + width, y + height);
        let apart = |((x1, y1), (x2, y2)): &(Point, Point)| right <= *x1 || *x2 <= x || bottom <= *y1 || *y2 <= y;
        let free =
            x >= 0.0 && y >= 0.0 && right <= self.room.0 && bottom <= self.room.1 && self.boxes.iter().all(apart);
        if free {
            self.take((x, y), (width, height));
        }
        free
    }

    /// The middle of a label of this size at a route of this thickness, where it stands on nothing else: on it, unless it would hide it;
    /// else above it, or below it; takes it. `None`: there is no room.
    pub(super) fn place(&mut self, route: &Route, (width, height): Point, thick: f64) -> Option<Point> {
        let off = (height + thick) / 2.0;
        let lifts: &[f64] = if thick > height { &[0.0, off, -off] } else { &[off, -off] };
        let spots = route.spots();
        let mut places = lifts.iter().flat_map(|lift| spots.iter().map(move |(x, y)| (*x, y - lift)));
        places.find(|(x, y)| self.claim((x - width / 2.0, y - height / 2.0), (width, height)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stands_in_the_middle_unless_that_is_taken() {
        let route = Route::onward(&[(0.0, 20.0), (100.0, 20.0)]);
        let mut taken = Taken::new((100.0, 40.0));
        let (x, y) = taken.place(&route, (10.0, 10.0), 11.0).expect("a place");
        assert!((x - 50.0).abs() < 1e-9 && (y - 20.0).abs() < 1e-9);
        let (x, _) = taken.place(&route, (10.0, 10.0), 11.0).expect("another place");
        assert!((x - 50.0).abs() >= 10.0, "{x}");
    }
    #[test]
    fn a_label_without_room_stands_nowhere() {
        let route = Route::onward(&[(0.0, 20.0), (100.0, 20.0)]);
        let mut taken = Taken::new((100.0, 40.0));
        taken.take((0.0, 15.0), (100.0, 10.0));
        // A thin link: above it there is room for one.
        assert_eq!(taken.place(&route, (80.0, 14.0), 2.0), None);
        let (_, y) = taken.place(&route, (80.0, 8.0), 12.0).expect("above");
        assert!((y - 10.0).abs() < 1e-9, "{y}");
        let (_, y) = taken.place(&route, (80.0, 8.0), 12.0).expect("below");
        assert!((y - 30.0).abs() < 1e-9, "{y}");
        assert_eq!(taken.place(&route, (80.0, 8.0), 12.0), None);
        // Wider than the drawing.
        assert_eq!(Taken::new((100.0, 40.0)).place(&route, (120.0, 8.0), 12.0), None);
    }
}
