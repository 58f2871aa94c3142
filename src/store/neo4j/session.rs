//! Talking to Neo4j: connections, one way to ask, one way to try again.

use std::time::Duration;

use neo4rs::{
    BoltType, ConfigBuilder, Error, Graph, Neo4jClientErrorKind, Neo4jErrorKind, Neo4jSecurityErrorKind, Operation, Txn,
};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::cypher::Statement;
use crate::store::{StoreError, StoreResult};

/// Where Neo4j listens and how to sign in.
#[derive(Clone)]
pub struct Neo4jOptions {
    /// `bolt://host:7687`, or with encryption `bolt+s://…`.
    pub uri: String,
    /// As whom to sign in.
    pub user: String,
    /// With which password.
    pub password: String,
    /// Which of the server's databases.
    pub database: String,
    /// How many connections are held at most.
    pub pool: usize,
    /// How long one statement of a read may take.
    pub statement: Duration,
}

impl Neo4jOptions {
    /// The server's default database, with limits that suit most.
    pub fn new(uri: impl Into<String>, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            user: user.into(),
            password: password.into(),
            database: "neo4j".to_owned(),
            pool: 16,
            statement: Duration::from_secs(60),
        }
    }
}

/// How many rows travel together.
const FETCH: usize = 2_000;
/// How long a request waits for a free connection. neo4rs calls it `max_lifetime`.
const WAIT: Duration = Duration::from_secs(5);
/// How much longer than a statement a connection waits for any answer.
const GRACE: Duration = Duration::from_secs(30);
/// How long to wait before each further try.
const PAUSES: [Duration; 3] = [Duration::from_millis(25), Duration::from_millis(100), Duration::from_millis(400)];

/// What goes wrong while talking: worth another try, or not.
#[derive(Debug)]
pub(super) enum Trouble {
    /// May pass by itself.
    Passing(String),
    /// Would come again.
    Lasting(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Lasting(error)
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Passing(detail) => Self::Unavailable(detail),
            Trouble::Lasting(error) => error,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match &error {
            Error::Neo4j(told) => match told.kind() {
                Neo4jErrorKind::Transient
                | Neo4jErrorKind::Client(
                    Neo4jClientErrorKind::SessionExpired
                    | Neo4jClientErrorKind::TransactionTerminated
                    | Neo4jClientErrorKind::FatalDiscovery,
                ) => Self::Passing(text),
                // Wrong credentials, or the server's limit on wrong ones: nothing that trying again mends.
                Neo4jErrorKind::Client(Neo4jClientErrorKind::Security(kind)) => match kind {
                    Neo4jSecurityErrorKind::AuthorizationExpired => Self::Passing(text),
                    _ => Self::Lasting(StoreError::Unavailable(text)),
                },
                _ => Self::Lasting(StoreError::Failed(Box::new(error))),
            },
            Error::AuthenticationError(_) => Self::Lasting(StoreError::Unavailable(text)),
            Error::IOError { .. }
            | Error::ConnectionError
            | Error::ConnectionClosed(_)
            | Error::ConnectionTimedOut
            | Error::IncompleteBoltExchange
            | Error::Ignored(_)
            | Error::RequestIgnoredError
            | Error::UnexpectedMessage(_)
            | Error::ServerUnavailableError(_) => Self::Passing(text),
            Error::DeserializationError(_) => Self::Lasting(StoreError::Damaged(text)),
            _ => Self::Lasting(StoreError::Failed(Box::new(error))),
        }
    }
}

/// Does something again, a few times, when what failed may pass. The one place where anything is tried again.
pub(super) async fn persist<T, F>(mut attempt: impl FnMut() -> F) -> StoreResult<T>
where
    F: Future<Output = Result<T, Trouble>>,
{
    for pause in PAUSES {
        match attempt().await {
            Err(Trouble::Passing(_)) => tokio::time::sleep(pause).await,
            other => return other.map_err(StoreError::from),
        }
    }
    attempt().await.map_err(StoreError::from)
}

/// A statement with its parameters.
#[derive(Clone)]
pub(super) struct Ask {
    statement: Statement,
    parameters: Vec<(&'static str, BoltType)>,
}

impl Ask {
    /// A statement without parameters as yet.
    pub(super) fn new(statement: Statement) -> Self {
        Self { statement, parameters: Vec::new() }
    }

    /// With a parameter.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<BoltType>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    fn query(self) -> neo4rs::Query {
        self.statement.query().params(self.parameters)
    }
}

/// A map as a parameter; what is null is left out, so that it is not stored either.
pub(super) fn map<const N: usize>(entries: [(&str, BoltType); N]) -> BoltType {
    let there = entries.into_iter().filter(|(_, value)| !matches!(value, BoltType::Null(_)));
    BoltType::Map(there.map(|(name, value)| (name.into(), value)).collect())
}

/// A list of texts as a parameter.
pub(super) fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> BoltType {
    values.into_iter().map(|value| BoltType::from(value.as_ref())).collect()
}

/// A number as Neo4j holds it.
pub(super) fn int(number: impl TryInto<i64>) -> BoltType {
    BoltType::from(number.try_into().unwrap_or(i64::MAX))
}

/// What every statement answers in: one column.
const COLUMN: &str = "r";

/// Connections to one database.
#[derive(Clone)]
pub(super) struct Session {
    graph: Graph,
    statement: Duration,
}

