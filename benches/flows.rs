//! Questions about money and goods on a generated ledger (`bench/README.md`).
//!
//! `cargo bench --bench flows -- [accounts] [transfers] [questions] [skew]` makes the ledger, the same each time: amounts log-normal, instants
//! even over a year, both ends of a transfer drawn evenly, or with `skew` the more often the lower their number. For every fifth transfer
//! something is delivered the other way up to two weeks before, and for every fifth account somebody is near its holder, where a question is
//! about goods. It prints a JSON line for the copy of the transfers and for each question, answer included: times, and by how much memory
//! grew at most. Questions are named with commas between; `trace-money/3` goes over so many transfers, `typologies/cycle/3` looks for one
//! typology.
//!
//! The question `write` writes the transfers to `bench/data/ledger-<accounts>-<transfers>.csv` instead, lines of
//! `number,source,target,microseconds,minor`, and the bodies that others ask it with beside them, `.json`; then it stops.

mod measured;
mod shared;

use std::f64::consts::TAU;
use std::fs::{File, create_dir_all, write};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Clock;

use linchpin::analysis::{Caps, analysis};
use linchpin::graph::{Budget, Lens, Random, Snapshot, SnapshotBuilder, Stop};
use linchpin::model::{
    Assertion, AssertionId, FlowLayer, Instant, KindName, Money, Period, RelationshipId, Revision, Subject, Vocabulary,
};
use serde_json::{Value, json};

use measured::{forget_peak, memory, processor_ms};
use shared::{AnyError, TODAY, id, milliseconds, who};

/// As the server has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many transfers are traced, and between how many pairs it is asked what could have moved.
const ASKED: u32 = 21;
const YEAR: f64 = 365.0 * 86_400e6;
const FORTNIGHT: f64 = 14.0 * 86_400e6;

/// A transfer between two accounts.
struct Transfer {
    source: u32,
    target: u32,
    at: i64,
    minor: i64,
}

impl Transfer {
    fn drawn(random: &mut Random, accounts: u32, skew: bool) -> Self {
        let mut end = || {
            let even = random.fraction();
            (f64::from(accounts) * if skew { even.powi(3) } else { even }) as u32
        };
        let (source, mut target) = (end(), end());
        if target == source {
            target = (source + 1) % accounts;
        }
        // Box & Muller 1958.
        let normal = (-2.0 * (1.0 - random.fraction()).ln()).sqrt() * (TAU * random.fraction()).cos();
        let minor = (10.0 + 1.5 * normal).exp().ceil() as i64;
        Self { source, target, at: 1_700_000_000_000_000 + (random.fraction() * YEAR) as i64, minor }
    }
}

/// A ledger as claims.
fn ledger(accounts: u32, transfers: u32, goods: bool, skew: bool) -> Result<Snapshot, AnyError> {
    let pattern = linchpin::graph::text::claims("a -t AccountTransfer A1 @1 1EUR-> b")?;
    let mut account = pattern[0].clone();
    account.claim.kind = KindName::new("BankAccount")?;
    let transfer = pattern.iter().find(|claim| matches!(claim.claim.subject, Subject::Relationship { .. }));
    let mut transfer: Assertion = transfer.ok_or("no transfer")?.clone();
    let currency = transfer.claim.amount.ok_or("no amount")?.currency;
    let mut delivery = linchpin::graph::text::claims("a -d Supplies A1 @1 =1kg-> b")?.pop().ok_or("no delivery")?;
    let mut near = linchpin::graph::text::claims("a -n A1- b")?.pop().ok_or("no relationship")?;
    let mut builder = SnapshotBuilder::new(Arc::new(Vocabulary::builtin()));
    for number in 0..accounts {
        account.id = AssertionId::from_u128(u128::from(number));
        account.claim.subject = Subject::Entity(id(number)?);
        builder.claim(&account);
    }
    let mut random = Random::new(1, 0);
    for number in 0..transfers {
        let Transfer { source, target, at, minor } = Transfer::drawn(&mut random, accounts, skew);
        let at = Instant::from_micros(at).ok_or("no instant")?;
        transfer.id = AssertionId::from_u128(u128::from(number) + (1 << 64));
        let name = RelationshipId::new(format!("r{number:08}"))?;
        transfer.claim.subject = Subject::Relationship { id: name, source: id(source)?, target: id(target)? };
        transfer.claim.amount = Some(Money { minor, currency });
        transfer.claim.period = Some(Period::at(at));
        builder.claim(&transfer);
        if goods && number % 5 == 0 {
            let before = (random.fraction() * FORTNIGHT) as i64;
            let at = Instant::from_micros(at.micros() - before).ok_or("no instant")?;
            delivery.id = AssertionId::from_u128(u128::from(number) + (2 << 64));
            let name = RelationshipId::new(format!("d{number:08}"))?;
            delivery.claim.subject = Subject::Relationship { id: name, source: id(target)?, target: id(source)? };
            delivery.claim.period = Some(Period::at(at));
            builder.claim(&delivery);
        }
    }
    for number in (0..accounts).filter(|number| goods && number % 5 == 0) {
        let other = random.below(accounts - 1);
        near.id = AssertionId::from_u128(u128::from(number) + (3 << 64));
        let name = RelationshipId::new(format!("n{number:08}"))?;
        let other = if other < number { other } else { other + 1 };
        near.claim.subject = Subject::Relationship { id: name, source: id(number)?, target: id(other)? };
        builder.claim(&near);
    }
    Ok(builder.finish(Revision(1)))
}

