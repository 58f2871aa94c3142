//! Who may belong together without a relationship that says so: pairs that share addresses, phones, vehicles, accounts, or whose
//! neighbours suggest it.

mod pairs;
mod request;
mod rows;

use std::collections::BTreeSet;

use super::paths::{hubs, known};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason};
use crate::graph::algo::Parts;
use crate::graph::{Budget, Direction, GraphView, NodeIx};
use crate::model::{EntityId, Fault, KindName};

use pairs::Finder;
pub use request::{
    HiddenLink, HiddenLinkMethod, HiddenLinkScore, HiddenLinkShared, HiddenLinkWay, HiddenLinksRequest,
    HiddenLinksResult, SharedPopulation,
};

/// Kinds that several people have to do with because they have to do with each other: what `attributes` is when it is left out.
const ATTRIBUTES: [&str; 11] = [
    "Address",
    "BankAccount",
    "CryptoWallet",
    "Device",
    "Document",
    "Identification",
    "Phone",
    "RealEstate",
    "Security",
    "UserAccount",
    "Vehicle",
];
/// Between whom links are looked for: what `candidates` is when it is left out.
const CANDIDATES: [&str; 1] = ["LegalEntity"];
/// The most kinds that a list may name.
const MAX_KINDS: usize = 100;
/// The most pairs that can be asked for; a role may allow fewer.
const MAX_TOP: u32 = 1_000;

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct HiddenLinks;

impl Analysis for HiddenLinks {
    const NAME: &'static str = "hidden-links";
    const SUMMARY: &'static str =
        "Find pairs that share what few have, or whose neighbours suggest a link, with significance";
    const EXAMPLE: &'static [&'static str] = &["p-0011"];
    type Params = HiddenLinksRequest;
    type Output = HiddenLinksResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = Vec::new();
        let methods: BTreeSet<HiddenLinkMethod> = params.methods.iter().copied().collect();
        if params.methods.is_empty() || methods.len() < params.methods.len() {
            faults.push(Fault::new("/methods", "value-count", "1 to 4 methods, each once"));
        }
        if !(1..=MAX_TOP).contains(&params.top) {
            faults.push(Fault::new("/top", "out-of-range", format!("1 to {MAX_TOP} pairs")));
        }
        for (pointer, kinds) in [("/attributes", &params.attributes), ("/candidates", &params.candidates)] {
            if kinds.as_ref().is_some_and(|kinds| kinds.is_empty() || kinds.len() > MAX_KINDS) {
                let detail = format!("1 to {MAX_KINDS} kinds; for the default, leave the field out");
                faults.push(Fault::new(pointer, "value-count", detail));
            }
        }
        if params.max_q_value.is_some_and(|q| !(0.0..=1.0).contains(&q)) {
            faults.push(Fault::new("/max_q_value", "out-of-range", "a q-value lies between 0 and 1"));
        }
        let first = params.methods.first().copied();
        if params.max_q_value.is_some() && first != Some(HiddenLinkMethod::SharedAttributes) {
            let detail = "only `shared_attributes`, as the first method, has q-values";
            faults.push(Fault::new("/max_q_value", "no-q-value", detail));
        }
        if params.across_agencies && first == Some(HiddenLinkMethod::L3) {
            let detail = "pairs that `l3` finds share nothing that two agencies could each know a side of";
            faults.push(Fault::new("/across_agencies", "no-shared-entities", detail));
        }
        if params.frame.direction.is_some_and(|direction| direction != Direction::Both) {
            let detail = "a pair has no direction: leave it out, or `both`";
            faults.push(Fault::new("/frame/direction", "no-direction", detail));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        HiddenLinksRequest {
            entity: Some(pick()),
            attributes: None,
            candidates: None,
            methods: vec![HiddenLinkMethod::SharedAttributes],
            max_q_value: None,
            only_hidden: false,
            across_agencies: false,
            top: 100,
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let entity = match &params.entity {
            Some(id) => Some(known(view, [("/entity", id)])?[0]),
            None => None,
        };
        let (attributes, any) = parts(view, &params, entity)?;
        if caps.max_hops < params.methods.iter().map(|method| method.hops()).max().unwrap_or(0) {
            let truncated = Some(Truncated::by(TruncatedReason::MaxHops));
            return Ok(Finding { truncated, ..Finding::whole(HiddenLinksResult::default(), Evidence::default()) });
        }
        let mut finder = Finder::new(view, [&attributes, &any], &params.methods, budget);
        finder.find(entity).map_err(AnalysisError::stopped)?;
        let mut evidence = Evidence::default();
        let most = params.top.min(caps.max_results) as usize;
        let pairs = finder.rows(&params, most, &mut evidence).map_err(AnalysisError::stopped)?;
        let cut = most < params.top as usize && pairs.len() == most && finder.pairs.len() > most;
        let truncated = match () {
            () if finder.spent => Some(TruncatedReason::MaxVisited),
            () if finder.full => Some(TruncatedReason::MaxCandidates),
            () if cut => Some(TruncatedReason::MaxResults),
            () => None,
        };
        let mut met: Vec<NodeIx> = finder.hubs().into_iter().collect();
        met.sort_by_key(|&hub| view.rank(hub));
        let mut left_out = hubs(view, &met, &mut evidence);
        left_out.protected = finder.protected.len() as u64;
        let result = HiddenLinksResult { pairs_found: finder.pairs.len() as u64, populations: finder.told(), pairs };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

/// Who plays which part: by the attributes, and by whatever connects.
fn parts(
    view: &GraphView<'_>,
    params: &HiddenLinksRequest,
    entity: Option<NodeIx>,
) -> Result<(Parts, Parts), AnalysisError> {
    let mut faults = Vec::new();
    for (pointer, kinds) in [("/attributes", &params.attributes), ("/candidates", &params.candidates)] {
        for (at, kind) in kinds.iter().flatten().enumerate() {
            if view.ontology().entity(kind).is_none() {
                let detail = format!("the ontology has no entity kind `{kind}`; see GET /v1/ontology");
                faults.push(Fault::new(format!("{pointer}/{at}"), "unknown-kind", detail));
            }
        }
    }
    let below = |names: &[&str]| -> BTreeSet<KindName> {
        let ontology = view.ontology();
        let groups = names.iter().filter_map(|name| KindName::new(name).ok());
        let groups: Vec<KindName> = groups.collect();
        let of = |kind: &&KindName| groups.iter().any(|group| ontology.is_a(kind, group));
        ontology.entity_kinds.keys().filter(of).cloned().collect()
    };
    let named = |kinds: &Vec<KindName>| below(&kinds.iter().map(KindName::as_str).collect::<Vec<_>>());
    let mut candidates = params.candidates.as_ref().map_or_else(|| below(&CANDIDATES), named);
    let kind = entity.and_then(|node| view.kind(node));
    if let Some(kind) = kind.filter(|kind| !candidates.contains(*kind)) {
        if params.candidates.is_some() {
            let detail = format!("it is of kind `{kind}`, which `candidates` does not name");
            faults.push(Fault::new("/entity", "no-candidate", detail));
        }
        candidates.insert(kind.clone());
    }
    if !faults.is_empty() {
        return Err(AnalysisError::Faults(faults));
    }
    let wanted = params.attributes.as_ref().map(named);
    let attributes = wanted.clone().unwrap_or_else(|| below(&ATTRIBUTES));
    let any = Parts { candidates: candidates.clone(), connectors: wanted };
    Ok((Parts { candidates, connectors: Some(attributes) }, any))
}
