//! The contract of [`GraphStore`]: one list of cases, run on every store.
//!
//! A store joins by a [`Harness`] and one line at the end of this file.

mod embedded;
mod loads;
pub(crate) mod neo4j;
mod oracle;
mod protection;
mod random;
mod reads;
mod search;
mod shared_reads;
mod writes;

use async_trait::async_trait;
use linchpin::model::{AssertionId, EntityId, Fault, RelationshipId};
use linchpin::store::{GraphStore, StoreError};

/// A store under test.
#[async_trait]
pub(crate) trait Harness: Sized + Send {
    /// How many random histories are tried.
    const HISTORIES: u32;

    /// A fresh, empty store; `None` where there is no database to test with (said aloud).
    async fn fresh() -> Option<Self>;

    /// The store.
    fn store(&self) -> &dyn GraphStore;

    /// Closes the store and opens it again over the same data.
    async fn reopen(&mut self);
}

fn entity_id(id: &str) -> EntityId {
    EntityId::new(id).expect("an entity id")
}

fn relationship_id(id: &str) -> RelationshipId {
    RelationshipId::new(id).expect("a relationship id")
}

fn id(number: u128) -> AssertionId {
    AssertionId::from_u128(number)
}

/// Places and codes of what was refused.
fn refusals<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Vec<(usize, &'static str)> {
    match result {
        Err(StoreError::Refused(refusals)) => {
            refusals.into_iter().map(|refusal| (refusal.index, refusal.fault.code)).collect()
        }
        other => panic!("not refused: {other:?}"),
    }
}

fn code(fault: &Fault) -> &'static str {
    fault.code
}

/// Every case, on one store.
macro_rules! contract {
    ($module:ident, $harness:ty) => {
        contract!(@cases $module, $harness,
            writes: a_batch_is_atomic, per_item_writes_the_others, an_empty_batch_makes_no_revision,
                instants_increase_though_the_clock_goes_back, a_key_replays_its_answer, an_id_is_given_once,
                both_ends_must_be_visible, ends_may_come_in_the_same_batch, ends_must_be_of_allowed_kinds,
                a_superseded_claim_stays_in_the_past, a_withdrawn_claim_is_its_originators_alone,
                only_the_originator_retracts, a_claim_is_retracted_once, a_marking_is_raised_in_one_batch,
                the_originator_is_the_writers_agency, what_is_written_survives_reopening,
                a_cancelled_write_leaves_nothing_open, no_reader_sees_half_a_batch;
            loads: a_line_loaded_again_is_nothing_new, other_content_supersedes, what_was_withdrawn_never_comes_back,
                a_source_key_is_used_once_in_a_batch, a_load_writes_into_its_dataset_alone,
                a_load_is_recorded_listed_and_taken_back, dangling_ends_are_told;
            protection: must_be_as_visible_as_the_other_claims, must_cover_what_comes_later, must_last_as_long,
                a_bare_claim_covers_a_narrower_one, may_be_narrowed_when_the_rest_is, is_judged_by_what_the_writer_sees;
            reads: every_read_is_filtered_by_marking, from_its_retain_day_on_nobody_sees_a_claim,
                a_relationship_needs_both_ends, a_relationship_needs_its_ends_at_that_moment,
                pages_are_stable_and_whole, incident_claims_are_filtered, hidden_rows_do_not_shorten_a_page,
                claims_between_two_come_either_way_round, stamps_answer_for_instants_and_writes,
                changes_tell_everything_once, a_follower_may_stop_early, what_is_due_is_erased,
                protective_claims_come_though_looked_back;
            search: classes_then_ids, words_may_stand_in_several_values, hidden_values_do_not_match,
                kinds_and_properties_narrow_it, a_protected_name_does_not_match, pages_go_on_after_a_hit,
                spellings_of_the_region_are_found, it_looks_back;
            shared_reads: protected_people_are_masked_everywhere, one_id_with_several_ends_has_several_keys,
                possible_duplicates_are_told, neighbours_are_paged_and_summed_up, kinds_are_those_of_the_fold;
        );
    };
    (@cases $module:ident, $harness:ty, $($group:ident: $($case:ident),* $(,)?;)*) => {
        mod $module {
            $(mod $group {
                use crate::contract::Harness;
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(mut harness) = <$harness>::fresh().await {
                        crate::contract::$group::$case(&mut harness).await;
                    }
                })*
            })*

            #[test]
            fn random_histories() {
                crate::contract::random::histories::<$harness>();
            }
        }
    };
}

contract!(on_embedded, crate::contract::embedded::File);
contract!(on_neo4j, crate::contract::neo4j::Shared);
