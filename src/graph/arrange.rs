//! What follows from the rows of a base: claims by entity and by triple, arcs by source and by target, triples by id.
//!
//! Rows stay where they are; only their places are sorted. The work for large graphs is shared by two threads, and no result
//! depends on how.

use std::thread;

use super::columns::Columns;
use super::csr::{Base, Gone, LOOK, NONE, RawArc, Rows};
use super::ids::index;
use super::sparse::Sparse;

/// From how many claims on a second thread pays.
const LARGE: usize = 1 << 16;

/// Claims of one subject, linked; and those that came again later.
#[derive(Debug, Default)]
struct Links {
    /// A claim and the next one.
    next: Vec<(u32, u32)>,
    gone: Vec<u32>,
}

impl Base {
    /// Works out what follows from the rows. Of a claim that came twice the first is answered as gone; then it is to be done again
    /// without these.
    pub(super) fn arrange(&mut self) -> Gone {
        let on_entities = self.arrange_entities();
        let on_triples = self.arrange_triples();
        Gone { on_entities: on_entities.into_iter().collect(), on_triples: on_triples.into_iter().collect() }
    }

    fn arrange_entities(&mut self) -> Vec<u32> {
        let mut links = Links::default();
        let mut bounds = begins(self.nodes(), self.owners.iter());
        let mut order = vec![0; self.owners.len()];
        for (claim, owner) in self.owners.iter().enumerate() {
            let at = &mut bounds[owner as usize + 1];
            order[*at as usize] = index(claim);
            *at += 1;
        }
        let claims = &self.entity_claims;
        let subjects = bounds.windows(2).map(|ends| match &mut order[ends[0] as usize..ends[1] as usize] {
            [] => (NONE, LOOK),
            [only] => (*only, mark(claims, *only)),
            several => (links.link(claims, several), LOOK),
        });
        (self.first, self.entity_marks) = subjects.unzip();
        self.entity_next = links.next();
        links.gone
    }

    fn arrange_triples(&mut self) -> Vec<u32> {
        let mut starts = begins(self.nodes(), self.ends.iter().map(|(source, _)| source));
        let mut arcs = vec![(0, 0, 0); self.ends.len()];
        let large = arcs.len() >= LARGE;
        // Two parts of about as many arcs each; the whole in one when that is small.
        let most = if large { arcs.len() / 2 } else { arcs.len() + 1 };
        let middle = starts[1..].partition_point(|start| (*start as usize) < most);
        let split = starts.get(middle + 1).map_or(arcs.len(), |start| *start as usize);
        let (lower, upper) = starts[1..].split_at_mut(middle);
        let (below, above) = arcs.split_at_mut(split);
        let lower = Part { base: self, source: 0, offset: 0, bounds: lower, arcs: below };
        let upper = Part { base: self, source: index(middle), offset: index(split), bounds: upper, arcs: above };
        let ((kept, mut links), (more, others)) = both(large, || lower.fill(), || upper.fill());
        arcs.copy_within(split..split + more, kept);
        arcs.truncate(kept + more);
        starts[middle + 1..].iter_mut().for_each(|bound| *bound -= index(split - kept));
        links.next.extend(others.next);
        links.gone.extend(others.gone);
        if !links.gone.is_empty() {
            return links.gone;
        }
        self.out = Rows { starts, arcs };
        self.next = links.next();
        let mut follows = vec![false; if self.next.is_empty() { 0 } else { self.claims.len() }];
        self.next.values().iter().for_each(|claim| follows[claim as usize] = true);
        let is_triple = |claim: u32| follows.get(claim as usize) != Some(&true);
        let (into, places) = both(large, || self.mirrored(), || self.names.places(is_triple));
        self.into = into;
        self.names.set_places(places);
        Vec::new()
    }

    /// The arcs by target: in the order of (source, relationship id), since they come so.
    fn mirrored(&self) -> Rows {
        let mut starts = begins(self.nodes(), self.out.arcs.iter().map(|arc| arc.0));
        let mut arcs = vec![(0, 0, 0); self.out.arcs.len()];
        for (source, (target, triple, mark)) in self.out.iter() {
            let at = &mut starts[target as usize + 1];
            arcs[*at as usize] = (source, triple, mark);
            *at += 1;
        }
        Rows { starts, arcs }
    }
}

