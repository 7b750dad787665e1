//! The list of the kinds of saga, and the types of each.

/// Hands the list of the kinds of saga to a macro.
macro_rules! each_kind {
    ($made_by:ident) => {
        $made_by! {
            Fare of FARE = "fare" about crate::fare::Fare, told as crate::fare::FareSubject,
                rejected as crate::fare::RejectedFare, status FARE_STATUS;
            Order of ORDER = "order" about crate::order::Order, told as crate::order::OrderSubject,
                rejected as crate::order::RejectedOrder, status ORDER_STATUS;
        }
    };
}

pub(crate) use each_kind;
