//! All services, with the topics and queues of a topology between them.
//!
//! **Invariant:** a message reaches a queue only as the topology's subscriptions say, so what is tested is what is
//! provisioned. No two acts happen at the same time.

#![expect(clippy::panic, reason = "a test that cannot go on has to say so, and stop")]

mod acts;
mod around;
mod broken;

use std::collections::{BTreeMap, BTreeSet};

use saga::topology::{Names, Subscription};
use saga::{Announcement, Channel, Door, Settlement, Topology};
use uuid::Uuid;
use wire::Poison;

pub use acts::{Ask, IsBroken};

use self::acts::Broken;
use crate::message::timeless_body;
use crate::node::ACTS_MAX;
use crate::{Fault, Message, Service, Step, Work, sns};

/// After this many deliveries a world that is not at rest never will be.
const DELIVERIES_MAX: usize = 20_000;

/// In which order the driver does what an execution asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// Commit, publish, delete.
    Lawful,
    /// Deletes the message before it publishes: broken on purpose, to see that it is noticed.
    DeletesFirst,
    /// Publishes before it commits: broken on purpose.
    PublishesFirst,
}

/// A place in a run where a fault strikes.
///
/// # Examples
///
/// A crash before the first act of the first message. The message comes again, and the saga ends as without:
///
/// ```
/// use ensemble_testkit::{Fault, Node, Nothing, Point, Service, World};
/// use saga::topology::Names;
///
/// let names = Names::default();
/// let map = map::Map::of::<parcel::Event>(&parcel::participants(), |_| None);
/// let (desk, notifier) = (Node::new(parcel::Desk::new(&names), Nothing), Node::new(parcel::notifier(), Nothing));
/// let (vans, couriers) = (Node::new(parcel::vans(), Nothing), Node::new(parcel::couriers(), Nothing));
/// let services: [&dyn Service; 4] = [&desk, &vans, &couriers, &notifier];
/// let mut world = World::new(names.clone(), map::topology(&map, &names), &services);
///
/// let asked = parcel::request("Elm.Street");
/// world.request(asked.channel, &asked.body, "request-1");
/// let (_acts, struck) = world.run(&[Point { delivery: 0, act: 0, fault: Fault::Crash }]);
/// assert_eq!((struck, world.notifications(true).len()), (1, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// At which delivery of the run, from 0.
    pub delivery: usize,
    /// At which act of that delivery, from 0.
    pub act: usize,
    /// What goes wrong there.
    pub fault: Fault,
}

/// A message that can never be handled, where it was found and why.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// The queue.
    pub queue: String,
    /// The message.
    pub message: Message,
    /// The reason.
    pub poison: Poison,
}

/// All services and what lies between them.
///
/// # Examples
///
/// See the examples of [the crate](crate) and of [`Point`].
#[expect(missing_debug_implementations, reason = "it holds any participants")]
pub struct World<'n> {
    /// How messages are handled.
    pub driver: Driver,
    names: Names,
    topology: Topology,
    /// By name.
    services: BTreeMap<&'static str, &'n dyn Service>,
    /// Whose each queue is, and which of its doors.
    doors: BTreeMap<String, (&'static str, Door)>,
    queues: BTreeMap<String, Vec<Message>>,
    delivered: Vec<(String, Message)>,
    announcements: Vec<Announcement>,
    dead: Vec<DeadLetter>,
    broken: Broken<'n>,
    stopped: BTreeSet<String>,
    /// How far each service's clock is ahead, in milliseconds.
    skews: BTreeMap<String, i64>,
    /// The deliveries of a run, and their acts, that were calls which take effect.
    calls: Vec<(usize, usize)>,
    ticks: i64,
    ids: u128,
}

/// A message in hand, with the work that it is. Dropped, it is lost: give it back with [`World::crash`].
#[expect(missing_debug_implementations, reason = "it holds any participant's work")]
pub struct Hand<'n> {
    queue: String,
    /// `None` once it was deleted.
    message: Option<Message>,
    work: Box<dyn Work + 'n>,
    acts: usize,
    published_first: bool,
}

impl Hand<'_> {
    /// Everything that decides how it goes on, times apart.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let body = self.message.as_ref().map(|message| timeless_body(&message.body));
        format!("{} {body:?} {:?}", self.queue, self.work.trail())
    }
}

