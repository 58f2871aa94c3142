//! Amounts and events over time.

use svg::node::Node as _;

use super::ink::{self, Ink, SMALL, element, px, tip};
use super::route::Taken;
use super::{MARGIN, Part, scale, words};
use crate::analysis::figure::{Event, Form, Series, Timeline, moment};
use crate::model::Instant;

/// How high the chart is.
const HIGH: f64 = 210.0;
/// The place for amounts, left of it.
const LEFT: f64 = 150.0;
/// The most points of a series that are drawn.
const MOST_POINTS: usize = 500;
/// The most events that are.
const MOST_EVENTS: usize = 24;
/// With so many points or fewer, their amounts are written at them.
const TOLD: usize = 8;

struct Axes {
    from: i64,
    to: i64,
    low: i128,
    high: i128,
    width: f64,
}

impl Axes {
    fn new(timeline: &Timeline, width: f64) -> Option<Self> {
        let points =
            timeline.series.iter().flat_map(|series| series.points.iter().take(MOST_POINTS).map(|point| point.0));
        let events = timeline.events.iter().map(|event| event.at);
        let bands = timeline.bands.iter().flat_map(|band| [band.from, band.to]);
        let spans = timeline.span.into_iter().flat_map(|(from, to)| [from, to]);
        let times: Vec<i64> = points.chain(events).chain(bands).chain(spans).map(Instant::micros).collect();
        let (from, to) = (*times.iter().min()?, *times.iter().max()?);
        // So that what is written at the first and the last bar stays on the page.
        let room = ((to - from) / 14).max(3_600_000_000);
        let signed = |series: &Series, much: i128| if series.form == Form::Down { -much } else { much };
        let amounts: Vec<i128> = timeline
            .series
            .iter()
            .flat_map(|series| series.points.iter().take(MOST_POINTS).map(|point| signed(series, point.1)))
            .chain(timeline.events.iter().map(|event| event.much))
            .chain([0])
            .collect();
        let (low, high) = (*amounts.iter().min()?, *amounts.iter().max()?);
        let head = ((high - low) / 8).max(1);
        let low = if low < 0 { low - head } else { low };
        Some(Self { from: from - room, to: to + room, low, high: high + head, width: width - LEFT - MARGIN })
    }

    fn x(&self, at: Instant) -> f64 {
        LEFT + (at.micros() - self.from) as f64 / (self.to - self.from) as f64 * self.width
    }

    fn y(&self, much: i128) -> f64 {
        20.0 + (self.high - much) as f64 / (self.high - self.low) as f64 * HIGH
    }
}

pub(super) fn draw(timeline: &Timeline, width: f64) -> Part {
    let mut ink = Ink::new();
    let Some(axes) = Axes::new(timeline, width) else {
        ink.text((MARGIN, 24.0), "small", "start", "Nothing moved.");
        return Part { drawing: ink, size: (width, 36.0), notes: Vec::new() };
    };
    let rows = timeline.events.len().min(MOST_EVENTS) as f64;
    let high = 20.0 + HIGH + 28.0 + if rows > 0.0 { 14.0 + 17.0 * rows } else { 0.0 };
    let mut taken = Taken::new((width, high));
    let mut unwritten = frame(&mut ink, timeline, &axes, &mut taken);
    let of = |steps: bool| timeline.series.iter().filter(move |series| (series.form == Form::Steps) == steps);
    of(false).for_each(|series| bars(&mut ink, timeline, &axes, series));
    of(true).for_each(|series| steps(&mut ink, timeline, &axes, series));
    unwritten += of(false).map(|series| amounts(&mut ink, timeline, &axes, series, &mut taken)).sum::<u64>();
    events(&mut ink, timeline, &axes);
    let mut notes = Vec::new();
    let longest = timeline.series.iter().map(|series| series.points.len()).max().unwrap_or_default();
    if longest > MOST_POINTS {
        notes.push(format!("Only the first {MOST_POINTS} of {longest} steps are drawn."));
    }
    if timeline.events.len() > MOST_EVENTS {
        notes.push(format!("Only {MOST_EVENTS} of {} events are drawn.", timeline.events.len()));
    }
    if unwritten > 0 {
        let many = words::count(unwritten, "label", "labels");
        notes.push(format!("There is no room for {many}, told where one points at the span or the bar."));
    }
    Part { drawing: ink, size: (width, high), notes }
}

/// Writes a text around a point, or so far from there, if there is room for it; answers whether.
fn written(ink: &mut Ink, text: &str, (x, y): (f64, f64), aside: [f64; 3], taken: &mut Taken) -> bool {
    let left = x - words::width(text, SMALL) / 2.0;
    let place = aside.into_iter().map(|aside| y + aside).find(|y| {
        let (corner, size) = ink::extent((left, *y), text, SMALL);
        taken.claim(corner, size)
    });
    if let Some(y) = place {
        ink.text((x, y), "small over", "middle", text);
    }
    place.is_some()
}

