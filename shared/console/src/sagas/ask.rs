//! `answer`, `cancel`, `retry` and `resolve`: asks the owner of a saga to do something to it.
//!
//! **Invariant:** the owner decides, on what stands when it reads the question. What is found here beforehand only keeps
//! a person from asking in vain; and nothing is asked before it is on record that it is about to be.

use std::time::Duration;

use operate::audit::Audit;
use operate::sagas::Sagas;
use runtime::{Aws, Environment, Settings};
use saga::owner::State;
use serde_json::json;
use uuid::Uuid;
use wire::declared::{ANSWER_GIVEN, CANCEL_REQUESTED, RESOLVE_REQUESTED, RETRY_REQUESTED};
use wire::{ActionKind, EventType, SagaId, Subject, Vocabulary};

use super::known::{Known, Records};
use super::trace;
use crate::cli::sagas::{AnswerOptions, AskOptions, AskingOptions, ResolveOptions};
use crate::console::Console;
use crate::{Error, age, draw};

/// The source of what is asked here.
const SOURCE: &str = "/ensemble/console";

/// How often the owner's record is looked at while its end is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How a saga stands, for a person who wants something of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Its request has not come.
    Unknown,
    /// It runs, or is being undone.
    Open,
    /// It needs attention, and this often was its record written.
    Attention(u64),
    /// It has ended, like this.
    Ended(End),
}

/// How a saga has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Completed,
    Compensated,
    Withdrawn,
    Resolved,
    Rejected,
}

impl End {
    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Compensated => "compensated",
            Self::Withdrawn => "withdrawn",
            Self::Resolved => "resolved",
            Self::Rejected => "rejected",
        }
    }
}

/// What is asked.
struct Question<'a, V: Vocabulary> {
    console: &'a Console<V>,
    what: EventType,
    /// In a word.
    verb: &'static str,
    asking: &'a AskingOptions,
    /// Why; of an answer, the answer itself.
    reason: Option<&'a str>,
}

/// Answers what a saga asks.
pub(crate) async fn answer<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &AnswerOptions,
) -> Result<(), Error> {
    let AnswerOptions { asking, answer } = options;
    let what = ANSWER_GIVEN;
    Question { console, what, verb: "answer", asking, reason: Some(answer) }.ask(environment).await
}

/// Asks that a saga be undone.
pub(crate) async fn cancel<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &AskOptions,
) -> Result<(), Error> {
    let AskOptions { asking, reason } = options;
    let what = CANCEL_REQUESTED;
    Question { console, what, verb: "cancel", asking, reason: reason.as_deref() }.ask(environment).await
}

/// Asks that what still stands be undone after all.
pub(crate) async fn retry<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &AskOptions,
) -> Result<(), Error> {
    let AskOptions { asking, reason } = options;
    let what = RETRY_REQUESTED;
    Question { console, what, verb: "retry", asking, reason: reason.as_deref() }.ask(environment).await
}

/// Closes a saga that needs attention.
pub(crate) async fn resolve<V: Vocabulary>(
    console: &Console<V>,
    environment: &Environment,
    options: &ResolveOptions,
) -> Result<(), Error> {
    let ResolveOptions { asking, reason } = options;
    let what = RESOLVE_REQUESTED;
    Question { console, what, verb: "resolve", asking, reason: Some(reason) }.ask(environment).await
}

