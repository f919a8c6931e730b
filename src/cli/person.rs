//! Who asks: the options by which a person names and proves themself, and where the passphrase comes from.
//!
//! A passphrase is typed at the terminal or read from a file. It is never an argument or an environment variable, where
//! every other process of the machine could see it.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::desk::Desk;
use super::failure::Failure;
use crate::control::facts::Noted;
use crate::control::{Credentials, MOST_VIEWED, Request, Secret, Viewed};

/// A file with more than this before its first line ends holds no passphrase.
const LONGEST_PASSPHRASE: u16 = 4096;

/// The person who acts.
#[derive(Debug, clap::Args)]
pub struct Person {
    #[arg(id = "as", long = "as", value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

impl Person {
    pub(super) fn login(&self) -> &str {
        &self.login
    }

    pub(super) fn prove(&self, desk: &Desk) -> Result<Credentials, Failure> {
        let passphrase = passphrase(desk, &self.login, self.passphrase_file.as_deref())?;
        Ok(Credentials { login: self.login.clone(), passphrase })
    }
}

/// The person who looks, where they say who they are. Where they do not, it is the user of the machine.
#[derive(Debug, clap::Args)]
pub struct Onlooker {
    #[arg(id = "as", long = "as", value_name = "LOGIN")]
    login: Option<String>,
    #[arg(long, value_name = "FILE", requires = "as")]
    passphrase_file: Option<PathBuf>,
}

impl Onlooker {
    /// Has the look entered in the journal. What is not entered must not be shown.
    pub(super) fn enter(&self, desk: &Desk, what: Vec<Viewed>) -> Result<(), Failure> {
        let by = match &self.login {
            None => None,
            Some(login) => {
                let passphrase = passphrase(desk, login, self.passphrase_file.as_deref())?;
                Some(Credentials { login: login.clone(), passphrase })
            }
        };
        enter_look(desk, by, what)
    }
}

/// Has a look entered in the journal: of a person who proved who they are, or of the user of the machine.
pub(super) fn enter_look(desk: &Desk, by: Option<Credentials>, what: Vec<Viewed>) -> Result<(), Failure> {
    for what in what.chunks(MOST_VIEWED) {
        let entered: Result<Noted, Failure> = desk.ask(&Request::View { by: by.clone(), what: what.to_vec() });
        entered.map_err(|failure| match failure {
            Failure::NoDaemon { socket } => Failure::NotShown { socket },
            failure => failure,
        })?;
    }
    Ok(())
}

/// A second person who takes part.
#[derive(Debug, clap::Args)]
pub struct SecondPerson {
    #[arg(id = "second", long = "second", value_name = "LOGIN")]
    login: Option<String>,
    #[arg(long, value_name = "FILE", requires = "second")]
    second_passphrase_file: Option<PathBuf>,
}

impl SecondPerson {
    pub(super) fn prove(&self, desk: &Desk) -> Result<Option<Credentials>, Failure> {
        let Some(login) = &self.login else { return Ok(None) };
        let passphrase = passphrase(desk, login, self.second_passphrase_file.as_deref())?;
        Ok(Some(Credentials { login: login.clone(), passphrase }))
    }
}

/// Who stands by while the home's own authority is open.
#[derive(Debug, clap::Args)]
pub struct Witness {
    #[arg(id = "witness", long = "witness", value_name = "LOGIN")]
    login: Option<String>,
    #[arg(long, value_name = "FILE", requires = "witness")]
    witness_passphrase_file: Option<PathBuf>,
}

impl Witness {
    pub(super) fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    pub(super) fn prove(&self, desk: &Desk) -> Result<Option<Credentials>, Failure> {
        let Some(login) = &self.login else { return Ok(None) };
        let passphrase = passphrase(desk, login, self.witness_passphrase_file.as_deref())?;
        Ok(Some(Credentials { login: login.clone(), passphrase }))
    }
}

/// The passphrase of `whose`, from the file or the terminal.
pub(super) fn passphrase(desk: &Desk, whose: &str, file: Option<&Path>) -> Result<Secret, Failure> {
    match file {
        Some(file) => from_file(file),
        None => typed(&desk.words.with("cli-passphrase-prompt", &[("whose", whose.into())])),
    }
}

/// A new passphrase: typed twice, or from the file.
pub(super) fn new_passphrase(desk: &Desk, whose: &str, file: Option<&Path>) -> Result<Secret, Failure> {
    let Some(file) = file else {
        let once = typed(&desk.words.with("cli-new-passphrase-prompt", &[("whose", whose.into())]))?;
        let again = typed(&desk.words.with("cli-passphrase-again-prompt", &[("whose", whose.into())]))?;
        return if once.expose() == again.expose() { Ok(once) } else { Err(Failure::PassphrasesDiffer) };
    };
    from_file(file)
}

fn typed(prompt: &str) -> Result<Secret, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    rpassword::prompt_password(prompt).map(Secret::new).map_err(|_| Failure::NoTerminal)
}

/// The first line without its end.
fn from_file(path: &Path) -> Result<Secret, Failure> {
    let failure = |problem: String| Failure::PassphraseFile { path: path.display().to_string(), problem };
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(LONGEST_PASSPHRASE) + 1));
    File::open(path)
        .and_then(|file| file.take(u64::from(LONGEST_PASSPHRASE) + 1).read_to_end(&mut bytes))
        .map_err(|error| failure(error.to_string()))?;
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() > usize::from(LONGEST_PASSPHRASE) {
        return Err(failure("more than 4096 bytes in the first line".into()));
    }
    let text = std::str::from_utf8(line).map_err(|_| failure("not UTF-8".into()))?;
    if text.is_empty() { Err(failure("the first line is empty".into())) } else { Ok(Secret::new(text.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Result<String, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        std::fs::write(&path, bytes).unwrap();
        from_file(&path).map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_first_line_is_the_passphrase() {
        assert_eq!(of(b"abc def\n").unwrap(), "abc def");
        assert_eq!(of(b"abc \r\nsecond").unwrap(), "abc ");
        assert_eq!(of("合言葉".as_bytes()).unwrap(), "合言葉");
        for wrong in [&b""[..], b"\nabc", b"\xff\xfe", &[b'a'; 5000]] {
            assert!(matches!(of(wrong), Err(Failure::PassphraseFile { .. })), "{wrong:?}");
        }
    }
}
