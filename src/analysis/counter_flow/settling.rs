//! Which payments settle which deliveries: numbers, moments and who can be meant; nothing of views.

/// A payment that fits a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fit {
    /// How far apart they are in time, in microseconds.
    pub(super) apart: u64,
    /// Numbers, in the order of time and ids.
    pub(super) delivery: u32,
    pub(super) payment: u32,
}

/// A delivery with its payment, and what joined them. Each list begins with these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settlement {
    pub(super) deliveries: Vec<u32>,
    pub(super) payments: Vec<u32>,
}

/// Settlements in the order of their first deliveries, of fits in order.
///
/// The nearest pair is taken first, each delivery and each payment once. So of all that fits what is left over, everything was taken: it
/// joins the nearest settlement whose first delivery (payment) it fits.
pub(super) fn settle(fits: Vec<Fit>, (deliveries, payments): (usize, usize)) -> Vec<Settlement> {
    let (mut paid, mut spent) = (vec![None; deliveries], vec![None; payments]);
    let mut settled = Vec::new();
    for fit in &fits {
        let (delivery, payment) = (fit.delivery as usize, fit.payment as usize);
        if paid[delivery].is_none() && spent[payment].is_none() {
            paid[delivery] = Some(settled.len());
            spent[payment] = Some(settled.len());
            settled.push(Settlement { deliveries: vec![fit.delivery], payments: vec![fit.payment] });
        }
    }
    let (mut joined, mut covered) = (spent.clone(), paid.clone());
    for fit in fits {
        let (delivery, payment) = (fit.delivery as usize, fit.payment as usize);
        if let (Some(at), None) = (paid[delivery], joined[payment]) {
            joined[payment] = Some(at);
            settled[at].payments.push(fit.payment);
        } else if let (Some(at), None) = (spent[payment], covered[delivery]) {
            covered[delivery] = Some(at);
            settled[at].deliveries.push(fit.delivery);
        }
    }
    settled.sort_by_key(|settlement| settlement.deliveries[0]);
    settled
}