/// The rows of some neighbouring sources, which are to be filled.
struct Part<'a> {
    base: &'a Base,
    /// The first source.
    source: u32,
    /// How many arcs the sources before it have.
    offset: u32,
    /// Where each source's row begins; where it ends once it is filled.
    bounds: &'a mut [u32],
    arcs: &'a mut [RawArc],
}

impl Part<'_> {
    /// Fills the rows; answers how many triples they have, and the links of the claims on these.
    fn fill(self) -> (usize, Links) {
        let Self { base, source: first, offset, bounds, arcs } = self;
        for (claim, (source, target)) in base.ends.iter().enumerate() {
            if let Some(at) = bounds.get_mut(source.wrapping_sub(first) as usize) {
                let claim = index(claim);
                arcs[(*at - offset) as usize] = (target, claim, mark(&base.claims, claim));
                *at += 1;
            }
        }
        let (mut read, mut kept, mut links) = (0, 0, Links::default());
        for bound in bounds {
            let end = (*bound - offset) as usize;
            arcs[read..end].sort_unstable_by_key(|(target, claim, _)| u64::from(*target) << 32 | u64::from(*claim));
            while read < end {
                let target = arcs[read].0;
                let parallel = arcs[read..end].iter().take_while(|arc| arc.0 == target).count();
                if parallel == 1 {
                    arcs[kept] = arcs[read];
                    kept += 1;
                } else {
                    for triple in triples(base, &arcs[read..read + parallel], &mut links) {
                        arcs[kept] = triple;
                        kept += 1;
                    }
                }
                read += parallel;
            }
            *bound = offset + index(kept);
        }
        (kept, links)
    }
}

/// The triples of the claims between the same two entities, by relationship id.
fn triples(base: &Base, claims: &[RawArc], links: &mut Links) -> Vec<RawArc> {
    let target = claims[0].0;
    let mut named: Vec<(String, u32)> = claims.iter().map(|(_, claim, _)| (base.names.get(*claim), *claim)).collect();
    named.sort_unstable();
    let triple = |claims: &[(String, u32)]| match claims {
        [(_, only)] => (target, *only, mark(&base.claims, *only)),
        several => {
            let mut places: Vec<u32> = several.iter().map(|(_, claim)| *claim).collect();
            (target, links.link(&base.claims, &mut places), LOOK)
        }
    };
    named.chunk_by(|(a, _), (b, _)| a == b).map(triple).collect()
}

impl Links {
    /// Links the claims of one subject in the order of their ids; answers the first. Of a claim that came twice only the last counts.
    fn link(&mut self, claims: &Columns, places: &mut [u32]) -> u32 {
        let id = |place: u32| claims.ids.get(place as usize);
        places.sort_unstable_by_key(|place| (id(*place), *place));
        let mut after: Option<u32> = None;
        for &mut place in places.iter_mut().rev() {
            match after {
                Some(next) if id(next) == id(place) => self.gone.push(place),
                _ => {
                    self.next.extend(after.map(|next| (place, next)));
                    after = Some(place);
                }
            }
        }
        after.unwrap_or(NONE)
    }

    fn next(&mut self) -> Sparse<u32> {
        self.next.sort_unstable();
        let mut next = Sparse::default();
        self.next.drain(..).for_each(|(place, after)| next.put(place as usize, after));
        next.seal();
        next
    }
}

/// The class of a subject's only claim if a view that looks at now, without a window, may decide by it alone.
#[inline]
fn mark(claims: &Columns, claim: u32) -> u32 {
    if claims.is_plain(claim) { claims.classes.get(claim as usize) } else { LOOK }
}

/// A 0, then where the part of each owner begins in a list sorted by owner. Once the parts are filled, and each begin moved to the
/// end, these are the bounds of all.
fn begins(owners: u32, parts: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut begins = vec![0; owners as usize + 2];
    for owner in parts {
        begins[owner as usize + 2] += 1;
    }
    for at in 2..begins.len() {
        begins[at] += begins[at - 1];
    }
    begins.pop();
    begins
}

/// Does two things, at the same time if they are large.
fn both<A: Send, B>(large: bool, one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if !large {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}
