//! Where the entities of a diagram stand: in columns from left to right, so that links run on and cross little, and one above another so
//! that links are short (Sugiyama, Tagawa & Toda 1981).
//!
//! Deterministic: all ties go by the order in which nodes and links are given. No recursion, and small inputs: what is drawn is bounded.

/// How often columns are gone through to put them in order, and to place them.
const SWEEPS: usize = 12;

/// Nodes in columns. Links over several columns bend at a vertex of their own in each that they pass: vertices are the nodes, then
/// these.
#[derive(Debug, PartialEq)]
pub(super) struct Layers {
    /// By vertex.
    pub(super) column: Vec<usize>,
    /// By column: its vertices from the top.
    pub(super) order: Vec<Vec<usize>>,
    /// By link: the vertices at which it bends.
    pub(super) via: Vec<Vec<usize>>,
    /// By link: whether it runs back, or stays in a column.
    pub(super) back: Vec<bool>,
    /// By column: pairs of a vertex in it and one in the next. Only these can cross.
    segments: Vec<Vec<(usize, usize)>>,
}

impl Layers {
    /// Of so many nodes, and the links between them. Columns that are given hold; otherwise each node stands right of all that lead to
    /// it, but for links that close a circle, as met from the first nodes on.
    pub(super) fn new(nodes: usize, columns: Option<Vec<usize>>, links: &[(usize, usize)]) -> Self {
        let mut column = columns.unwrap_or_else(|| by_longest_path(nodes, links));
        let mut used = column.clone();
        used.sort_unstable();
        used.dedup();
        column.iter_mut().for_each(|at| *at = used.partition_point(|known| known < at));
        let back: Vec<bool> = links.iter().map(|(from, to)| column[*to] <= column[*from]).collect();
        let (mut via, mut segments) = (Vec::new(), vec![Vec::new(); used.len()]);
        for ((from, to), back) in links.iter().zip(&back) {
            let mut bends = Vec::new();
            if !back {
                let mut last = *from;
                for at in column[*from] + 1..column[*to] {
                    column.push(at);
                    bends.push(column.len() - 1);
                    segments[at - 1].push((last, column.len() - 1));
                    last = column.len() - 1;
                }
                segments[column[*to] - 1].push((last, *to));
            }
            via.push(bends);
        }
        let mut order = vec![Vec::new(); used.len()];
        (0..column.len()).for_each(|vertex| order[column[vertex]].push(vertex));
        let mut layers = Self { column, order, via, back, segments };
        layers.sort();
        layers
    }

    /// The neighbours of a vertex in the column before, or after.
    fn beside(&self, vertex: usize, before: bool) -> impl Iterator<Item = usize> + '_ {
        let column = if before { self.column[vertex].checked_sub(1) } else { Some(self.column[vertex]) };
        let beside = column.map(|column| self.segments[column].as_slice()).unwrap_or_default();
        beside.iter().filter_map(move |(from, to)| match before {
            true => (*to == vertex).then_some(*from),
            false => (*from == vertex).then_some(*to),
        })
    }

    /// Columns in turn, forth and back: the first with `before` says that neighbours before it are looked at.
    fn sweeps(&self) -> impl Iterator<Item = (usize, bool)> + use<> {
        let columns = self.order.len();
        (0..SWEEPS).flat_map(move |sweep| {
            let before = sweep % 2 == 0;
            (1..columns).map(move |at| (if before { at } else { columns - 1 - at }, before))
        })
    }

    /// Each vertex as near as can be to the mean place of its neighbours; the best of all orders that come about is kept.
    fn sort(&mut self) {
        let mut best = (self.crossings(), self.order.clone());
        for (at, before) in self.sweeps() {
            let mut place = vec![0.0; self.column.len()];
            self.order.iter().for_each(|column| {
                column.iter().enumerate().for_each(|(row, vertex)| {
                    place[*vertex] = (row as f64 + 0.5) / column.len() as f64;
                });
            });
            let mean = |vertex: usize| {
                let places: Vec<f64> = self.beside(vertex, before).map(|other| place[other]).collect();
                if places.is_empty() { place[vertex] } else { places.iter().sum::<f64>() / places.len() as f64 }
            };
            let mut sorted: Vec<(f64, usize)> = self.order[at].iter().map(|vertex| (mean(*vertex), *vertex)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            self.order[at] = sorted.into_iter().map(|(_, vertex)| vertex).collect();
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.order.clone());
            }
        }
        self.order = best.1;
    }

    /// How many pairs of segments cross.
    fn crossings(&self) -> usize {
        let mut row = vec![0; self.column.len()];
        self.order.iter().for_each(|column| column.iter().enumerate().for_each(|(at, vertex)| row[*vertex] = at));
        let crosses = |a: &(usize, usize), b: &(usize, usize)| {
            (row[a.0] < row[b.0] && row[a.1] > row[b.1]) || (row[a.0] > row[b.0] && row[a.1] < row[b.1])
        };
        let among = |all: &Vec<(usize, usize)>| -> usize {
            all.iter().enumerate().map(|(at, a)| all[at + 1..].iter().filter(|b| crosses(a, b)).count()).sum()
        };
        self.segments.iter().map(among).sum()
    }

    /// By vertex: its middle from the top, given how high each is and how far they have to be from each other; and how high all is.
    pub(super) fn place(&self, heights: &[f64], gap: f64) -> (Vec<f64>, f64) {
        let mut middle = vec![0.0; heights.len()];
        for column in &self.order {
            let all = column.iter().map(|vertex| heights[*vertex] + gap).sum::<f64>();
            let mut top = -all / 2.0;
            for vertex in column {
                middle[*vertex] = top + (heights[*vertex] + gap) / 2.0;
                top += heights[*vertex] + gap;
            }
        }
        for (at, before) in self.sweeps() {
            let column = &self.order[at];
            let wanted = |vertex: &usize| {
                let places: Vec<f64> = self.beside(*vertex, before).map(|other| middle[other]).collect();
                if places.is_empty() { middle[*vertex] } else { places.iter().sum::<f64>() / places.len() as f64 }
            };
            let wanted: Vec<f64> = column.iter().map(wanted).collect();
            let sizes: Vec<f64> = column.iter().map(|vertex| heights[*vertex] + gap).collect();
            for (vertex, place) in column.iter().zip(apart(&wanted, &sizes)) {
                middle[*vertex] = place;
            }
        }
        let bound = |least: f64, vertex: usize| least.min(middle[vertex] - heights[vertex] / 2.0);
        let top = (0..middle.len()).fold(f64::INFINITY, bound);
        middle.iter_mut().for_each(|place| *place -= top);
        let bottom = middle.iter().zip(heights).map(|(place, height)| place + height / 2.0).fold(0.0, f64::max);
        (middle, bottom)
    }
}