impl<'n> World<'n> {
    /// These services in this topology, with empty queues.
    #[must_use]
    pub fn new(names: Names, topology: Topology, services: &[&'n dyn Service]) -> Self {
        let doors = services.iter().flat_map(|service| {
            let declaration = service.declaration();
            let of_door = |door| (names.of_service(&declaration.queue(door)), (declaration.name, door));
            declaration.doors().map(of_door).collect::<Vec<_>>()
        });
        Self {
            driver: Driver::Lawful,
            doors: doors.collect(),
            services: services.iter().map(|service| (service.declaration().name, *service)).collect(),
            queues: topology.queues.iter().map(|queue| (queue.name.clone(), Vec::new())).collect(),
            names,
            topology,
            delivered: Vec::new(),
            announcements: Vec::new(),
            dead: Vec::new(),
            broken: Broken::default(),
            stopped: BTreeSet::new(),
            skews: BTreeMap::new(),
            calls: Vec::new(),
            ticks: 0,
            ids: 0,
        }
    }

    /// A client publishes a request, under an identity of its own choice.
    pub fn request(&mut self, channel: Channel, body: &str, request_id: &str) {
        let topic = self.names.topic(channel);
        let attributes = [("requestId".to_owned(), request_id.to_owned())].into();
        self.publish(&topic, body, &attributes);
    }

    /// Somebody sends a message straight to a queue.
    ///
    /// # Panics
    ///
    /// When it is no service's.
    pub fn send(&mut self, queue: &str, body: &str) {
        let queue = self.names.of_service(queue);
        let door = self.doors.get(&queue).map(|(_, door)| *door);
        let door = door.unwrap_or_else(|| panic!("{queue} is no service's"));
        let message = Message { door, ..Message::new(&self.next_id(), body) };
        self.delivered.push((queue.clone(), message.clone()));
        self.put_back(&queue, message);
    }

    /// How many messages wait in the services' queues.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting_queues().map(|(_, messages)| messages).sum()
    }

    /// Puts a message that was delivered before on its queue again.
    pub fn redeliver(&mut self, delivered: usize) {
        let Some((queue, message)) = self.delivered.get(delivered).cloned() else {
            return;
        };
        self.put_back(&queue, message);
    }

    /// Handles one message, whichever; answers with the number of acts.
    pub fn handle(&mut self, queue: &str, index: usize) -> usize {
        let Some(mut hand) = self.receive(queue, index, false) else { return 0 };
        while !self.step(&mut hand, false) {}
        hand.acts
    }

    /// Handles messages one after another, in order, until none waits; a message that is given back goes to the end
    /// of its queue. Faults strike at the `points`. Answers with the number of acts of each delivery,
    /// and of the faults that struck.
    ///
    /// # Panics
    ///
    /// When the world does not come to rest.
    pub fn run(&mut self, points: &[Point]) -> (Vec<usize>, usize) {
        let mut acts = Vec::new();
        let mut struck = 0;
        while let Some(queue) = self.next_queue() {
            let delivery = acts.len();
            assert!(delivery < DELIVERIES_MAX, "the world does not come to rest: {queue}");
            let Some(mut hand) = self.receive(&queue, 0, false) else {
                acts.push(0);
                continue;
            };
            loop {
                let here = |point: &Point| (point.delivery, point.act) == (delivery, hand.acts);
                let fault = points.iter().copied().find(here).map(|point| point.fault);
                if hand.work.calls() {
                    self.calls.push((delivery, hand.acts));
                }
                let gone = match fault {
                    Some(Fault::Crash) => true,
                    Some(Fault::InProgress(turns)) => hand.work.begin(turns),
                    Some(Fault::AnswerLost) | None => false,
                };
                struck += usize::from(gone || fault == Some(Fault::AnswerLost));
                if gone {
                    acts.push(hand.acts);
                    self.crash(hand);
                    break;
                }
                if self.step(&mut hand, fault == Some(Fault::AnswerLost)) {
                    acts.push(hand.acts);
                    break;
                }
            }
        }
        (acts, struck)
    }

    /// The queues of services, with how many messages wait in each.
    pub(crate) fn waiting_queues(&self) -> impl Iterator<Item = (&String, usize)> {
        self.queues
            .iter()
            .filter(|(queue, _)| self.doors.get(*queue).is_some_and(|(service, _)| !self.stopped.contains(*service)))
            .map(|(queue, messages)| (queue, messages.len()))
    }

    /// The queue whose first message waits.
    fn next_queue(&self) -> Option<String> {
        self.waiting_queues().find(|(_, messages)| *messages > 0).map(|(queue, _)| queue.clone())
    }

