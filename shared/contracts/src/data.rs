//! What the data of events can be asked for, by the names of their fields.

use crate::{Purchase, booking, fare, fulfillment, order, payment};

wire::data! {
    about Purchase;
    booking::Completed: subject = purchase, path, earlier;
    booking::Rejected<fare::RejectedFare>: path, error;
    booking::Rejected<order::RejectedOrder>: path, error;
    payment::PaymentCaptured: subject = purchase, journey;
    payment::PaymentDeclined: subject = purchase, journey, error, standing;
    payment::PaymentRefunded: subject = purchase, journey, error, standing;
    payment::PaymentRefundFailed: subject = purchase, journey, error, standing;
    fulfillment::Fulfilled: subject = purchase, journey;
    fulfillment::Refused: subject = purchase, journey, error, standing;
}
