//! What is asked about all flows at once, and how it is answered.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Frame;
use crate::analysis::paths::distinct;
use crate::model::{Currency, Decimal, EntityId, Fault, FlowLayer, RelationshipKey};

/// The most members that a set can have.
const MAX_MEMBERS: usize = 1_000;
/// The longest dwell that can be asked for: a century, in seconds.
const MAX_DWELL: u64 = 3_155_760_000;
/// The most that the removal of a member can cost.
const MAX_COST: i64 = 1_000_000_000;
/// The most brokers that can be listed.
const MAX_TOP: u32 = 1_000;

/// The four flows of a set of entities side by side: what comes to each member, leaves it, goes through it and stays; who sits in more than one
/// flow; and which flow costs least to cut.
///
/// Flows run along relationships as the ontology says. Money, goods and information count at the instant of a relationship or the beginning of
/// its period; what has no time, no amount or no quantity is left out and counted. Risk needs no time. What runs within one member, between
/// what it holds, is no flow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowOverviewRequest {
    /// The set, an enterprise say; each member once.
    #[schema(min_items = 1, max_items = 1000)]
    pub entities: Vec<EntityId>,
    /// Whether members stand for what they hold or use too: accounts, phones, devices, user accounts and vehicles, by `AccountHolder`,
    /// `UsesPhone`, `UsesDevice`, `UsesAccount` and `Operates`. What several members hold counts for each of them; hubs among it are not
    /// gone through (`left_out.hubs`).
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub through_holders: bool,
    /// What goes out at most so many seconds after it came in went `through`; a contact passes on what was heard so long before.
    #[serde(default = "month")]
    #[schema(minimum = 0, maximum = 3155760000u64, default = 2592000)]
    pub max_dwell_seconds: u64,
    /// What it costs to take a member out, 0 to 1000000000; 1 for those that are not named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"p-0001": 5}))]
    pub costs: BTreeMap<EntityId, i64>,
    /// Members that cannot be taken out, besides protected people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub forbidden: Vec<EntityId>,
    /// How many joint brokers are listed at most.
    #[serde(default = "ten")]
    #[schema(minimum = 0, maximum = 1000, default = 10)]
    pub top: u32,
    /// What of the graph is looked at. Flows run as the ontology says: a `direction` is refused.
    #[serde(default)]
    pub frame: Frame,
}

const fn yes() -> bool {
    true
}

pub(super) const fn month() -> u64 {
    2_592_000
}

pub(super) const fn ten() -> u32 {
    10
}

impl FlowOverviewRequest {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = distinct(&self.entities, 1..=MAX_MEMBERS);
        let members: BTreeSet<&EntityId> = self.entities.iter().collect();
        for (member, cost) in &self.costs {
            let pointer = format!("/costs/{member}");
            if !(0..=MAX_COST).contains(cost) {
                faults.push(Fault::new(pointer, "out-of-range", format!("0 to {MAX_COST}")));
            } else if !members.contains(member) {
                faults.push(not_a_member(pointer, member));
            }
        }
        if self.forbidden.len() > MAX_MEMBERS {
            faults.push(Fault::new("/forbidden", "too-many", format!("at most {MAX_MEMBERS} members")));
        }
        for (at, member) in self.forbidden.iter().enumerate().filter(|(_, member)| !members.contains(member)) {
            faults.push(not_a_member(format!("/forbidden/{at}"), member));
        }
        if self.max_dwell_seconds > MAX_DWELL {
            faults.push(Fault::new("/max_dwell_seconds", "out-of-range", format!("0 to {MAX_DWELL} seconds")));
        }
        if self.top > MAX_TOP {
            faults.push(Fault::new("/top", "out-of-range", format!("0 to {MAX_TOP} brokers")));
        }
        faults
    }
}

fn not_a_member(pointer: String, member: &EntityId) -> Fault {
    Fault::new(pointer, "not-a-member", format!("`{member}` is none of the `entities`"))
}

/// What of one currency comes to a member, leaves it and stays, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowOverviewMoney {
    /// The currency.
    pub currency: Currency,
    /// What came in.
    #[serde(rename = "in")]
    pub into: i64,
    /// What went out.
    pub out: i64,
    /// What of that had come in at most `max_dwell_seconds` before, first in, first out; what is `unexplained` goes out first.
    pub through: i64,
    /// What is held in the end.
    pub held: i64,
    /// The least that must have been there before for all to be paid.
    pub unexplained: i64,
    /// How many transfers came in or went out.
    pub transfers: u64,
    /// With how many others.
    pub counterparties: u64,
}

