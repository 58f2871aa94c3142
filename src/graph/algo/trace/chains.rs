//! How it came to where it is: for each account the chain of entries that could have brought the most.

use super::{OUTSIDE, Traced, Tracing};

/// The widest chain into each account: what is tainted in its narrowest entry. One pass over what moved.
#[derive(Debug)]
pub struct Chains {
    /// Of each entry that moved: the one before it in its widest chain, how wide that is, and how many entries it has.
    links: Vec<Link>,
    /// Of each account: the last entry of its widest chain.
    last: Vec<Option<u32>>,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    before: Option<u32>,
    width: i64,
    long: u32,
}

impl Chains {
    /// Of what one rule says.
    pub fn new(tracing: &Tracing<'_>, traced: &Traced) -> Self {
        let mut ways = Self { links: Vec::with_capacity(traced.moved.len()), last: vec![None; tracing.accounts] };
        for group in traced.moved.chunk_by(|one, other| one.group == other.group) {
            let first = ways.links.len();
            for moved in group {
                let entry = &tracing.ledger.entries[moved.entry as usize];
                let payer = if tracing.backward { entry.to } else { entry.from };
                let whole = tracing.whole.get(payer as usize) == Some(&true);
                let begins = payer == OUTSIDE || tracing.seed == Some(moved.entry) || whole;
                let before = if begins { None } else { ways.last[payer as usize] };
                let link = before.map(|before| ways.links[before as usize]);
                ways.links.push(Link {
                    before,
                    width: link.map_or(moved.much, |link| link.width.min(moved.much)),
                    long: link.map_or(1, |link| link.long + 1),
                });
            }
            for (number, moved) in (first..).zip(group) {
                let account = tracing.receiver(moved.entry);
                if account == OUTSIDE {
                    continue;
                }
                let known = ways.last[account as usize].map(|known| ways.links[known as usize]);
                let link = ways.links[number];
                // The first of those that are as wide and as long.
                if known.is_none_or(|known| (link.width, known.long) > (known.width, link.long)) {
                    ways.last[account as usize] = Some(number as u32);
                }
            }
        }
        ways
    }

    /// How wide the chain into an account is, and what moved along it, as numbers in `moved` in the order of the pass. Nothing for an
    /// account that nothing reached.
    pub fn into(&self, account: u32) -> Option<(i64, Vec<u32>)> {
        let last = self.last[account as usize]?;
        let before = |number: &u32| self.links[*number as usize].before;
        let mut chain: Vec<u32> = std::iter::successors(Some(last), before).collect();
        chain.reverse();
        Some((self.links[last as usize].width, chain))
    }
}
