//! Threads that answer the questions of one event side by side, as the window's workers do.

use crate::common::Outcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// How many threads each engine has.
pub(crate) const THREADS: usize = 2;

type Errand<C> = Box<dyn FnOnce(&C) + Send>;

/// Threads that hold something each: a session or a connection.
pub(crate) struct Crew<C> {
    desks: Vec<SyncSender<Errand<C>>>,
    threads: Vec<JoinHandle<()>>,
}

impl<C: Send + 'static> Crew<C> {
    /// A thread for each.
    pub(crate) fn new(held: Vec<C>) -> Outcome<Self> {
        let (mut desks, mut threads) = (Vec::new(), Vec::new());
        for own in held {
            let (desk, errands) = sync_channel::<Errand<C>>(1);
            desks.push(desk);
            threads.push(std::thread::Builder::new().name("bench-crew".to_owned()).spawn(
                move || {
                    for errand in errands {
                        errand(&own);
                    }
                },
            )?);
        }
        Ok(Self { desks, threads })
    }

    /// The answers to all questions, in their order. Each thread takes the next one that is left.
    pub(crate) fn ask<Q, T>(
        &self,
        questions: Vec<Q>,
        answer: impl Fn(&C, &Q) -> Result<T, String> + Send + Sync + 'static,
    ) -> Outcome<Vec<T>>
    where
        Q: Send + Sync + 'static,
        T: Send + 'static,
    {
        let count = questions.len();
        let shared = Arc::new((questions, AtomicUsize::new(0), answer));
        let (tell, told) = sync_channel(count.max(1));
        for desk in &self.desks {
            let (shared, tell) = (Arc::clone(&shared), tell.clone());
            desk.send(Box::new(move |own| {
                let (questions, next, answer) = &*shared;
                while let Some((index, question)) = taken(questions, next) {
                    if tell.send((index, answer(own, question))).is_err() {
                        return;
                    }
                }
            }))
            .map_err(|_| "a thread is gone")?;
        }
        drop(tell);
        let mut answers: Vec<Option<T>> = (0..count).map(|_| None).collect();
        for (index, answer) in told {
            answers[index] = Some(answer?);
        }
        Ok(answers.into_iter().collect::<Option<_>>().ok_or("a thread died")?)
    }
}

fn taken<'a, Q>(questions: &'a [Q], next: &AtomicUsize) -> Option<(usize, &'a Q)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, questions.get(index)?))
}

impl<C> Drop for Crew<C> {
    fn drop(&mut self) {
        self.desks.clear();
        for thread in self.threads.drain(..) {
            // One that panicked was told by the answer that did not come.
            let _ = thread.join();
        }
    }
}
