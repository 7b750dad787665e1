//! Every fault at every act of every message of every row, alone and in pairs; and what breaks the law is noticed.

use testkit::{Driver, Fault, Point};

use crate::cast::{Cast, Keys};
use crate::oracle;
use crate::rows::{ROWS, Row};

/// One run of one row: the acts of each delivery, the faults that struck, and what is wrong at rest.
fn run(keys: &Keys, driver: Driver, row: &Row, points: &[Point]) -> (Vec<usize>, usize, Result<(), String>) {
    let cast = Cast::new(keys);
    let mut world = cast.world();
    world.driver = driver;
    row.request(&mut world, "r");
    let (acts, struck) = world.run(points);
    (acts, struck, oracle::at_rest(keys, &cast, &world, &[("r".to_owned(), row)]))
}

/// The places where a fault can strike in a run, from this delivery on.
fn places(acts: &[usize], from: usize) -> Vec<Point> {
    let mut points = Vec::new();
    for (delivery, acts) in acts.iter().enumerate().skip(from) {
        for act in 0..*acts {
            points.extend(Fault::ALL.map(|fault| Point { delivery, act, fault }));
        }
    }
    points
}

/// Every single fault: how many struck, and what they broke.
fn singles(keys: &Keys, driver: Driver) -> (usize, Vec<String>) {
    let mut struck_in_all = 0;
    let mut broken = Vec::new();
    for row in ROWS {
        let (acts, _, _) = run(keys, driver, row, &[]);
        for point in places(&acts, 0) {
            let (_, struck, verdict) = run(keys, driver, row, &[point]);
            assert_eq!(struck, 1, "{}: {point:?} did not strike", row.id);
            struck_in_all += 1;
            broken.extend(verdict.err().map(|rule| format!("{}: {point:?}: {rule}", row.id)));
        }
    }
    (struck_in_all, broken)
}

#[test]
fn every_fault_at_every_act_of_every_message_is_survived() {
    let (struck, broken) = singles(&Keys::new(), Driver::Lawful);
    println!("{struck} faults struck, one at a time");
    assert_eq!(broken, Vec::<String>::new());
    assert!(struck >= 200, "only {struck} faults struck");
}

#[test]
fn every_pair_of_faults_is_survived() {
    let keys = Keys::new();
    let mut pairs = 0;
    for row in ROWS {
        let (acts, _, _) = run(&keys, Driver::Lawful, row, &[]);
        for first in places(&acts, 0) {
            let (acts, _, _) = run(&keys, Driver::Lawful, row, &[first]);
            for second in places(&acts, first.delivery + 1) {
                let (_, struck, verdict) = run(&keys, Driver::Lawful, row, &[first, second]);
                assert_eq!(struck, 2, "{}: {first:?}, {second:?}: did not strike", row.id);
                assert_eq!(verdict, Ok(()), "{}: {first:?}, {second:?}", row.id);
                pairs += 1;
            }
        }
    }
    println!("{pairs} pairs of faults struck");
    assert!(pairs >= 3_000, "only {pairs} pairs struck");
}

#[test]
fn a_driver_that_breaks_the_law_is_noticed() {
    let keys = Keys::new();
    for (driver, rule) in [(Driver::DeletesFirst, "O8"), (Driver::PublishesFirst, "O1")] {
        for row in ROWS {
            let (_, _, verdict) = run(&keys, driver, row, &[]);
            assert_eq!(verdict, Ok(()), "{driver:?}: without a fault nothing is to be seen");
        }
        let (struck, broken) = singles(&keys, driver);
        println!("{driver:?}: {} of {struck} faults broke something", broken.len());
        assert!(broken.iter().any(|broken| broken.contains(rule)), "{driver:?} was not noticed: {broken:?}");
    }
}
