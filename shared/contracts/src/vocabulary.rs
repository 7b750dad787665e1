//! The vocabulary: every kind of saga, every step and every event, one line each.
//!
//! **Invariant:** a wire name, once published, is frozen, and so is the shape behind its schema version.

use crate::{Purchase, booking, fulfillment, payment};

wire::vocabulary! {
    /// An event that a service published: its type and its data.
    pub enum Event about Purchase, schemas if "schema";

    kinds {
        /// A fare is registered, charged and credited.
        FARE = "fare";
        /// An order is created, paid and reserved.
        ORDER = "order";
    }

    steps {
        /// Booking registers the fare.
        REGISTER_FARE = "RegisterFare" of FARE;
        /// Payment authorises the card and captures the amount.
        CHARGE_FARE = "ChargeFare" of FARE;
        /// Fulfillment credits the customer's account.
        CREDIT_CUSTOMER_ACCOUNT = "CreditCustomerAccount" of FARE;
        /// Payment gives the charge back: undoes [`ChargeFare`](CHARGE_FARE).
        REFUND_FARE = "RefundFare" of FARE undoes CHARGE_FARE;
        /// Booking marks the fare completed.
        SET_FARE_STATUS_COMPLETED = "SetFareStatusCompleted" of FARE;
        /// Booking marks the fare failed: undoes [`RegisterFare`](REGISTER_FARE).
        SET_FARE_STATUS_FAILED = "SetFareStatusFailed" of FARE undoes REGISTER_FARE;
        /// Booking creates the order.
        PROCESS_ORDER = "ProcessOrder" of ORDER;
        /// Payment debits the customer's account.
        PROCESS_PAYMENT = "ProcessPayment" of ORDER;
        /// Fulfillment reserves the items.
        RESERVE_INVENTORY = "ReserveInventory" of ORDER;
        /// Fulfillment gives the reservation back: undoes [`ReserveInventory`](RESERVE_INVENTORY).
        RELEASE_INVENTORY = "ReleaseInventory" of ORDER undoes RESERVE_INVENTORY;
        /// Payment gives the debit back: undoes [`ProcessPayment`](PROCESS_PAYMENT).
        PROCESS_REFUND = "ProcessRefund" of ORDER undoes PROCESS_PAYMENT;
        /// Booking sets the order's status to `Pending`: undoes [`ProcessOrder`](PROCESS_ORDER).
        UPDATE_ORDER_STATUS = "UpdateOrderStatus" of ORDER undoes PROCESS_ORDER;
    }

    effects {
        /// A pre-authorisation that was not voided.
        HOLD = "hold";
        /// A charge that was not refunded.
        CAPTURE = "capture";
        /// A credit that was not reversed.
        CREDIT = "credit";
        /// A reservation that was not released.
        RESERVATION = "reservation";
        /// The status of a purchase of the kind `fare` that could not be set.
        FARE_STATUS = "fare";
        /// The status of a purchase of the kind `order` that could not be set.
        ORDER_STATUS = "order";
    }

    requests {
        // The data of a request for a fare holds a card, so this crate has no type for it.
        /// A client asks for a fare, and gives the card that pays for it.
        FARE_REQUESTED = "FareRequested" "fare_requested" of FARE;
        /// A client asks for an order.
        ORDER_REQUESTED = "OrderRequested" "order_requested" of ORDER;
    }

    events {
        /// The fare is registered.
        FARE_REGISTERED = FareRegistered(booking::Registered) "fare_registered" of FARE by "booking", beside "sealedcard";
        /// The order is created.
        ORDER_CREATED = OrderCreated(booking::Registered) "order_created" of ORDER by "booking";
        /// Whatever took effect is to be undone.
        UNWINDING_STARTED = UnwindingStarted(booking::UnwindingStarted) "unwinding_started" by "booking", means Unwinding;
        /// The customer is charged.
        PAYMENT_CAPTURED = PaymentCaptured(payment::PaymentCaptured) "payment_captured" by "payment";
        /// The customer was not charged.
        PAYMENT_DECLINED = PaymentDeclined(payment::PaymentDeclined) "payment_declined" by "payment";
        /// The customer's account is credited.
        ACCOUNT_CREDITED = AccountCredited(fulfillment::Fulfilled) "account_credited" of FARE by "fulfillment";
        /// The customer's account was not credited.
        ACCOUNT_CREDIT_REFUSED = AccountCreditRefused(fulfillment::Refused) "account_credit_refused" of FARE by "fulfillment";
        /// The items are reserved.
        INVENTORY_RESERVED = InventoryReserved(fulfillment::Fulfilled) "inventory_reserved" of ORDER by "fulfillment";
        /// The items are not reserved.
        INVENTORY_REFUSED = InventoryRefused(fulfillment::Refused) "inventory_refused" of ORDER by "fulfillment";
        /// The charge was given back.
        PAYMENT_REFUNDED = PaymentRefunded(payment::PaymentRefunded) "payment_refunded" by "payment";
        /// The charge could not be given back.
        PAYMENT_REFUND_FAILED = PaymentRefundFailed(payment::PaymentRefundFailed) "payment_refund_failed" by "payment";
        /// The fare's saga ended well.
        FARE_COMPLETED = FareCompleted(booking::Completed) "fare_completed" of FARE by "booking", tells Completed;
        /// The fare's saga failed and everything is undone.
        FARE_CANCELLED = FareCancelled(booking::Failed) "fare_cancelled" of FARE by "booking", tells Compensated;
        /// The request for a fare broke a rule.
        FARE_REJECTED = FareRejected(booking::Rejected<crate::fare::RejectedFare>) "fare_rejected" of FARE by "booking", tells Rejected;
        /// The fare's saga failed and something still stands, or nobody knows.
        FARE_NEEDS_ATTENTION = FareNeedsAttention(booking::Failed) "fare_needs_attention" of FARE by "booking", tells NeedsAttention;
        /// The order's saga ended well.
        ORDER_COMPLETED = OrderCompleted(booking::Completed) "order_completed" of ORDER by "booking", tells Completed;
        /// The order's saga failed and everything is undone.
        ORDER_CANCELLED = OrderCancelled(booking::Failed) "order_cancelled" of ORDER by "booking", tells Compensated;
        /// The request for an order broke a rule.
        ORDER_REJECTED = OrderRejected(booking::Rejected<crate::order::RejectedOrder>) "order_rejected" of ORDER by "booking", tells Rejected;
        /// The order's saga failed and something still stands, or nobody knows.
        ORDER_NEEDS_ATTENTION = OrderNeedsAttention(booking::Failed) "order_needs_attention" of ORDER by "booking", tells NeedsAttention;
    }
}
