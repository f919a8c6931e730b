//! Says in the journal that a generation was made, where no line runs that could.

use std::sync::Arc;

use super::BackedUp;
use super::trouble::Trouble;
use crate::config::Config;
use crate::config::home::{Home, Lock};
use crate::database::{Address, Database, DatabaseError};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::files::Files;
use crate::keyring::Keyring;

/// Enters it at a time. The home's lock shows that nobody else works in the home.
///
/// # Errors
/// When keys or database cannot be used. The generation is there all the same.
pub fn enter(
    home: &Home,
    config: &Config,
    _alone: &Lock,
    runtime: &tokio::runtime::Handle,
    backed_up: &BackedUp,
    at: Instant,
) -> Result<(), Trouble> {
    let layout = home.layout();
    let failed = |problem: String| Trouble::Database { problem };
    let address = Address::at_home(layout, config).map_err(|error| failed(error.to_string()))?;
    let keys = Keyring::open(layout, config, home.id()).map_err(|error| failed(error.to_string()))?;
    let journal = Arc::new(Journal::new(home.id(), keys.origin, keys.journal));
    let database = Database::open(&address, false, runtime, || ())?;
    // As at the start of a line: nothing is entered in a database of another past, and the files follow at once.
    let folder = layout.store(config).join("journal");
    let mut files = Files::open(&folder, &database).map_err(|error| failed(error.to_string()))?;
    let entry = backed_up.draft();
    database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, entry, at).await.map(drop))?;
    files.catch_up(&database).map_err(|error| failed(error.to_string()))?;
    database.close();
    Ok(())
}
