//! Every fault at every act of every message of every row, alone and in pairs; and what breaks the law is noticed.

use std::collections::BTreeSet;

use testkit::{Driver, Fault, Point};

use crate::cast::{Cast, Keys};
use crate::oracle;
use crate::rows::{ROWS, Row};

/// What came of one run of one row.
struct Ran {
    /// The acts of each delivery.
    acts: Vec<usize>,
    /// Which of them were calls that take effect.
    calls: Vec<(usize, usize)>,
    /// How many faults struck.
    struck: usize,
    /// The kinds of the calls that were turned away, because one under their key was at work.
    turned_away: Vec<&'static str>,
    /// What is wrong at rest.
    verdict: Result<(), String>,
}

fn run(keys: &Keys, driver: Driver, row: &Row, points: &[Point], in_use_refuses: bool) -> Ran {
    let cast = Cast::new(keys);
    cast.ledger().in_use_refuses = in_use_refuses;
    let mut world = cast.world();
    world.driver = driver;
    row.request(&mut world, "r");
    let (acts, struck) = world.run(points);
    let verdict = oracle::at_rest(keys, &cast, &world, &[("r".to_owned(), row)]);
    Ran { acts, calls: world.calls().to_vec(), struck, turned_away: world.turned_away(), verdict }
}

impl Ran {
    /// The places where a fault can strike in such a run, from this delivery on.
    fn places(&self, from: usize) -> Vec<Point> {
        let mut points = Vec::new();
        for (delivery, acts) in self.acts.iter().enumerate().skip(from) {
            for act in 0..*acts {
                let at = |fault| Point { delivery, act, fault };
                points.extend(Fault::ANYWHERE.map(at));
                if self.calls.contains(&(delivery, act)) {
                    points.extend(Fault::AT_CALLS.map(at));
                }
            }
        }
        points
    }
}

/// Every single fault: how many struck, what they broke, and which calls were turned away.
fn singles(keys: &Keys, driver: Driver, in_use_refuses: bool) -> (usize, Vec<String>, BTreeSet<&'static str>) {
    let mut struck_in_all = 0;
    let (mut broken, mut turned_away) = (Vec::new(), BTreeSet::new());
    for row in ROWS {
        for point in run(keys, driver, row, &[], in_use_refuses).places(0) {
            let ran = run(keys, driver, row, &[point], in_use_refuses);
            assert_eq!(ran.struck, 1, "{}: {point:?} did not strike", row.id);
            struck_in_all += 1;
            broken.extend(ran.verdict.err().map(|rule| format!("{}: {point:?}: {rule}", row.id)));
            turned_away.extend(ran.turned_away);
        }
    }
    (struck_in_all, broken, turned_away)
}

#[test]
fn every_fault_at_every_act_of_every_message_is_survived() {
    let (struck, broken, turned_away) = singles(&Keys::new(), Driver::Lawful, false);
    println!("{struck} faults struck, one at a time; turned away: {turned_away:?}");
    assert_eq!(broken, Vec::<String>::new());
    assert!(struck >= 200, "only {struck} faults struck");
    let every_kind = BTreeSet::from(["authorize", "capture", "debit", "refund", "void"]);
    assert_eq!(turned_away, every_kind, "each kind of call meets one that is at work");
}

#[test]
fn every_pair_of_faults_is_survived() {
    let keys = Keys::new();
    let (mut pairs, mut turned_away) = (0, 0);
    for row in ROWS {
        for first in run(&keys, Driver::Lawful, row, &[], false).places(0) {
            for second in run(&keys, Driver::Lawful, row, &[first], false).places(first.delivery + 1) {
                let ran = run(&keys, Driver::Lawful, row, &[first, second], false);
                // What was begun cannot be begun again: a repetition is turned away.
                let begins = |point: Point| matches!(point.fault, Fault::InProgress(_));
                let both = ran.struck == 2 || ran.struck == 1 && begins(first) && begins(second);
                assert!(both, "{}: {first:?}, {second:?}: did not strike", row.id);
                assert_eq!(ran.verdict, Ok(()), "{}: {first:?}, {second:?}", row.id);
                pairs += usize::from(ran.struck == 2);
                turned_away += ran.turned_away.len();
            }
        }
    }
    println!("{pairs} pairs of faults struck, {turned_away} calls were turned away");
    assert!(pairs >= 3_000, "only {pairs} pairs struck");
    assert!(turned_away >= 500, "only {turned_away} calls met one that was at work");
}

#[test]
fn a_driver_that_breaks_the_law_is_noticed() {
    let keys = Keys::new();
    for (driver, rule) in [(Driver::DeletesFirst, "O8"), (Driver::PublishesFirst, "O1")] {
        for row in ROWS {
            let ran = run(&keys, driver, row, &[], false);
            assert_eq!(ran.verdict, Ok(()), "{driver:?}: without a fault nothing is to be seen");
        }
        let (struck, broken, _) = singles(&keys, driver, false);
        println!("{driver:?}: {} of {struck} faults broke something", broken.len());
        assert!(broken.iter().any(|broken| broken.contains(rule)), "{driver:?} was not noticed: {broken:?}");
    }
}

#[test]
fn a_payment_that_takes_a_call_under_way_for_a_refusal_is_noticed() {
    let (struck, broken, _) = singles(&Keys::new(), Driver::Lawful, true);
    println!("{} of {struck} faults broke something", broken.len());
    assert!(broken.iter().any(|broken| broken.contains("InProgress") && broken.contains("O5")), "{broken:?}");
}
