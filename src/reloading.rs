//! A reload of the whole program: its log files, its manifests and its actors.

use std::sync::Arc;

use crate::{
    Host,
    host::Listening,
    logger::Outputs,
    manifest::Selection,
    systemd::{Manager, Notification},
};

/// What a reload needs, apart from the host.
pub struct Reloading {
    /// The manifests of the command. They are read anew each time.
    pub selection: Selection,
    /// The log's outputs.
    pub outputs: Outputs,
    /// Told when a reload begins and when it ends.
    pub manager: Arc<Manager>,
}

impl Reloading {
    /// Reopens the log files, and changes the host as the manifests say now. If there is a mistake,
    /// nothing changes but the log files, and the log names it. Returns where added actors listen.
    ///
    /// It can be dropped while it waits. `why` is for the log.
    pub async fn run(&self, host: &mut Host, why: &str) -> Vec<Listening> {
        self.manager.notify(Notification::Reloading).await;
        log::info!(target: "footlight", "{why}: reopening the log files and reading the manifests");
        self.outputs.reopen();
        let added = match host.reload(self.selection.clone(), &self.outputs).await {
            Ok(reloaded) => {
                log::info!(target: "footlight", "reloaded: {reloaded}");
                reloaded.added
            }
            Err(mistakes) => {
                for mistake in mistakes.lines() {
                    log::error!(target: "footlight", "not reloaded: {mistake}");
                }
                host.count_failed_reload();
                Vec::new()
            }
        };
        let serving = host.actors();
        let of = serving.max(self.selection.paths.len());
        self.manager.notify(Notification::Ready { serving, of }).await;
        added
    }
}