/// What of one unit comes to a member, leaves it and stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowOverviewProduct {
    /// The unit of all quantities.
    pub unit: String,
    /// What came in.
    #[serde(rename = "in")]
    #[schema(value_type = f64)]
    pub into: Decimal,
    /// What went out.
    #[schema(value_type = f64)]
    pub out: Decimal,
    /// What of that had come in at most `max_dwell_seconds` before, first in, first out.
    #[schema(value_type = f64)]
    pub through: Decimal,
    /// What of it was lost, to a seizure say: that is neither `out` nor `through`.
    #[schema(value_type = f64)]
    pub lost: Decimal,
    /// What is there in the end, as far as anybody saw it leave.
    #[schema(value_type = f64)]
    pub held: Decimal,
    /// The least that must have been there before for all to leave: it was made there, or nobody saw it come.
    #[schema(value_type = f64)]
    pub unexplained: Decimal,
    /// How many consignments came in or went out.
    pub transfers: u64,
    /// With how many others.
    pub counterparties: u64,
}

/// What a member hears and tells. Knowledge is copied: nothing of it is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowOverviewInformation {
    /// By how many contacts it could have learnt something.
    #[serde(rename = "in")]
    pub into: u64,
    /// By how many it could have told something.
    pub out: u64,
    /// How many of these came at most `max_dwell_seconds` after, and strictly after, one by which it could have learnt something.
    pub through: u64,
    /// With how many others.
    pub counterparties: u64,
}

/// The risk that a member is exposed to, and passes on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewRisk {
    /// The sum of the chances with which relationships bring risk to it: how many of them would, did all others carry risk.
    #[serde(rename = "in")]
    pub into: f64,
    /// The sum of the chances with which relationships take risk on from it.
    pub out: f64,
    /// How many would take it on, did all others carry risk: `held` times `out`.
    pub through: f64,
    /// The chance that it would have any then: 1 − Π (1 − chance) over the relationships that bring it.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub held: f64,
    /// How many relationships bring or take it.
    pub relationships: u64,
    /// With how many others.
    pub counterparties: u64,
}

/// The four flows of one party.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewFlows {
    /// Goods and people, by unit.
    pub product: Vec<FlowOverviewProduct>,
    /// Money, by currency.
    pub money: Vec<FlowOverviewMoney>,
    /// Knowledge; left out where there is no contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub information: Option<FlowOverviewInformation>,
    /// Risk; left out where there is no relationship that passes it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub risk: Option<FlowOverviewRisk>,
}

/// One member's row of the matrix.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewRow {
    /// The member.
    pub entity: EntityId,
    /// By which it holds or uses what it stands for. At most `limits.max_results`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holdings: Vec<RelationshipKey>,
    /// Its flows.
    pub flows: FlowOverviewFlows,
}

/// How much of a flow goes through a member.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewShare {
    /// Which flow.
    pub layer: FlowLayer,
    /// Its part of all that goes `through` members; of several currencies or units, where it has the largest part.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub share: f64,
}

/// A member through which more than one of product, money and information goes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewBroker {
    /// The member.
    pub entity: EntityId,
    /// Its place in the list, from 1.
    pub rank: u32,
    /// Its flows.
    pub layers: Vec<FlowOverviewShare>,
    /// The sum of its shares.
    pub score: f64,
}

/// What it takes to stop one flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FlowOverviewCut {
    /// Which flow.
    pub layer: FlowLayer,
    /// By how many members it comes into the set; where it comes from nowhere else, how many give of it and get nothing.
    pub entries: u64,
    /// By how many it leaves the set; where it goes nowhere else, how many get of it and give nothing.
    pub exits: u64,
    /// Whether it goes from any of the former to any of the latter, through members alone.
    pub passes: bool,
    /// What it costs at least to take out members so that it no longer does; left out where no set would do, since some cannot be taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cost: Option<i64>,
    /// These members, in the order of their ids; of equally cheap sets that nearest to where it comes in. At most `limits.max_results`.
    pub entities: Vec<EntityId>,
}

/// The four flows of a set of entities.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct FlowOverviewResult {
    /// The members, in the order of their ids, without protected people. At most `limits.max_results`. Where `limits.max_visited` is spent,
    /// those for whose relationships it reaches, one after another, and neither `together` nor `brokers` nor `cuts`.
    pub entities: Vec<FlowOverviewRow>,
    /// All members as one party, those not listed included: what runs between them is no flow then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub together: Option<FlowOverviewFlows>,
    /// The joint brokers: those with most flows first, then by score, then by id. Risk does not count: it runs along nearly every relationship.
    pub brokers: Vec<FlowOverviewBroker>,
    /// For each flow what it takes to stop it from going through the set, whatever the order in time (so exactly the least).
    pub cuts: Vec<FlowOverviewCut>,
    /// The flow that costs least to stop, of those that pass; of equals the first of product, money, information and risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cheapest: Option<FlowLayer>,
    /// The relationships along which product, money and information run to or from members, flow by flow in the order of time, then of ids;
    /// then those that pass risk on, in the order of ids. Each once, without those of protected people. At most `limits.max_results`.
    pub relationships: Vec<RelationshipKey>,
}
