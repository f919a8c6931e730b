//! Sealing and opening, with age (<https://age-encryption.org/v1>): whoever backs up knows public keys alone.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile};

use super::trouble::Trouble;
use crate::config::backup::Recipient;
use crate::durable::{BUFFER, Failure, Sink, Written};
use crate::ids::Digester;

/// Secret keys are a line each.
const LONGEST_IDENTITIES: u64 = 1 << 20;

/// Seals into `sink` what `fill` writes, for all of them.
pub(super) fn seal(
    recipients: &[Recipient],
    sink: &mut Sink,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let keys = recipients.iter().map(|recipient| -> &dyn age::Recipient { recipient.key() });
    let encryptor = Encryptor::with_recipients(keys).map_err(|_| Trouble::NoRecipients)?;
    let mut through = Through { sink, failure: None };
    let sealed = match encryptor.wrap_output(&mut through) {
        Ok(mut sealing) => fill(&mut sealing).map(|()| sealing),
        Err(error) => Err(Trouble::Disk { path: String::new(), problem: error.to_string() }),
    };
    let sealed = sealed.and_then(|sealing| {
        let finished = sealing.finish();
        finished.map(|_| ()).map_err(|error| Trouble::Disk { path: String::new(), problem: error.to_string() })
    });
    // What the disk said says more than what became of it on the way.
    match through.failure {
        Some(failure) => Err(failure.into()),
        None => sealed,
    }
}

/// The way into a sink, which keeps what the disk said.
struct Through<'a> {
    sink: &'a mut Sink,
    failure: Option<Failure>,
}

impl Write for Through<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.sink.write(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(failure) => {
                let error = io::Error::other(failure.to_string());
                self.failure = Some(failure);
                Err(error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The secret keys of a file, as `age-keygen` writes it.
pub struct Identities(Vec<Box<dyn Identity>>);

impl Identities {
    /// # Errors
    /// When the file cannot be read, or holds no secret key.
    pub fn read(path: &Path) -> Result<Self, Trouble> {
        let failed = |problem: String| Trouble::IdentityFile { path: path.display().to_string(), problem };
        let file = crate::system::open_regular(path).map_err(|error| failed(error.to_string()))?;
        let text = BufReader::new(file.take(LONGEST_IDENTITIES));
        let file = IdentityFile::from_buffer(text).map_err(|error| failed(error.to_string()))?;
        let identities = file.into_identities().map_err(|error| failed(error.to_string()))?;
        if identities.is_empty() { Err(failed("no AGE-SECRET-KEY-1…".into())) } else { Ok(Self(identities)) }
    }

    /// Opens what is sealed at `path` and gives it to `take`, which reads to the end.
    pub(in crate::upkeep) fn open<T>(
        &self,
        path: &Path,
        take: impl FnOnce(&mut dyn Read) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let shown = || path.display().to_string();
        let file = File::open(path).map_err(|error| Trouble::io(path, &error))?;
        let refused = |error: DecryptError| match error {
            DecryptError::NoMatchingKeys => Trouble::WrongKey { path: shown() },
            DecryptError::UnknownFormat => Trouble::Newer { path: shown() },
            _ => Trouble::Damaged { path: shown() },
        };
        let decryptor = Decryptor::new_buffered(BufReader::with_capacity(BUFFER, file)).map_err(refused)?;
        let mut opened = decryptor.decrypt(self.0.iter().map(AsRef::as_ref)).map_err(refused)?;
        take(&mut opened)
    }
}

/// Copies to the end, and tells what went over. An error of the reader is `damaged`.
pub(in crate::upkeep) fn pour(
    from: &mut dyn Read,
    to: &mut dyn Write,
    damaged: impl Fn(&io::Error) -> Trouble,
) -> Result<Written, Trouble> {
    let (mut digester, mut size) = (Digester::default(), 0_u64);
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => return Ok(Written { digest: digester.finish(), size }),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(&error)),
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        to.write_all(bytes).map_err(|error| Trouble::Disk { path: String::new(), problem: error.to_string() })?;
        digester.update(bytes);
        size = size.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
