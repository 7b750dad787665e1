//! Reserves what an order has paid for, all items or none. Below it, its compensation: releasing the reservation.

use contracts::{Event, Failure, Identifier, Order, Purchase, Standing, effects, events, steps};
use rust_decimal::Decimal;
use saga::step::{Acted, Answer, Heard, Signature, Step, Turn, Undone};
use saga::{Context, Take};

use crate::effects::{Effect, Reply, STOCK};
use crate::fulfilled::{self, Facts};

/// The error of a reservation that cannot be made.
const ERROR: &str = "ErrReserveInventory";

/// The error of a reservation that cannot be released; retried by policy.
const RELEASE_ERROR: &str = "ErrReleaseInventory";

/// Items that are named as short, at most.
const SHORT_MAX: usize = 20;

/// The customer has paid: reserve the items.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReserveInventory;

impl Step for ReserveInventory {
    type Vocabulary = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Facts = Facts;

    const SIGNATURE: Signature =
        Signature::new(steps::RESERVE_INVENTORY, events::PAYMENT_CAPTURED, events::INVENTORY_RESERVED)
            .refused(events::INVENTORY_REFUSED)
            .undone_by(steps::RELEASE_INVENTORY)
            .decides_on(events::UNWINDING_STARTED)
            .retried(&[RELEASE_ERROR])
            .takes_from(STOCK);

    /// Counts first, then takes as much as is wanted of what is tracked.
    fn act(
        &self,
        heard: &Heard<Event>,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Acted<Effect, Facts> {
        let (Purchase::Order(order), Some(paid)) = (turn.subject, Facts::of(heard)) else {
            return Acted::Contradiction(fulfilled::UNPAID);
        };
        let Some(Reply::Counted(rows)) = turn.reply else {
            return Acted::Look(Effect::Count(order.wanted().into_iter().map(|(item, _)| item.to_string()).collect()));
        };
        match take(order, rows) {
            Ok(taken) => Acted::Done(Facts { taken: taken.clone(), ..paid }, taken),
            Err(failure) => Acted::Refused(failure, Some(paid)),
        }
    }

    /// Counts first: what is not tracked any more has nothing to be given back to.
    fn undo(
        &self,
        facts: &Facts,
        turn: &Turn<'_, Event, Reply>,
        _context: &Context<'_, Event>,
    ) -> Undone<Effect, Facts> {
        let released = Facts { taken: Vec::new(), ..facts.clone() };
        match turn.reply {
            None if facts.taken.is_empty() => Undone::done(released),
            None => Undone::Look(Effect::Count(facts.taken.iter().map(|take| take.item.clone()).collect())),
            Some(Reply::Counted(rows)) => {
                let tracked = facts.taken.iter().filter(|take| rows.iter().any(|(row, _)| *row == take.item));
                let given = tracked.map(|take| Take { item: take.item.clone(), quantity: -take.quantity });
                Undone::Done(released, given.collect())
            }
        }
    }

    fn standing(&self, _facts: &Facts, purchase: &Purchase, context: &Context<'_, Event>) -> Option<Standing> {
        let id = format!("rsv_{}", context.saga.derive("reservation").simple());
        Some(Standing { effect: effects::RESERVATION, id, amount: Some(purchase.amount()) })
    }

    fn answer(&self, answer: Answer<Event, Facts>) -> Option<Event> {
        fulfilled::answer(answer, Event::InventoryReserved, Event::InventoryRefused)
    }

    fn begun_with(&self, heard: &Heard<Event>) -> Option<Facts> {
        Facts::of(heard)
    }

    fn contradiction(&self, facts: Option<&Facts>, event: &Event) -> Option<&'static str> {
        fulfilled::contradiction(facts, event)
    }
}

/// What is taken of the stock, of which so much is there; or the failure that names what is short.
fn take(order: &Order, rows: &[(String, Decimal)]) -> Result<Vec<Take>, Failure> {
    let available = |item: &Identifier| rows.iter().find(|(row, _)| row == item.as_str()).map(|(_, there)| *there);
    let wanted = order.wanted().into_iter();
    let tracked: Vec<(Identifier, Decimal, Decimal)> =
        wanted.filter_map(|(item, qty)| available(&item).map(|there| (item, qty, there))).collect();
    let short: Vec<String> = tracked
        .iter()
        .filter(|(_, qty, there)| qty > there)
        .map(|(item, qty, there)| format!("{item} ({} wanted, {} available)", qty.normalize(), there.normalize()))
        .collect();
    if short.is_empty() {
        let take = |(item, quantity, _): (Identifier, Decimal, Decimal)| Take { item: item.to_string(), quantity };
        return Ok(tracked.into_iter().map(take).collect());
    }
    // Ids stand in the message as they are, whatever digits they have, so the message is not cleaned as words are.
    Err(Failure { message: shortage(&short), ..Failure::new(ERROR, steps::RESERVE_INVENTORY, "") })
}

/// What is short, as far as an event has room for it besides the order.
fn shortage(short: &[String]) -> String {
    let named = short.iter().take(SHORT_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match short.len().saturating_sub(SHORT_MAX) {
        0 => format!("short of stock: {named}"),
        more => format!("short of stock: {named} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_shortage_is_cut() {
        let many: Vec<String> = (0..99).map(|item| item.to_string()).collect();
        assert!(shortage(&many).ends_with(", 18, 19 and 79 more"), "{}", shortage(&many));
    }
}
