//! Who there is: agencies, people, what they are cleared for, and what agencies grant each other. Data, read from a file by others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{ActiveGrant, Clearance, Role};
use crate::model::{AgencyId, CaseId, Classification, Instant, SubjectName};

/// The directory as a deployment writes it (TOML).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directory {
    /// Agencies by id.
    #[serde(default)]
    pub agencies: BTreeMap<AgencyId, Agency>,
    /// People and services by the `sub` of their tokens.
    #[serde(default)]
    pub subjects: BTreeMap<SubjectName, Person>,
    /// What agencies have granted each other.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Datasets that may be loaded, by name.
    #[serde(default)]
    pub datasets: BTreeMap<String, Dataset>,
}

/// A member agency.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agency {
    /// Its name.
    pub name: String,
    /// Its country, ISO 3166-1 alpha-2 in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What each of its members is cleared for: the clearance by which the report of a load is made.
    #[serde(default = "restricted")]
    pub baseline: Classification,
}

fn restricted() -> Classification {
    Classification::Restricted
}

/// Someone who signs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// For people to read.
    #[serde(default)]
    pub name: String,
    /// Whom they work for; a token that says otherwise is refused.
    pub agency: AgencyId,
    /// The most that a token of theirs may claim.
    pub roles: BTreeSet<Role>,
    /// Up to which classification.
    pub clearance: Classification,
    /// On which cases.
    #[serde(default)]
    pub cases: BTreeSet<CaseId>,
}

/// One agency's leave to another to see its AMBER claims.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Whose claims.
    pub from: AgencyId,
    /// Who may see them.
    pub to: AgencyId,
    /// Only claims on one of these cases; left out: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<BTreeSet<CaseId>>,
    /// The first instant at which it no longer holds; left out: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// A dataset: whose it is and who may load it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// The one agency whose claims it holds.
    pub originator: AgencyId,
    /// Who may load it.
    #[serde(default)]
    pub loaders: BTreeSet<SubjectName>,
    /// The secret domain in which natural keys become ids; agencies that share one get the same ids. Left out: the dataset's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_domain: Option<String>,
}

/// Where the current directory comes from.
pub trait DirectorySource: Send + Sync + 'static {
    /// The directory as it stands.
    fn current(&self) -> Arc<Directory>;
}

impl DirectorySource for Arc<Directory> {
    fn current(&self) -> Arc<Directory> {
        Self::clone(self)
    }
}

impl Directory {
    /// What is wrong with it, in words: names that refer to nothing. Empty when it is sound.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut agency = |place: String, id: &AgencyId| {
            if !self.agencies.contains_key(id) {
                faults.push(format!("{place} names the agency `{id}`, which is not in [agencies]"));
            }
        };
        for (name, person) in &self.subjects {
            agency(format!("subjects.\"{name}\""), &person.agency);
        }
        for (at, grant) in self.grants.iter().enumerate() {
            agency(format!("grants[{at}].from"), &grant.from);
            agency(format!("grants[{at}].to"), &grant.to);
        }
        for (name, dataset) in &self.datasets {
            agency(format!("datasets.{name}"), &dataset.originator);
        }
        for (name, dataset) in &self.datasets {
            for loader in &dataset.loaders {
                match self.subjects.get(loader) {
                    None => {
                        faults.push(format!("datasets.{name} names the loader `{loader}`, who is not in [subjects]"))
                    }
                    Some(person) if person.agency != dataset.originator => {
                        faults.push(format!(
                            "datasets.{name}: `{loader}` is not of the originator, `{}`",
                            dataset.originator
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        faults
    }

    /// What a subject is cleared for at an instant; `None` when the directory does not know the subject as one of that agency.
    pub fn clearance(&self, subject: &SubjectName, agency: &AgencyId, now: Instant) -> Option<Clearance> {
        let person = self.subjects.get(subject).filter(|person| person.agency == *agency)?;
        Some(Clearance {
            subject: subject.clone(),
            agency: agency.clone(),
            level: person.clearance,
            cases: person.cases.clone(),
            grants: self.active_grants(agency, now),
        })
    }

    /// What any member of an agency may see: its baseline clearance, on no case, with no RED claims.
    ///
    /// `subject` only stands in the clearance's place for a name; nothing is RED for it unless it is a named recipient.
    pub fn baseline(&self, agency: &AgencyId, subject: SubjectName, now: Instant) -> Option<Clearance> {
        let level = self.agencies.get(agency)?.baseline;
        let grants = self.active_grants(agency, now);
        Some(Clearance { subject, agency: agency.clone(), level, cases: BTreeSet::new(), grants })
    }

    fn active_grants(&self, agency: &AgencyId, now: Instant) -> BTreeSet<ActiveGrant> {
        self.grants
            .iter()
            .filter(|grant| grant.to == *agency && grant.until.is_none_or(|until| now < until))
            .map(|grant| ActiveGrant { from: grant.from.clone(), cases: grant.cases.clone() })
            .collect()
    }
}
