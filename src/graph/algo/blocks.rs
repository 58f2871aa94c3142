//! Sums over many parts of the work, added up in one order however many are worked on at a time: so that no result depends on the
//! number of threads, and no more memory is taken than the threads need.

use rayon::prelude::*;

use crate::graph::Halt;

/// Works out so many parts and adds each in their order.
pub(super) fn in_order<T: Send>(
    parts: usize,
    work: impl Fn(usize) -> Result<T, Halt> + Sync,
    mut add: impl FnMut(T),
) -> Result<(), Halt> {
    let at_once = rayon::current_num_threads().max(1);
    for first in (0..parts).step_by(at_once) {
        let done: Result<Vec<T>, Halt> =
            (first..parts.min(first + at_once)).into_par_iter().with_max_len(1).map(&work).collect();
        done?.into_iter().for_each(&mut add);
    }
    Ok(())
}

/// Adds up two lists, place by place.
pub(super) fn add(sums: &mut [f64], more: &[f64]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}
