//! Batches, quorum, publication: steps 1, 8, 9 and 10 of the sequencer. Steps 2 to 7 are
//! [`Log::append`].

use std::{sync::Arc, time::Duration};

use chopmark_core::{
    note::Note, record::Record, rules::RuleError, state::Position, tlog_policy::Policy,
    tlog_proof::TlogProof,
};
use chopmark_log::{
    log::{Appended, CHECKPOINT, Log, LogError, Verdict},
    reader::Reader,
    witness::CLOCK_SECONDS,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};

use super::{ServeError, index};
use crate::cosign::{Answer, CosignError, Witnesses};

/// A record on its way, and where its answer goes.
#[derive(Debug)]
pub(super) struct Submission {
    pub(super) record: Record,
    pub(super) answer: oneshot::Sender<Result<Placed, Refused>>,
}

/// A record that a public checkpoint covers.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) index: u64,
    pub(super) proof: TlogProof,
}

/// Why there is no such checkpoint.
#[derive(Clone, Debug)]
pub(super) enum Refused {
    /// The rules refuse the record.
    Rule(RuleError),
    /// The record is in the log; the quorum has not cosigned yet. Sending it again is safe.
    Quorum(String),
    /// The log failed.
    Log(String),
}

/// The most records of one batch; the charter's limit counts, too.
const BATCH: usize = 256;

/// How long witnesses have for one checkpoint.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an unpublished checkpoint waits before witnesses are asked again.
const RETRY: Duration = Duration::from_millis(500);

enum Next {
    Batch(usize),
    Late(Option<Answer>),
    Idle,
}

struct Sequencer {
    log: Log,
    policy: Arc<Policy>,
    witnesses: Witnesses,
    moved: watch::Sender<Position>,
    /// The public checkpoint's size.
    public: u64,
    /// The public checkpoint as this process made it.
    newest: Option<Note>,
    /// Witnesses that have not answered for it yet.
    late: JoinSet<Answer>,
}