/// The axes, and spans of time behind everything; answers of how many there is no room for what is said of them.
fn frame(ink: &mut Ink, timeline: &Timeline, axes: &Axes, taken: &mut Taken) -> u64 {
    let (top, bottom, right) = (20.0, 20.0 + HIGH, LEFT + axes.width);
    let mut unwritten = 0;
    // What stands at the axes.
    taken.take((0.0, top), (LEFT - 8.0, HIGH + 8.0));
    taken.take((0.0, bottom + 6.0), (right + MARGIN, 16.0));
    for band in &timeline.bands {
        let (from, to) = (axes.x(band.from), axes.x(band.to));
        let label = words::clean(&band.label);
        ink.rectangle((from, top), (to - from, HIGH), "silent", Some(&label));
        let middle = ((from + to) / 2.0).clamp(LEFT + 130.0, right - 130.0);
        let shown = words::fit(&label, SMALL, (to - from).max(260.0));
        unwritten += u64::from(!written(ink, &shown, (middle, top + 14.0), [0.0, 15.0, 30.0], taken));
    }
    for much in scale::amounts(axes.low, axes.high) {
        let y = axes.y(much);
        ink.line((LEFT, y), (right, y), if much == 0 { "axis" } else { "line" });
        ink.fitted((LEFT - 8.0, y + 4.0), "small", "end", &timeline.unit.told(much), (SMALL, LEFT - MARGIN));
    }
    ink.line((LEFT, bottom), (right, bottom), "axis");
    let (Some(from), Some(to)) = (Instant::from_micros(axes.from), Instant::from_micros(axes.to)) else {
        return unwritten;
    };
    let mut free = f64::NEG_INFINITY;
    for (at, name) in scale::moments(from, to) {
        let x = axes.x(at);
        ink.line((x, bottom), (x, bottom + 5.0), "axis");
        let half = words::width(&name, SMALL) / 2.0;
        if x - half > free && x + half < right + MARGIN {
            ink.text((x, bottom + 18.0), "small", "middle", &name);
            free = x + half;
        }
    }
    unwritten
}

/// A line whose value holds until the next, and to the end.
fn steps(ink: &mut Ink, timeline: &Timeline, axes: &Axes, series: &Series) {
    let mut path = String::new();
    let mut last = None;
    for (at, much) in series.points.iter().take(MOST_POINTS) {
        let (x, y) = (axes.x(*at), axes.y(*much));
        path += &match last {
            None => format!("M {} {}", px(x), px(y)),
            Some(_) => format!(" H {} V {}", px(x), px(y)),
        };
        last = Some(y);
    }
    if last.is_none() {
        return;
    }
    path += &format!(" H {}", px(LEFT + axes.width));
    ink.add(element("path", &[("d", &path), ("class", "steps")]));
    for (at, much) in series.points.iter().take(MOST_POINTS) {
        let told = format!("{} {}: {}", moment(*at), series.name, timeline.unit.told(*much));
        let (x, y) = (px(axes.x(*at)), px(axes.y(*much)));
        let mut dot = element("circle", &[("cx", &x), ("cy", &y), ("r", "2.5"), ("class", "plain")]);
        dot.append(tip(&told));
        ink.add(dot);
    }
}

/// How wide bars are.
fn wide(axes: &Axes, points: &[(Instant, i128)]) -> f64 {
    let near = points.windows(2).map(|pair| axes.x(pair[1].0) - axes.x(pair[0].0)).fold(60.0, f64::min);
    (near * 0.4).clamp(1.5, 18.0)
}

/// The points of bars that are drawn.
fn moved(series: &Series) -> impl Iterator<Item = &(Instant, i128)> {
    series.points.iter().take(MOST_POINTS).filter(|point| point.1 != 0)
}

fn bars(ink: &mut Ink, timeline: &Timeline, axes: &Axes, series: &Series) {
    let (wide, up) = (wide(axes, &series.points), series.form == Form::Up);
    for (at, much) in moved(series) {
        let (x, zero) = (axes.x(*at), axes.y(0));
        let high = (axes.y(if up { *much } else { -much }) - zero).abs().max(1.0);
        let told = format!("{} {}: {}", moment(*at), series.name, timeline.unit.told(*much));
        let class = if up { "first" } else { "key" };
        ink.rectangle((x, if up { zero - high } else { zero }), (wide, high), class, Some(&told));
    }
}

/// What stands at bars, where they are few; answers for how many there is no room.
fn amounts(ink: &mut Ink, timeline: &Timeline, axes: &Axes, series: &Series, taken: &mut Taken) -> u64 {
    if moved(series).count() > TOLD {
        return 0;
    }
    let (wide, up) = (wide(axes, &series.points), series.form == Form::Up);
    let mut unwritten = 0;
    for (at, much) in moved(series) {
        let (y, on) = if up { (axes.y(*much) - 4.0, -14.0) } else { (axes.y(-much) + 13.0, 14.0) };
        let (x, text) = (axes.x(*at) + wide / 2.0, timeline.unit.told(*much));
        unwritten += u64::from(!written(ink, &text, (x, y), [0.0, on, 2.0 * on], taken));
    }
    unwritten
}

/// Moments with flags, each in a row of its own.
fn events(ink: &mut Ink, timeline: &Timeline, axes: &Axes) {
    let mut told: Vec<&Event> = timeline.events.iter().take(MOST_EVENTS).collect();
    told.sort_by_key(|event| event.at);
    for (row, event) in (0..).zip(told) {
        let (x, y) = (axes.x(event.at), axes.y(event.much));
        let under = 20.0 + HIGH + 42.0 + 17.0 * f64::from(row);
        ink.line((x, y), (x, under - 10.0), "line");
        let (cx, cy) = (px(x), px(y));
        let mut dot = element("circle", &[("cx", &cx), ("cy", &cy), ("r", "5"), ("class", "node first")]);
        let label =
            format!("{} · {} · {}", moment(event.at), words::clean(&event.label), timeline.unit.told(event.much));
        dot.append(tip(&label));
        ink.add(dot);
        let right = LEFT + axes.width;
        let (x, anchor) = if x > LEFT + axes.width / 2.0 { (x - 6.0, "end") } else { (x + 6.0, "start") };
        let most = if anchor == "end" { x - MARGIN } else { right - x };
        ink.fitted((x, under - 6.0), "small over", anchor, &label, (SMALL, most));
    }
}