/// Writes the transfers, and what is asked about them, for others to ask the same.
fn written(accounts: u32, transfers: u32, skew: bool) -> Result<(), AnyError> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/data");
    create_dir_all(&folder)?;
    let name = format!("ledger-{accounts}-{transfers}{}", if skew { "-skew" } else { "" });
    let mut lines = BufWriter::new(File::create(folder.join(format!("{name}.csv")))?);
    let mut random = Random::new(1, 0);
    for number in 0..transfers {
        let Transfer { source, target, at, minor } = Transfer::drawn(&mut random, accounts, skew);
        writeln!(lines, "{number},{source},{target},{at},{minor}")?;
    }
    lines.flush()?;
    let asked = |question| bodies(question, accounts, transfers);
    let asked = json!({"accounts": accounts, "trace-money": asked("trace-money")?, "balances": asked("balances")?});
    Ok(write(folder.join(format!("{name}.json")), asked.to_string())?)
}

/// The bodies that a question is asked with.
fn bodies(question: &str, accounts: u32, transfers: u32) -> Result<Vec<Value>, AnyError> {
    let mut random = Random::new(2, 0);
    let limits = json!({"limits": {"max_hops": 6}});
    Ok(match question {
        "trace-money" => (0..ASKED)
            .map(|_| json!({"from": {"relationship": format!("r{:08}", random.below(transfers))}, "frame": limits}))
            .collect(),
        "money-flow" => (0..ASKED)
            .map(|_| {
                let mut one = || id(random.below(accounts));
                Ok(json!({"sources": [one()?], "sinks": [one()?], "frame": {"limits": {"max_hops": 3}}}))
            })
            .collect::<Result<_, AnyError>>()?,
        "typologies" => vec![json!({"currency": "EUR"})],
        "product-flow" => (0..3)
            .map(|_| {
                let mut one = || id(random.below(accounts));
                Ok(json!({"sources": [one()?], "sinks": [one()?]}))
            })
            .collect::<Result<_, AnyError>>()?,
        "counter-flow" => vec![json!({}), json!({"entities": [id(random.below(accounts))?]})],
        "profile" => {
            (0..ASKED).map(|_| Ok(json!({"entity": id(random.below(accounts))?}))).collect::<Result<_, AnyError>>()?
        }
        "balances" | "flow-overview" => (0..ASKED)
            .map(|_| Ok(json!({"entities": [id(random.below(accounts))?, id(random.below(accounts))?]})))
            .collect::<Result<_, AnyError>>()?,
        other => return Err(format!("no bench of {other}").into()),
    })
}

fn main() -> Result<(), AnyError> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let accounts: u32 = words.next().map_or(Ok(20_000), |word| word.parse())?;
    let transfers: u32 = words.next().map_or(Ok(500_000), |word| word.parse())?;
    let questions = words.next().unwrap_or_else(|| "trace-money,money-flow,typologies".to_owned());
    let skew = words.next().is_some_and(|word| word == "skew");
    if questions == "write" {
        return written(accounts, transfers, skew);
    }
    let start = Clock::now();
    let goods = ["product-flow", "counter-flow"].iter().any(|about| questions.contains(about));
    let snapshot = ledger(accounts, transfers, goods, skew)?;
    println!(
        "{}",
        json!({"accounts": accounts, "transfers": transfers, "skew": skew, "build_ms": milliseconds(start)})
    );
    let who = who()?;
    let start = Clock::now();
    let copy = snapshot.view(&who, TODAY, Lens::default()).transfers(FlowLayer::Money, &Budget::unlimited());
    let copied = copy.map_err(|_| "halted")?.len();
    println!("{}", json!({"ours": "copy of the transfers", "transfers": copied, "ms": milliseconds(start)}));
    for question in questions.split(',') {
        let mut times = Vec::new();
        let mut cut = 0;
        let (before, resident) = (processor_ms(), memory("VmRSS"));
        forget_peak();
        let mut parts = question.split('/');
        let about = parts.next().unwrap_or_default();
        let mut asked = bodies(about, accounts, transfers)?;
        for part in parts {
            for body in &mut asked {
                match part.parse::<u32>() {
                    Ok(hops) => body["frame"]["limits"]["max_hops"] = hops.into(),
                    Err(_) => body["typologies"] = json!([part]),
                }
            }
        }
        for body in asked {
            let start = Clock::now();
            let asked = analysis(about).ok_or("no such analysis")?.parse(body).map_err(|_| "faults")?;
            let ontology = &snapshot.vocabulary().ontology;
            let frame =
                asked.frame.resolve(ontology, asked.default_direction, &Caps::default()).map_err(|_| "faults")?;
            let view = snapshot.view(&who, TODAY, frame.lens);
            let budget = Budget::new(frame.caps.max_visited, Stop::default());
            cut += u32::from(asked.run.run(&view, &frame.caps, &budget)?.truncated.is_some());
            times.push(milliseconds(start));
        }
        times.sort_by(f64::total_cmp);
        let processor = (processor_ms() - before) / times.len() as f64;
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "{}",
            json!({"ours": question, "asked": times.len(), "truncated": cut, "p50_ms": median, "worst_ms": worst,
                "processor_ms": processor, "additional_mb": memory("VmHWM") - resident})
        );
    }
    Ok(())
}