/// Runs until the queue closes, or until going on would be wrong.
pub(super) async fn run(
    log: Log,
    policy: Arc<Policy>,
    witnesses: Witnesses,
    refresh: Duration,
    mut queue: mpsc::Receiver<Submission>,
    moved: watch::Sender<Position>,
) -> Result<(), ServeError> {
    let (origin, size) = (log.operator().origin.clone(), log.head().position.size);
    let public = log
        .published()?
        .map_or(0, |(checkpoint, _)| checkpoint.size);
    // A witness that knows more than we do: this is an old copy of the log. Sign nothing.
    witnesses.compare(&origin, size).await?;
    let mut this = Sequencer {
        log,
        policy,
        witnesses,
        moved,
        public,
        newest: None,
        late: JoinSet::new(),
    };
    this = this.publish().await?.0;
    loop {
        let behind = this.public < this.log.head().position.size;
        let pause = if behind { RETRY } else { refresh };
        let mut batch = Vec::new();
        let late = async {
            match this.late.join_next().await {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        };
        let next = tokio::select! {
            biased;
            // 1. What came while the batch before was on its way is the next batch.
            count = queue.recv_many(&mut batch, BATCH) => Next::Batch(count),
            answer = late => Next::Late(answer.ok()),
            () = sleep(pause) => Next::Idle,
        };
        this = match next {
            Next::Batch(0) => return Ok(()),
            Next::Batch(_) => this.sequence(batch).await?,
            Next::Late(Some(answer)) => this.add_late(answer).await?,
            Next::Late(None) => this,
            Next::Idle => this.publish().await?.0,
        };
    }
}

impl Sequencer {
    async fn sequence(self, batch: Vec<Submission>) -> Result<Self, ServeError> {
        let (records, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|s| (s.record, s.answer)).unzip();
        let (this, appended) = self
            .blocking(move |log| log.append(&records, crate::clock::now()))
            .await?;
        let Appended { verdicts, size, .. } = match appended {
            Ok(appended) => appended,
            Err(LogError::InDoubt(cause)) => return Err(LogError::InDoubt(cause).into()),
            Err(error) => {
                tracing::error!(%error, "the batch failed");
                for answer in answers {
                    let _ = answer.send(Err(Refused::Log(error.to_string())));
                }
                return Ok(this);
            }
        };
        let needed = verdicts.iter().any(|v| !matches!(v, Verdict::Refused(_)));
        let (this, failed) = if needed && this.public < size {
            this.publish().await?
        } else {
            (this, None)
        };
        for (answer, verdict) in answers.into_iter().zip(verdicts) {
            // Who asked may have gone; the record stays.
            let _ = answer.send(this.answer(verdict, failed.as_deref()));
        }
        Ok(this)
    }

    fn answer(&self, verdict: Verdict, failed: Option<&str>) -> Result<Placed, Refused> {
        let index = match verdict {
            Verdict::Refused(error) => return Err(Refused::Rule(error)),
            Verdict::Appended { index } | Verdict::Known { index } => index,
        };
        if let Some(why) = failed {
            return Err(Refused::Quorum(why.to_owned()));
        }
        let broken = |error: &dyn std::fmt::Display| Refused::Log(error.to_string());
        let disk = self.log.disk();
        let checkpoint = disk
            .read(CHECKPOINT)
            .map_err(|e| broken(&e))?
            .unwrap_or_default();
        let path = Reader::new(disk.clone(), self.public)
            .inclusion(index)
            .map_err(|e| broken(&e))?;
        Ok(Placed {
            index,
            proof: TlogProof {
                index,
                path,
                checkpoint,
            },
        })
    }

    /// 8 and 9. Has the log's checkpoint cosigned and makes it public; says what is missing when
    /// the quorum is.
    async fn publish(self) -> Result<(Self, Option<String>), ServeError> {
        let mut this = self.tick_if_stale().await?;
        // Late answers for the checkpoint before are not waited for any more.
        this.late.abort_all();
        let signed = Note::parse(&this.log.head().checkpoint).map_err(LogError::from)?;
        let mut note = signed.clone();
        let mut asked = this.witnesses.ask(&signed);
        let mut missing = Vec::new();
        let mut public = this.quorum(&note);
        while !public {
            let answer = match timeout(PATIENCE, asked.join_next()).await {
                Ok(Some(Ok(answer))) => answer,
                Ok(Some(Err(_))) => continue,
                Ok(None) | Err(_) => break,
            };
            match answer.lines {
                Ok(lines) => note.add(lines),
                Err(error @ CosignError::Ahead { .. }) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(witness = %answer.witness, %error, "no cosignature");
                    missing.push(format!("{}: {error}", answer.witness));
                }
            }
            public = this.quorum(&note);
        }
        if !public {
            return Ok((this, Some(missing.join("; "))));
        }
        let published;
        let to_publish = note.clone();
        (this, published) = this.blocking(move |log| log.publish(&to_publish)).await?;
        published?;
        this.public = this.log.head().position.size;
        index::bring_up_to_date(&this.log)?;
        this.newest = Some(note);
        this.late = asked;
        Ok((this, None))
    }

    fn quorum(&self, note: &Note) -> bool {
        self.policy.verify(note.to_string().as_bytes()).is_ok()
    }

    /// Adds a cosignature that came after the quorum to the public checkpoint.
    async fn add_late(mut self, answer: Answer) -> Result<Self, ServeError> {
        let Some(mut note) = self.newest.clone() else {
            return Ok(self);
        };
        note.add(answer.lines.unwrap_or_default());
        if self.newest.as_ref() == Some(&note) {
            return Ok(self);
        }
        self.newest = Some(note.clone());
        let (this, published) = self.blocking(move |log| log.publish(&note)).await?;
        published?;
        Ok(this)
    }

    /// A checkpoint whose state leaf has grown too old for witnesses gets a successor.
    async fn tick_if_stale(self) -> Result<Self, ServeError> {
        let head = self.log.head();
        let time = head.position.last_state.map_or(0, |state| state.time);
        let old = crate::clock::now().saturating_sub(time) > CLOCK_SECONDS / 2;
        if self.public == head.position.size || !old {
            return Ok(self);
        }
        let (this, ticked) = self.blocking(|log| log.tick(crate::clock::now())).await?;
        ticked?;
        Ok(this)
    }

    /// Runs `work` on the log, away from the threads that answer requests.
    async fn blocking<T: Send + 'static>(
        mut self,
        work: impl FnOnce(&mut Log) -> T + Send + 'static,
    ) -> Result<(Self, T), ServeError> {
        let (this, done) = spawn_blocking(move || {
            let done = work(&mut self.log);
            (self, done)
        })
        .await
        .map_err(|_| ServeError::Sequencer)?;
        this.moved.send_replace(this.log.head().position);
        Ok((this, done))
    }
}
