//! The owner of sagas: the service that takes the requests for them, and answers for how each of them ends.
//!
//! One request is one saga. The owner puts the request on record, waits until the others have done their steps or have
//! undone them, and tells the outcome. It has a saga undone whose time is up, which somebody cancels, or of which an
//! operator wants what still stands tried again. The owner only asks: whether a saga is undone is decided at the pivot.
//!
//! A service says only what is its own: the forms of its requests, how its first step takes effect and is undone, and
//! what its outcomes tell of what was done ([`Owner`]). Everything that owners have in common is written once, here.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`contract`] | the trait of an owner, and the form of a request |
//! | [`reactions`] | what an owner declares, as data |
//! | [`incoming`] | what an owner hears |
//! | [`state`], [`actions`] | what stands on record of a saga, and of what people did to it |
//! | [`deadlines`] | how long a saga may take |
//! | `participant` | an owner as a [`Participant`](crate::Participant) |
//! | [`request`] | how a request is read |
//! | `register` | a request is put on record, or rejected |
//! | `complete`, `fail` | a saga ends well, or badly |
//! | `answer` | a person answers what a saga asks |
//! | `unwind`, `awaited` | a saga is undone, tried again or closed; for what a saga waits |

pub mod actions;
mod answer;
mod awaited;
mod complete;
pub mod contract;
pub mod deadlines;
mod fail;
pub mod incoming;
mod participant;
pub mod reactions;
mod register;
pub mod request;
pub mod state;
mod unwind;

pub use actions::Actions;
pub use contract::{Broken, Form, Owner, Reading, Requested, Stage};
pub use deadlines::Deadlines;
pub use incoming::{Ask, Incoming};
pub use request::fields::Fields;
pub use state::{Case, State};