impl Session {
    /// Gets ready; connects with the first question.
    pub(super) fn new(options: &Neo4jOptions) -> StoreResult<Self> {
        let config = ConfigBuilder::default()
            .uri(&options.uri)
            .user(&options.user)
            .password(&options.password)
            .db(options.database.as_str())
            .max_connections(options.pool)
            .fetch_size(FETCH)
            .max_lifetime(WAIT)
            // Also the limit on each answer: above what a statement may take.
            .connection_timeout(options.statement + GRACE)
            .build();
        let graph = config.and_then(Graph::connect).map_err(|error| StoreError::Failed(Box::new(error)))?;
        Ok(Self { graph, statement: options.statement })
    }

    /// All rows that a statement answers with.
    pub(super) async fn rows<T: DeserializeOwned>(&self, ask: Ask) -> StoreResult<Vec<T>> {
        persist(|| async {
            let mut transaction = self.begin_as(Operation::Read).await?;
            match timeout(self.statement, transaction.rows(ask.clone())).await {
                Ok(outcome) => transaction.end(outcome).await,
                // The connection is in the middle of an answer: the pool throws it away, and the server what it was doing.
                Err(_) => Err(StoreError::Unavailable("a statement took longer than it may".to_owned()).into()),
            }
        })
        .await
    }

    /// The first row, if there is one.
    pub(super) async fn row<T: DeserializeOwned>(&self, ask: Ask) -> StoreResult<Option<T>> {
        Ok(self.rows(ask).await?.into_iter().next())
    }

    /// Changes something by one statement that does no harm when it is repeated.
    pub(super) async fn run(&self, ask: Ask) -> StoreResult<()> {
        persist(|| async {
            let mut transaction = self.begin().await?;
            let outcome = transaction.run(ask.clone()).await;
            transaction.end(outcome).await
        })
        .await
    }

    /// Sends what a statement answers on in chunks, as long as someone listens; answers whether they listened to the end. Not
    /// tried again: what was sent cannot be taken back.
    pub(super) async fn stream<T: DeserializeOwned, C>(
        &self,
        ask: Ask,
        listener: &mpsc::Sender<C>,
        chunk: impl Fn(Vec<T>) -> StoreResult<C>,
    ) -> Result<bool, Trouble> {
        let mut transaction = self.begin_as(Operation::Read).await?;
        let outcome = transaction.stream(ask, listener, chunk).await;
        transaction.end(outcome).await
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&self) -> Result<Transaction, Trouble> {
        self.begin_as(Operation::Write).await
    }

    // Always a transaction of our own, also for one statement: the driver tries what it runs by itself again for a minute, and
    // nobody should wait that long to hear that the database is gone.
    async fn begin_as(&self, operation: Operation) -> Result<Transaction, Trouble> {
        Ok(Transaction { inner: self.graph.start_txn_as(operation, None).await? })
    }
}

/// Several statements that take effect together. Must be ended by [`Self::end`], or by [`Self::commit`] or
/// [`Self::abandon`].
pub(super) struct Transaction {
    inner: Txn,
}

impl Transaction {
    /// All rows that a statement answers with.
    pub(super) async fn rows<T: DeserializeOwned>(&mut self, ask: Ask) -> Result<Vec<T>, Trouble> {
        let mut stream = self.inner.execute(ask.query()).await?;
        let mut found = Vec::new();
        while let Some(row) = stream.next(self.inner.handle()).await? {
            found.push(row.get(COLUMN).map_err(Error::from)?);
        }
        Ok(found)
    }

    /// The first row, if there is one.
    pub(super) async fn row<T: DeserializeOwned>(&mut self, ask: Ask) -> Result<Option<T>, Trouble> {
        Ok(self.rows(ask).await?.into_iter().next())
    }

    async fn stream<T: DeserializeOwned, C>(
        &mut self,
        ask: Ask,
        listener: &mpsc::Sender<C>,
        chunk: impl Fn(Vec<T>) -> StoreResult<C>,
    ) -> Result<bool, Trouble> {
        let mut rows = self.inner.execute(ask.query()).await?;
        loop {
            let mut full: Vec<T> = Vec::with_capacity(FETCH);
            while full.len() < FETCH
                && let Some(row) = rows.next(self.inner.handle()).await?
            {
                full.push(row.get(COLUMN).map_err(Error::from)?);
            }
            let last = full.len() < FETCH;
            if !full.is_empty() && listener.send(chunk(full)?).await.is_err() {
                // Nobody listens any more: the rest stays on the server, and the connection is free.
                rows.finish(self.inner.handle()).await?;
                return Ok(false);
            }
            if last {
                return Ok(true);
            }
        }
    }

    /// Runs a statement whose answer does not matter.
    pub(super) async fn run(&mut self, ask: Ask) -> Result<(), Trouble> {
        self.inner.run(ask.query()).await?;
        Ok(())
    }

    /// Makes it last if all went well, else gives it up; answers what came of it.
    pub(super) async fn end<T>(self, outcome: Result<T, Trouble>) -> Result<T, Trouble> {
        match outcome {
            Ok(done) => self.commit().await.map(|()| done),
            Err(trouble) => {
                self.abandon().await;
                Err(trouble)
            }
        }
    }

    /// Makes it last.
    pub(super) async fn commit(self) -> Result<(), Trouble> {
        self.inner.commit().await?;
        Ok(())
    }

    /// Gives it up.
    pub(super) async fn abandon(self) {
        // After a failed statement, and without a connection, the server has rolled it back already and says so by an error.
        _ = self.inner.rollback().await;
    }
}