    /// Takes a message in hand; `stays`: and it stays in the queue, as it does for a second worker when it was
    /// delivered twice or its visibility ran out.
    pub fn receive(&mut self, queue: &str, index: usize, stays: bool) -> Option<Hand<'n>> {
        let service = self.service_behind(queue)?;
        let now = self.now_at(service.declaration().name);
        let messages = self.queues.get_mut(queue)?;
        let message = messages.get(index)?.clone();
        if !stays {
            messages.remove(index);
        }
        match service.take_up(&message, now) {
            Ok(work) => {
                Some(Hand { queue: queue.to_owned(), message: Some(message), work, acts: 0, published_first: false })
            }
            Err(poison) => {
                self.bury(queue, message, poison);
                None
            }
        }
    }

    /// Begins the next act of a message in hand, if that is a call which takes effect; tells whether it is. The act
    /// after that ends it; if the process dies, it is carried out after so many further calls of the saga.
    pub fn begin(&mut self, hand: &mut Hand<'n>, turns: usize) -> bool {
        hand.work.begin(turns)
    }

    /// Carries out the next act of a message in hand; tells whether that was the last.
    ///
    /// # Panics
    ///
    /// When it is never settled.
    pub fn step(&mut self, hand: &mut Hand<'n>, lost: bool) -> bool {
        hand.acts += 1;
        assert!(hand.acts <= ACTS_MAX, "a message is never settled: {}", hand.queue);
        if self.meets_what_is_broken(hand) {
            return true;
        }
        if self.breaks_the_law(hand) {
            return false;
        }
        let service = self.service_behind(&hand.queue).map_or("", |service| service.declaration().name);
        let now = self.now_at(service);
        match hand.work.step(now, lost) {
            Step::Published(announcements) if !hand.published_first => {
                announcements.iter().for_each(|one| self.announce(one));
                false
            }
            Step::Unseen | Step::Published(_) => false,
            Step::Settled(settlement) => {
                if let Some(message) = hand.message.take() {
                    match settlement {
                        Settlement::Delete => {}
                        Settlement::GiveBack(_) | Settlement::Retry(_) => self.put_back(&hand.queue, message),
                        Settlement::DeadLetter(poison) => self.bury(&hand.queue, message, poison),
                    }
                }
                true
            }
        }
    }

    /// The process dies; the message is delivered again.
    pub fn crash(&mut self, hand: Hand<'n>) {
        if let Some(message) = hand.message {
            self.put_back(&hand.queue, message);
        }
    }

    /// What a broken driver does before an act, once; tells whether it did.
    fn breaks_the_law(&mut self, hand: &mut Hand<'n>) -> bool {
        match self.driver {
            Driver::DeletesFirst if hand.work.publishes() => hand.message.take().is_some(),
            Driver::PublishesFirst if !hand.published_first => {
                let announcements = hand.work.ahead();
                announcements.iter().for_each(|one| self.announce(one));
                hand.published_first = !announcements.is_empty();
                hand.published_first
            }
            Driver::Lawful | Driver::DeletesFirst | Driver::PublishesFirst => false,
        }
    }

    fn announce(&mut self, announcement: &Announcement) {
        let topic = self.names.topic(announcement.channel);
        let attributes = announcement.attributes.iter();
        let attributes = attributes.map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.announcements.push(announcement.clone());
        self.publish(&topic, &announcement.body, &attributes);
    }

    /// SNS: to every queue whose subscription lets it pass.
    fn publish(&mut self, topic: &str, body: &str, attributes: &BTreeMap<String, String>) {
        assert!(self.topology.topics.iter().any(|known| known == topic), "no topic is called {topic}");
        let sns_id = self.next_id();
        let passing: Vec<Subscription> = self
            .topology
            .subscriptions
            .iter()
            .filter(|subscription| subscription.topic == topic && sns::passes(subscription, attributes))
            .cloned()
            .collect();
        for subscription in passing {
            let (body, attributes) = if subscription.raw {
                (body.to_owned(), attributes.clone())
            } else {
                (sns::envelope(topic, &sns_id, body, attributes), BTreeMap::new())
            };
            let id = self.next_id();
            let door = self.doors.get(&subscription.queue).map(|(_, door)| *door);
            let message = Message { door: door.unwrap_or(Door::Services), body, attributes, id };
            if door.is_some() {
                self.delivered.push((subscription.queue.clone(), message.clone()));
            }
            self.put_back(&subscription.queue, message);
        }
    }

    /// The service whose queue this is.
    fn service_behind(&self, queue: &str) -> Option<&'n dyn Service> {
        let (service, _) = self.doors.get(queue)?;
        self.services.get(service).copied()
    }

    fn put_back(&mut self, queue: &str, message: Message) {
        let found = self.queues.get_mut(queue);
        found.unwrap_or_else(|| panic!("no queue is called {queue}")).push(message);
    }

    fn bury(&mut self, queue: &str, message: Message, poison: Poison) {
        let queue = queue.to_owned();
        self.dead.push(DeadLetter { queue, message, poison });
    }

    fn next_id(&mut self) -> String {
        self.ids += 1;
        Uuid::from_u128(self.ids).to_string()
    }
}
