//! The server: HTTP on loopback, on threads of its own.

use super::held::{Arrived, Held, Outcome};
use super::script::{Act, Ending, Script};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// The most that is read of a request, in bytes.
const BODY_MAX: usize = 64 << 20;

/// A receiver that runs until it is dropped.
pub struct Inbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

struct Shared {
    held: Mutex<Held>,
    script: Mutex<Script>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl Inbox {
    /// Starts to listen on loopback: at this port, or at a free one for 0. `wake` is called after
    /// each request.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn start(
        port: u16,
        script: Script,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("inbox")
            .enable_io()
            .enable_time()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port)))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            held: Mutex::default(),
            script: Mutex::new(script),
            wake: Box::new(wake),
        });
        runtime.spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, runtime: Some(runtime) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for rows.
    pub fn url(&self) -> String {
        format!("http://{}/rows", self.address)
    }

    /// What it holds now.
    pub fn held(&self) -> MutexGuard<'_, Held> {
        lock(&self.shared.held)
    }

    /// Changes what it does with the requests that come.
    pub fn script(&self, script: Script) {
        *lock(&self.shared.script) = script;
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        // Without waiting for connections that are still open.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Each change is whole, so a lock that a panic left behind is usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // Small answers go at once.
        let _ = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            // An error is a connection that was closed, by either side.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// An answer; an error closes the connection without one.
async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, BODY_MAX).collect().await.map_err(io::Error::other)?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let act = lock(&shared.script).next(parts.uri.path());
    let id = parts.headers.get("idempotency-key").and_then(|id| id.to_str().ok());
    let outcome = lock(&shared.held).take(&body, id, &act.taken);
    let said = said(&act, &outcome);
    let arrived = Arrived {
        number: 0,
        line: format!("{} {}", parts.method, parts.uri),
        headers: shown_headers(&parts.headers),
        body,
        taken: outcome.taken,
        status: said.as_ref().map_or(0, |said| said.status().as_u16()),
    };
    lock(&shared.held).show(arrived);
    (shared.wake)();
    if !act.delay.is_zero() {
        tokio::time::sleep(act.delay).await;
    }
    said.ok_or_else(|| io::ErrorKind::ConnectionAborted.into())
}

fn shown_headers(headers: &hyper::HeaderMap) -> Vec<String> {
    let shown = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        let value = match name.as_str() {
            "authorization" | "api-key" | "x-api-key" => "…".into(),
            _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        format!("{name}: {value}")
    };
    headers.iter().map(shown).collect()
}

/// The answer of an act; `None` closes the connection.
fn said(act: &Act, outcome: &Outcome) -> Option<Response<Full<Bytes>>> {
    let (status, headers, body) = match &act.ending {
        Ending::Drop => return None,
        Ending::Says(status, headers, body) => (*status, headers.clone(), body.clone()),
        Ending::Usual | Ending::Again if outcome.whole => {
            let body = r#"{"message":"one of the rows is wrong, so none was taken"}"#;
            (400, Vec::new(), body.to_owned())
        }
        Ending::Usual | Ending::Again if outcome.refused.is_empty() => {
            (200, Vec::new(), "{}".to_owned())
        }
        Ending::Usual | Ending::Again => {
            let again = act.ending == Ending::Again;
            let error = |index: &usize| {
                format!(r#"{{"index":{index},"message":"refused","retry":{again}}}"#)
            };
            let errors: Vec<String> = outcome.refused.iter().map(error).collect();
            (207, Vec::new(), format!(r#"{{"errors":[{}]}}"#, errors.join(",")))
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, value) in headers {
        let name = hyper::header::HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    Some(response)
}
