//! The evaluation time-stamping authority behind HTTP (`torikomi timestamp serve`).

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use super::{QUERY_TYPE, REPLY_TYPE};
use crate::crypto::make::EvaluationAuthority;
use crate::instant::Instant;

/// Requests have some seventy bytes.
const LONGEST_REQUEST: usize = 16 << 10;

/// Answers requests at `/` until `shutdown` is ready; requests begun by then are answered.
///
/// # Errors
/// When the listener fails.
pub async fn serve<C>(
    listener: tokio::net::TcpListener,
    authority: EvaluationAuthority,
    clock: C,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()>
where
    C: Fn() -> Instant + Send + Sync + 'static,
{
    let router = Router::new()
        .route("/", post(answer::<C>))
        .layer(DefaultBodyLimit::max(LONGEST_REQUEST))
        .with_state(Arc::new((authority, clock)));
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn answer<C: Fn() -> Instant>(
    State(state): State<Arc<(EvaluationAuthority, C)>>,
    headers: HeaderMap,
    request: Bytes,
) -> Response {
    let (authority, clock) = &*state;
    if headers.get(CONTENT_TYPE).is_none_or(|found| found != QUERY_TYPE) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    // Random and long enough never to come twice, so that no state must be kept.
    let mut serial = [0; 16];
    let reply = getrandom::fill(&mut serial).ok().and_then(|()| authority.answer(&request, clock(), &serial).ok());
    match reply {
        Some(reply) => ([(CONTENT_TYPE, REPLY_TYPE)], reply).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
