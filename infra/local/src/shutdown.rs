//! The signal by which the endpoint is stopped.

use tokio::sync::watch;

/// Returns once the endpoint is to stop, or nobody is left who could say so.
pub(crate) async fn stop_requested(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the endpoint was dropped");
    }
}
