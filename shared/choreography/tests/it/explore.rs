//! Every order in which a saga's messages can be handled: not sampled, enumerated, on the code that runs in production.
//!
//! Worlds that are alike, times apart, are followed once. A breadth of one handles messages one after another, with all
//! their acts; with more workers, the acts of messages at work interleave in every way, and a process may die between
//! any two.

use std::collections::{HashSet, VecDeque};

use testkit::World;
use testkit::world::Hand;

use crate::cast::{Cast, Keys};
use crate::oracle::{self, Told};

/// What may happen, besides that messages are handled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Chances {
    /// How often the time of every saga is up, and booking looks.
    pub(crate) expiries: usize,
    /// How many messages may be at work at a time, act by act; none: they are handled one after another.
    pub(crate) workers: usize,
    /// How often a process may die within a message.
    pub(crate) crashes: usize,
}

/// One move of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Move {
    Handle(String, usize),
    Expire,
    Take(String, usize),
    Step(usize),
    Crash(usize),
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Explored {
    /// Worlds that differ.
    pub(crate) worlds: usize,
    /// How the sagas were told to have ended, in each world at rest.
    pub(crate) ends: Vec<Told>,
}

/// Longer than any saga may take.
const LONG_SECS: u32 = 1_000;

/// Follows every order from where `begin` leaves a world, and holds each world to what is always true, and each end to
/// the oracle and to a replay of everything that was ever delivered.
///
/// # Panics
///
/// Where something does not hold; the text names the moves that lead there.
pub(crate) fn explore(
    keys: &Keys,
    cast: &dyn Fn() -> Cast,
    begin: &dyn Fn(&mut World<'_>, &Cast),
    chances: Chances,
) -> Explored {
    let mut explored = Explored::default();
    let mut seen = HashSet::new();
    // Breadth first: the way to each world is a shortest one.
    let mut open: VecDeque<Vec<Move>> = VecDeque::from([Vec::new()]);
    while let Some(moves) = open.pop_front() {
        let cast = cast();
        let mut world = cast.world();
        begin(&mut world, &cast);
        let mut hands = Vec::new();
        for one in &moves {
            make(&mut world, &mut hands, one);
        }
        let spent = |wanted: fn(&Move) -> bool| moves.iter().filter(|one| wanted(one)).count();
        let expired = spent(|one| matches!(one, Move::Expire));
        let crashed = spent(|one| matches!(one, Move::Crash(_)));
        let mut at_work: Vec<String> = hands.iter().map(Hand::fingerprint).collect();
        at_work.sort();
        let mark = (expired, crashed, at_work, world.fingerprint(), format!("{:?}", cast.ledger().entries()));
        if !seen.insert(mark) {
            continue;
        }
        explored.worlds += 1;
        oracle::always(&cast, &world).unwrap_or_else(|rule| panic!("{rule}: after {moves:?}"));
        let mut next = choices(&world, &hands, chances, crashed);
        if next.is_empty() {
            let told = oracle::at_peace(keys, &cast, &world).and_then(|told| {
                let mut rng = fastrand::Rng::with_seed(0);
                oracle::after_a_replay(&cast, &mut world, &mut rng).map(|()| told)
            });
            explored.ends.push(told.unwrap_or_else(|rule| panic!("{rule}: after {moves:?}")));
        }
        if expired < chances.expiries {
            next.push(Move::Expire);
        }
        open.extend(next.into_iter().map(|one| moves.iter().cloned().chain([one]).collect()));
    }
    explored
}

fn make<'n>(world: &mut World<'n>, hands: &mut Vec<Hand<'n>>, one: &Move) {
    match one {
        Move::Handle(queue, index) => {
            world.handle(queue, *index);
        }
        Move::Expire => {
            world.pass(LONG_SECS);
            world.sweep();
        }
        Move::Take(queue, index) => hands.extend(world.receive(queue, *index, false)),
        Move::Step(hand) => {
            if world.step(&mut hands[*hand], false) {
                hands.remove(*hand);
            }
        }
        Move::Crash(hand) => world.crash(hands.remove(*hand)),
    }
}

/// What can happen next, time apart.
fn choices(world: &World<'_>, hands: &[Hand<'_>], chances: Chances, crashed: usize) -> Vec<Move> {
    let waiting = world.choices().into_iter();
    if chances.workers == 0 {
        return waiting.map(|(queue, index)| Move::Handle(queue, index)).collect();
    }
    let mut next: Vec<Move> = (0..hands.len()).map(Move::Step).collect();
    if hands.len() < chances.workers {
        next.extend(waiting.map(|(queue, index)| Move::Take(queue, index)));
    }
    if crashed < chances.crashes {
        next.extend((0..hands.len()).map(Move::Crash));
    }
    next
}
