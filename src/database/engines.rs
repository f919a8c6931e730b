//! For tests of what must hold on both engines: an empty database on each.

use super::{Address, Database, ServerUrl};

#[path = "../../tests/support/postgres.rs"]
mod postgres;

/// An empty database, and what it needs to live.
pub struct Engine {
    pub database: Database,
    pub runtime: tokio::runtime::Runtime,
    pub folder: tempfile::TempDir,
}

/// The address of an empty database on a server.
pub fn on_a_server(runtime: &tokio::runtime::Handle) -> Address {
    Address::Server(ServerUrl::new(postgres::empty_database(runtime)))
}

/// An empty database on each engine. One that is missing fails the test.
pub fn each() -> impl Iterator<Item = Engine> {
    let file: fn(&tempfile::TempDir, &tokio::runtime::Handle) -> Address =
        |folder, _| Address::File(folder.path().join("torikomi.db"));
    let server: fn(&tempfile::TempDir, &tokio::runtime::Handle) -> Address = |_, runtime| on_a_server(runtime);
    [file, server].into_iter().map(|address| {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = address(&folder, runtime.handle());
        let database = Database::open(&address, true, runtime.handle(), || ()).unwrap();
        Engine { database, runtime, folder }
    })
}