impl<V: Vocabulary> Question<'_, V> {
    async fn ask(&self, environment: &Environment) -> Result<(), Error> {
        let records = Records::of(self.console)?;
        let saga = self.asking.which.saga().ok_or_else(|| Error::Usage("which saga?".to_owned()))?;
        let settings = Settings::read(environment)?;
        let aws = Aws::connect(environment).await?;
        let audit = Audit::new(&aws, &settings, environment, self.console.cleaning())?;
        let sagas = Sagas::new(&aws, &settings);
        let known = look(&records, &sagas, saga).await?;
        let before = standing(&known)?;
        if let Some(end) = self.refuse(saga, before)? {
            return self.tell_end(&known, end, false);
        }
        self.refuse_answer(&known)?;
        let by = V::cleaned(self.asking.by.as_deref().unwrap_or(audit.by()));
        let request = new_id();
        let state = known.item().map(|item| &item.name);
        // As the owner has it on record.
        let recognised = SagaId::of_event(self.what.as_str(), SOURCE, &request.to_string());
        let detail = json!({ "by": by, "state": state, "request": recognised });
        audit.append(&format!("saga/{saga}"), self.verb, self.reason.unwrap_or_default(), &detail).await?;
        // Crash here: it is on record that it was about to be asked; whether it was, the saga's own record tells.
        sagas.send(records.owner.name, &self.message(saga, request, &by)).await?;
        if self.asking.wait {
            let (known, after) = wait(&records, &sagas, saga, before).await?;
            return match after {
                Standing::Ended(end) => self.tell_end(&known, end, true),
                Standing::Unknown | Standing::Open | Standing::Attention(_) => self.tell_attention(&known),
            };
        }
        if self.asking.output.json {
            return draw::print(&[json!({ "sagaId": saga, "asked": self.verb, "by": by }).to_string()]);
        }
        let what = match before {
            Standing::Unknown => "no service knows it yet: if its request comes, it is withdrawn".to_owned(),
            Standing::Open | Standing::Attention(_) | Standing::Ended(_) => {
                format!("asked; {} decides", records.owner.name)
            }
        };
        draw::print(&[
            format!("{} {} of saga {saga} by {by}: {what}", draw::mark(true), self.verb),
            draw::faint(format!("what came of it: {} trace {saga}", self.console.name)),
        ])
    }

    /// Whether there is nothing to ask, because the saga has ended.
    fn refuse(&self, saga: SagaId, before: Standing) -> Result<Option<End>, Error> {
        let no =
            |why: String| Err(Error::Failed(format!("saga {saga} {why}; see `{} trace {saga}`", self.console.name)));
        let is_cancel = self.what == CANCEL_REQUESTED;
        match before {
            Standing::Unknown | Standing::Open if is_cancel => Ok(None),
            Standing::Ended(end) if is_cancel => Ok(Some(end)),
            Standing::Attention(_) if is_cancel => {
                no("needs attention: it was undone as far as it went, so `retry` or `resolve` it".to_owned())
            }
            Standing::Open if self.what == ANSWER_GIVEN => Ok(None),
            Standing::Attention(_) | Standing::Ended(_) if self.what == ANSWER_GIVEN => {
                no("waits for no answer any more".to_owned())
            }
            Standing::Attention(_) => Ok(None),
            Standing::Unknown => no("is unknown".to_owned()),
            Standing::Open => no("is under way, and does not need attention".to_owned()),
            Standing::Ended(end) => no(format!("is {}, and does not need attention", end.as_str())),
        }
    }

    /// Refuses an answer to a saga that asks nothing, or that is answered.
    fn refuse_answer(&self, known: &Known<V>) -> Result<(), Error> {
        let Some(case) = known.case().filter(|_| self.what == ANSWER_GIVEN) else { return Ok(()) };
        let kind = case.subject.kind();
        if V::LEXICON.answering(kind).is_none() {
            return Err(Error::Failed(format!("a {kind} asks nothing, so there is nothing to answer")));
        }
        match case.actions.in_full().find(|action| action.what == ActionKind::Answer) {
            Some(action) => {
                let (saga, by) = (known.saga, draw::escaped(&action.by));
                Err(Error::Failed(format!("saga {saga} is answered already, by {by} at {}", action.at)))
            }
            None => Ok(()),
        }
    }

    /// The message, a `CloudEvent`.
    fn message(&self, saga: SagaId, request: Uuid, by: &str) -> String {
        let mut data = json!({ "sagaId": saga, "by": by });
        if let (Some(fields), Some(reason)) = (data.as_object_mut(), self.reason) {
            let name = if self.what == ANSWER_GIVEN { "answer" } else { "reason" };
            fields.insert(name.to_owned(), V::cleaned(reason).into());
        }
        json!({
            "specversion": "1.0", "id": request, "source": SOURCE, "type": self.what.as_str(),
            "time": age::now(), "datacontenttype": "application/json", "schemaversion": self.what.schema_version(),
            "data": data,
        })
        .to_string()
    }

    /// It has ended; that may be what was wanted.
    fn tell_end(&self, known: &Known<V>, end: End, asked: bool) -> Result<(), Error> {
        let good = end != End::Rejected;
        if self.asking.output.json {
            self.tell_json(known, end.as_str(), asked)?;
        } else {
            let nothing = if asked { "" } else { ", so nothing was asked" };
            let mut lines = vec![format!("{} saga {} is {}{nothing}", draw::mark(good), known.saga, end.as_str())];
            lines.extend(reasons(known));
            draw::print(&lines)?;
        }
        if good { Ok(()) } else { Err(Error::Failed(format!("saga {} is rejected", known.saga))) }
    }

    fn tell_attention(&self, known: &Known<V>) -> Result<(), Error> {
        if self.asking.output.json {
            self.tell_json(known, "needs_attention", true)?;
        } else {
            draw::print(&reasons(known))?;
        }
        Err(Error::Failed(format!("saga {0} needs attention; see `{1} trace {0}`", known.saga, self.console.name)))
    }

    fn tell_json(&self, known: &Known<V>, outcome: &str, asked: bool) -> Result<(), Error> {
        let asked = asked.then_some(self.verb);
        let failed = known.failed();
        let document = json!({
            "sagaId": known.saga, "asked": asked, "outcome": outcome,
            "error": failed.map(|failed| &failed.error), "standing": failed.map(|failed| &failed.standing),
        });
        draw::print(&[document.to_string()])
    }
}