/// The places nearest to those wanted at which things of these sizes do not overlap, in the given order (pool adjacent violators).
fn apart(wanted: &[f64], sizes: &[f64]) -> Vec<f64> {
    let mut offset = Vec::with_capacity(sizes.len());
    let mut before = 0.0;
    for size in sizes {
        offset.push(before + size / 2.0);
        before += size;
    }
    // Blocks that stand close together: the mean place of their beginning, and how many they are.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offset) {
        let mut block = (wanted - offset, 1);
        while let Some((place, many)) = blocks.last().copied().filter(|(place, _)| *place > block.0) {
            blocks.pop();
            let all = many + block.1;
            block = ((place * many as f64 + block.0 * block.1 as f64) / all as f64, all);
        }
        blocks.push(block);
    }
    let begins = blocks.into_iter().flat_map(|(place, many)| std::iter::repeat_n(place, many));
    begins.zip(&offset).map(|(begin, offset)| begin + offset).collect()
}

/// By node: the length of the longest way to it, without links that close a circle.
fn by_longest_path(nodes: usize, links: &[(usize, usize)]) -> Vec<usize> {
    let mut onward = vec![Vec::new(); nodes];
    links.iter().filter(|(from, to)| from != to).for_each(|(from, to)| onward[*from].push(*to));
    // Depth first: a link to a node that is still open closes a circle. Nodes are left in reverse topological order.
    let (mut state, mut left, mut closing) = (vec![0_u8; nodes], Vec::new(), Vec::new());
    for first in 0..nodes {
        if state[first] != 0 {
            continue;
        }
        let mut open = vec![(first, 0)];
        state[first] = 1;
        while let Some((node, next)) = open.last_mut() {
            let Some(&to) = onward[*node].get(*next) else {
                state[*node] = 2;
                left.push(*node);
                open.pop();
                continue;
            };
            *next += 1;
            match state[to] {
                0 => {
                    state[to] = 1;
                    open.push((to, 0));
                }
                1 => closing.push((*node, to)),
                _ => {}
            }
        }
    }
    let mut column = vec![0; nodes];
    for node in left.into_iter().rev() {
        for to in &onward[node] {
            if !closing.contains(&(node, *to)) {
                column[*to] = column[*to].max(column[node] + 1);
            }
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_on_stands_further_right() {
        let layers = Layers::new(4, None, &[(0, 1), (1, 2), (0, 2), (2, 3)]);
        assert_eq!(layers.column[..4], [0, 1, 2, 3]);
        assert_eq!(layers.via[2].len(), 1, "a link over a column bends in it");
        assert_eq!(layers.column[layers.via[2][0]], 1);
    }

    #[test]
    fn the_link_that_closes_a_circle_runs_back() {
        let layers = Layers::new(3, None, &[(0, 1), (1, 2), (2, 0)]);
        assert_eq!((layers.column, layers.back), (vec![0, 1, 2], vec![false, false, true]));
    }

    #[test]
    fn crossings_are_taken_out() {
        // a–d and b–c cross as they are given.
        let layers = Layers::new(4, Some(vec![0, 0, 1, 1]), &[(0, 3), (1, 2)]);
        assert_eq!(layers.crossings(), 0);
    }

    #[test]
    fn nothing_overlaps_and_what_can_stands_where_it_is_wanted() {
        assert_eq!(apart(&[5.0, 5.0], &[4.0, 4.0]), [3.0, 7.0]);
        assert_eq!(apart(&[0.0, 10.0], &[4.0, 4.0]), [0.0, 10.0]);
        let layers = Layers::new(3, Some(vec![0, 1, 1]), &[(0, 1), (0, 2)]);
        let (middle, high) = layers.place(&[10.0, 10.0, 10.0], 20.0);
        assert_eq!((middle, high), (vec![20.0, 5.0, 35.0], 40.0));
    }
}
