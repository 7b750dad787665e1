//! The vocabulary: every kind of saga, every step and every event, one line each.
//!
//! **Invariant:** a wire name, once published, is frozen, and so is the shape behind its schema version. All that is
//! known of a step or an event stands in its line, and the code asks the line instead of matching names. The list is
//! data: `kind.rs`, `purchase.rs`, `steps.rs`, `event.rs` and others make types of it.

/// Hands the list of steps, requests and events to a macro.
macro_rules! vocabulary {
    ($made_by:ident) => {
        $made_by! {
            steps {
                /// Booking registers the fare.
                RegisterFare of Fare;
                /// Payment authorises the card and captures the amount.
                ChargeFare of Fare;
                /// Fulfillment credits the customer's account.
                CreditCustomerAccount of Fare;
                /// Payment gives the charge back: undoes [`StepName::ChargeFare`].
                RefundFare of Fare undoes ChargeFare;
                /// Booking marks the fare completed.
                SetFareStatusCompleted of Fare;
                /// Booking marks the fare failed: undoes [`StepName::RegisterFare`].
                SetFareStatusFailed of Fare undoes RegisterFare;
                /// Booking creates the order.
                ProcessOrder of Order;
                /// Payment debits the customer's account.
                ProcessPayment of Order;
                /// Fulfillment reserves the items.
                ReserveInventory of Order;
                /// Fulfillment gives the reservation back: undoes [`StepName::ReserveInventory`].
                ReleaseInventory of Order undoes ReserveInventory;
                /// Payment gives the debit back: undoes [`StepName::ProcessPayment`].
                ProcessRefund of Order undoes ProcessPayment;
                /// Booking sets the order's status to `Pending`: undoes [`StepName::ProcessOrder`].
                UpdateOrderStatus of Order undoes ProcessOrder;
            }
            requests {
                // The data of a request for a fare holds a card, so this crate has no type for it.
                /// A client asks for a fare, and gives the card that pays for it.
                FareRequested of Fare = "fare_requested";
                /// A client asks for an order.
                OrderRequested of Order = "order_requested";
                /// A client asks that a saga be undone, as far as it may be.
                CancelRequested = "cancel_requested";
                /// An operator asks that what still stands be undone after all.
                RetryRequested = "retry_requested";
                /// An operator closes a saga that needed attention.
                ResolveRequested = "resolve_requested";
            }
            events {
                /// The fare is registered.
                FareRegistered of Fare = "fare_registered" version 1 by Booking holds booking::Registered, beside Card;
                /// The order is created.
                OrderCreated of Order = "order_created" version 1 by Booking holds booking::Registered;
                /// Whatever took effect is to be undone.
                UnwindingStarted = "unwinding_started" version 1 by Booking holds booking::UnwindingStarted;
                /// The customer is charged.
                PaymentCaptured = "payment_captured" version 1 by Payment holds payment::PaymentCaptured;
                /// The customer was not charged.
                PaymentDeclined = "payment_declined" version 1 by Payment holds payment::PaymentDeclined;
                /// The customer's account is credited.
                AccountCredited of Fare = "account_credited" version 1 by Fulfillment holds fulfillment::Fulfilled;
                /// The customer's account was not credited.
                AccountCreditRefused of Fare = "account_credit_refused" version 1 by Fulfillment holds fulfillment::Refused;
                /// The items are reserved.
                InventoryReserved of Order = "inventory_reserved" version 1 by Fulfillment holds fulfillment::Fulfilled;
                /// The items are not reserved.
                InventoryRefused of Order = "inventory_refused" version 1 by Fulfillment holds fulfillment::Refused;
                /// The charge was given back.
                PaymentRefunded = "payment_refunded" version 1 by Payment holds payment::PaymentRefunded;
                /// The charge could not be given back.
                PaymentRefundFailed = "payment_refund_failed" version 1 by Payment holds payment::PaymentRefundFailed;
                /// The fare's saga ended well.
                FareCompleted of Fare = "fare_completed" version 1 by Booking holds booking::Completed, tells Completed;
                /// The fare's saga failed and everything is undone.
                FareCancelled of Fare = "fare_cancelled" version 1 by Booking holds booking::Failed, tells Compensated;
                /// The request for a fare broke a rule.
                FareRejected of Fare = "fare_rejected" version 1 by Booking holds booking::Rejected<crate::fare::RejectedFare>, tells Rejected;
                /// The fare's saga failed and something still stands, or nobody knows.
                FareNeedsAttention of Fare = "fare_needs_attention" version 1 by Booking holds booking::Failed, tells NeedsAttention;
                /// The order's saga ended well.
                OrderCompleted of Order = "order_completed" version 1 by Booking holds booking::Completed, tells Completed;
                /// The order's saga failed and everything is undone.
                OrderCancelled of Order = "order_cancelled" version 1 by Booking holds booking::Failed, tells Compensated;
                /// The request for an order broke a rule.
                OrderRejected of Order = "order_rejected" version 1 by Booking holds booking::Rejected<crate::order::RejectedOrder>, tells Rejected;
                /// The order's saga failed and something still stands, or nobody knows.
                OrderNeedsAttention of Order = "order_needs_attention" version 1 by Booking holds booking::Failed, tells NeedsAttention;
            }
        }
    };
}

/// Hands the list of the kinds of saga to a macro.
macro_rules! kinds {
    ($made_by:ident) => {
        $made_by! {
            /// A fare is registered, charged and credited.
            Fare = "fare" about crate::fare::Fare, told as crate::fare::FareSubject,
                rejected as crate::fare::RejectedFare;
            /// An order is created, paid and reserved.
            Order = "order" about crate::order::Order, told as crate::order::OrderSubject,
                rejected as crate::order::RejectedOrder;
        }
    };
}

/// The first of one or two expressions: what a list says, or what holds where the list says nothing.
macro_rules! first {
    ($first:expr $(, $rest:expr)? $(,)?) => {
        $first
    };
}

pub(crate) use {first, kinds, vocabulary};