/// Identifies a question, so that one that is delivered twice is asked once.
fn new_id() -> Uuid {
    Uuid::new_v4()
}

fn reasons<V: Vocabulary>(known: &Known<V>) -> Vec<String> {
    let failed = known.failed();
    let lines = failed.map(|failed| trace::reasons(Some(&failed.error), &failed.standing)).unwrap_or_default();
    lines.into_iter().map(|line| format!("  {line}")).collect()
}

async fn look<V: Vocabulary>(records: &Records<'_, V>, sagas: &Sagas, saga: SagaId) -> Result<Known<V>, Error> {
    Ok(records.known(saga, sagas.read(&records.keepers(), saga).await?))
}

/// Waits until the saga has ended, or needs attention again.
async fn wait<V: Vocabulary>(
    records: &Records<'_, V>,
    sagas: &Sagas,
    saga: SagaId,
    before: Standing,
) -> Result<(Known<V>, Standing), Error> {
    loop {
        let known = look(records, sagas, saga).await?;
        match standing(&known)? {
            after @ Standing::Ended(_) => return Ok((known, after)),
            // Not the record that was there before the question was read.
            after @ Standing::Attention(_) if after != before => return Ok((known, after)),
            Standing::Unknown | Standing::Open | Standing::Attention(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn standing<V: Vocabulary>(known: &Known<V>) -> Result<Standing, Error> {
    let Some(item) = known.item() else {
        return Ok(Standing::Unknown);
    };
    let Some(state) = &item.state else {
        let (saga, name) = (known.saga, &item.name);
        return Err(Error::Failed(format!("saga {saga} is in a state that this build does not know: {name}")));
    };
    Ok(match state {
        State::Unseen => Standing::Unknown,
        State::Registered(_) | State::Unwinding { .. } | State::Undoing { .. } => Standing::Open,
        State::NeedsAttention { .. } => Standing::Attention(item.version),
        State::Completed(_) => Standing::Ended(End::Completed),
        State::Cancelled(_) => Standing::Ended(End::Compensated),
        State::Withdrawn { .. } => Standing::Ended(End::Withdrawn),
        State::Resolved(_) => Standing::Ended(End::Resolved),
        State::Rejected => Standing::Ended(End::Rejected),
    })
}
