//! Waits with a deadline.

use std::{future::Future, time::Duration};

use smol::{Timer, future::FutureExt as _};

/// A future's result, or `None` if it takes longer than `deadline`.
pub(crate) async fn within<T>(deadline: Duration, future: impl Future<Output = T>) -> Option<T> {
    let late = async {
        Timer::after(deadline).await;
        None
    };
    async { Some(future.await) }.or(late).await
}
