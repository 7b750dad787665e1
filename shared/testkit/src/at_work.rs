//! Calls outside that are at work: begun, and not carried out yet.
//!
//! **Invariant:** under one key at most one call is at work, and none is at work under another key of the same kind: what
//! was asked for is decided before it is asked for anew. Whoever asks under a key that is in use is turned away.

use wire::SagaId;

/// What a call is, of its kind: the how many-eth key.
pub type Key = (&'static str, usize);

/// The calls of one service.
pub(crate) struct AtWork<W> {
    calls: Vec<Call<W>>,
    begun: u64,
    turned_away: Vec<&'static str>,
}

struct Call<W> {
    ticket: u64,
    saga: SagaId,
    key: Key,
    /// Once nobody waits for it any more: after how many further calls of its saga it is carried out, and how.
    left: Option<(usize, CarryOut<W>)>,
}

/// Carries a call out, for nobody.
pub(crate) type CarryOut<W> = Box<dyn FnOnce(&W)>;

impl<W> Default for AtWork<W> {
    fn default() -> Self {
        Self { calls: Vec::new(), begun: 0, turned_away: Vec::new() }
    }
}

impl<W> std::fmt::Debug for AtWork<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.calls.iter().map(|call| (call.saga, call.key))).finish()
    }
}

impl<W> AtWork<W> {
    /// Begins a call, whose caller waits for it; `None` where its key is in use.
    pub(crate) fn begin(&mut self, saga: SagaId, key: Key) -> Option<u64> {
        if self.is_in_use(saga, key) {
            return None;
        }
        self.begun += 1;
        self.calls.push(Call { ticket: self.begun, saga, key, left: None });
        Some(self.begun)
    }

    /// The caller is gone: it is carried out after so many further calls of its saga.
    pub(crate) fn abandon(&mut self, ticket: u64, turns: usize, carry_out: CarryOut<W>) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.ticket == ticket) {
            call.left = Some((turns, carry_out));
        }
    }

    /// The caller carries it out now.
    pub(crate) fn end(&mut self, ticket: u64) {
        self.calls.retain(|call| call.ticket != ticket);
    }

    /// Whether a call is turned away, because one under its key is at work.
    ///
    /// # Panics
    ///
    /// When one of its kind is at work under another key.
    pub(crate) fn turns_away(&mut self, saga: SagaId, key: Key) -> bool {
        let in_use = self.is_in_use(saga, key);
        if in_use {
            self.turned_away.push(key.0);
        }
        in_use
    }

    fn is_in_use(&self, saga: SagaId, key: Key) -> bool {
        let mut of_kind = self.calls.iter().filter(|call| call.saga == saga && call.key.0 == key.0);
        of_kind.any(|call| {
            assert_eq!(call.key, key, "{saga}: asked for anew while the first is not decided");
            true
        })
    }

    /// A call of the saga was answered: others come nearer to their end. Answers with those that are to be carried out.
    pub(crate) fn turn(&mut self, saga: SagaId) -> Vec<CarryOut<W>> {
        for call in self.calls.iter_mut().filter(|call| call.saga == saga) {
            if let Some((turns, _)) = &mut call.left {
                *turns = turns.saturating_sub(1);
            }
        }
        let over = |call: &mut Call<W>| matches!(call.left, Some((0, _)));
        self.calls.extract_if(.., over).filter_map(|call| Some(call.left?.1)).collect()
    }

    /// The kinds of the calls that were turned away.
    pub(crate) fn turned_away(&self) -> &[&'static str] {
        &self.turned_away
    }
}
