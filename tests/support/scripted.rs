//! A time-stamping authority that does what a test says: it stamps, or fails in one of the ways in which authorities fail.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use torikomi::crypto::make::{EvaluationAuthority, EvaluationCa, KeyPair, Subject, Suite, Validity};
use torikomi::instant::Instant;

const REPLY: &str = "application/timestamp-reply";

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    Stamps,
    /// Understands, and says no (PKIStatus `rejection`).
    Rejects,
    /// The same, because so many were paid for and no more.
    QuotaUsedUp,
    Http(u16),
    /// Points to where a good stamp is to be had.
    Redirects,
    Garbage,
    /// Says nothing.
    Silent,
    /// Closes the connection at once.
    HangsUp,
    /// A head that does not end, a line at a time.
    EndlessHead,
    /// A body that does not end, as fast as it can.
    EndlessBody,
    /// A body that comes a byte at a time.
    DrippingBody,
    /// An earlier reply.
    Replays,
    OtherNonce,
    OtherImprint,
    /// A clock that is off.
    Off(SignedDuration),
}

/// The authority, behind a port of its own for as long as the test runs.
pub struct Scripted {
    pub address: SocketAddr,
    pub certificate: Vec<u8>,
    /// The certificate that its stamps lead to.
    pub root: Vec<u8>,
    state: Arc<State>,
}

struct State {
    authority: EvaluationAuthority,
    behaviour: Mutex<Behaviour>,
    asked: AtomicUsize,
    earlier: Mutex<Option<Vec<u8>>>,
    serial: AtomicUsize,
}

impl Scripted {
    /// With a key, a certificate and a root of its own, under this name.
    pub fn start(name: &str) -> Self {
        let now = Instant::from(Timestamp::now());
        let year = SignedDuration::from_hours(24 * 365);
        // Valid long before and after, for clocks that are off.
        let validity = Validity { not_before: now.plus(-year), not_after: now.plus(year * 20) };
        let subject = |name: &str| Subject {
            common_name: name.into(),
            organization: "架空の時刻認証局".into(),
            organizational_unit: None,
        };
        let ca = EvaluationCa::create(&subject("Scripted root"), validity).unwrap();
        let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
        let certificate = ca.issue_timestamping(&key.public_key().unwrap(), &subject(name), validity).unwrap();
        let root = ca.certificate().to_vec();
        let authority = EvaluationAuthority::new(key, certificate.clone(), vec![root.clone()]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            authority,
            behaviour: Mutex::new(Behaviour::Stamps),
            asked: AtomicUsize::new(0),
            earlier: Mutex::new(None),
            serial: AtomicUsize::new(1),
        });
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&serving);
                // Each by itself: one that is kept waiting keeps no other waiting.
                std::thread::spawn(move || state.answer(stream));
            }
        });
        Self { address, certificate, root, state }
    }

    pub fn does(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.state.asked.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Writes its root as PEM.
    pub fn write_root(&self, folder: &Path, name: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, torikomi::crypto::pem::write(&self.root)).unwrap();
        path
    }
}

impl State {
    /// Whoever hangs up has heard enough.
    fn answer(&self, mut stream: TcpStream) {
        let Some((path, request)) = read_request(&mut stream) else { return };
        let behaviour = self.behaviour.lock().unwrap().clone();
        let behaviour = if path == "/elsewhere" { Behaviour::Stamps } else { behaviour };
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _gone = match behaviour {
            Behaviour::Stamps => {
                let reply = self.reply(&request, SignedDuration::ZERO);
                self.earlier.lock().unwrap().get_or_insert_with(|| reply.clone());
                respond(&mut stream, 200, REPLY, &reply)
            }
            Behaviour::Rejects => respond(&mut stream, 200, REPLY, &self.reply(b"no request", SignedDuration::ZERO)),
            Behaviour::QuotaUsedUp => respond(&mut stream, 200, REPLY, &quota_used_up()),
            Behaviour::Http(status) => respond(&mut stream, status, "text/plain", b"no"),
            Behaviour::Redirects => respond(&mut stream, 302, REPLY, b""),
            Behaviour::Garbage => respond(&mut stream, 200, "text/html", b"<p>Please log in to the guest network."),
            Behaviour::Silent => {
                // Until the client has had enough.
                let _ = stream.read(&mut [0]);
                Ok(())
            }
            Behaviour::HangsUp => Ok(()),
            Behaviour::EndlessHead => drip(&mut stream, b"HTTP/1.1 200 OK\r\n", b"X-More: to come\r\n", 20),
            Behaviour::EndlessBody => {
                let chunk = [b"2000\r\n".as_slice(), &[0x30; 0x2000], b"\r\n"].concat();
                drip(&mut stream, head("Transfer-Encoding: chunked").as_bytes(), &chunk, 0)
            }
            Behaviour::DrippingBody => drip(&mut stream, head("Content-Length: 5000").as_bytes(), b"\x30", 20),
            Behaviour::Replays => {
                let earlier = self.earlier.lock().unwrap().clone();
                respond(&mut stream, 200, REPLY, &earlier.unwrap_or_else(|| self.reply(&request, SignedDuration::ZERO)))
            }
            Behaviour::OtherNonce => {
                // The last field but one: INTEGER, before `certReq`.
                let at = request.len() - 4;
                respond(&mut stream, 200, REPLY, &self.reply(&flipped(&request, at), SignedDuration::ZERO))
            }
            Behaviour::OtherImprint => {
                let at = request.windows(2).position(|two| two == [0x04, 0x20]).unwrap() + 2;
                respond(&mut stream, 200, REPLY, &self.reply(&flipped(&request, at), SignedDuration::ZERO))
            }
            Behaviour::Off(by) => respond(&mut stream, 200, REPLY, &self.reply(&request, by)),
        };
    }

    fn reply(&self, request: &[u8], off: SignedDuration) -> Vec<u8> {
        let mut serial = [0; 16];
        serial[..8].copy_from_slice(&(self.serial.fetch_add(1, Ordering::SeqCst) as u64).to_be_bytes());
        self.authority.answer(request, Instant::from(Timestamp::now()).plus(off), &serial).unwrap()
    }
}

fn flipped(request: &[u8], at: usize) -> Vec<u8> {
    let mut other = request.to_vec();
    other[at] ^= 1;
    other
}

/// SEQ { SEQ { 2, SEQ { UTF8String } } }: a rejection in words alone.
fn quota_used_up() -> Vec<u8> {
    let text = b"the quota of this month is used up";
    let length = |more: usize| u8::try_from(text.len() + more).unwrap();
    let mut reply = vec![0x30, length(9), 0x30, length(7), 0x02, 0x01, 0x02, 0x30, length(2), 0x0c, length(0)];
    reply.extend(text);
    reply
}

fn head(length: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {REPLY}\r\n{length}\r\n\r\n")
}

fn respond(stream: &mut TcpStream, status: u16, media_type: &str, body: &[u8]) -> std::io::Result<()> {
    let location = if (300..400).contains(&status) { "Location: /elsewhere\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\n{location}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

/// Begins, and goes on with `more` until nobody listens.
fn drip(stream: &mut TcpStream, begin: &[u8], more: &[u8], milliseconds: u64) -> std::io::Result<()> {
    stream.write_all(begin)?;
    loop {
        stream.write_all(more)?;
        stream.flush()?;
        std::thread::sleep(Duration::from_millis(milliseconds));
    }
}

fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
        let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
        let length: usize = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
        if request.len() >= end + 4 + length {
            let path = head.split(' ').nth(1)?.to_owned();
            return Some((path, request[end + 4..].to_vec()));
        }
    }
}
