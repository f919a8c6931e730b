//! The profiles that come with the program. `init` copies them; the hospital owns its copies.

/// One file under `profiles/`.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Without folders, as `init` writes it.
    pub file_name: &'static str,
    pub text: &'static str,
}

macro_rules! presets {
    ($($path:literal),+ $(,)?) => {
        &[$(Preset { file_name: file_name($path), text: include_str!(concat!("../../profiles/", $path)) }),+]
    };
}

/// What a hospital starts from. Each confirms every document by itself.
pub static PRESETS: &[Preset] = presets![
    "mhlw-general.toml",
    "referral-letter.toml",
    "consent.toml",
    "mhlw-printed-9-5.toml",
    "meti-2004.toml",
    "ecg-paper.toml",
    "film.toml",
    "rx-dispensed.toml",
    "nta-important.toml",
    "nta-general.toml",
];

/// For `torikomi demo`: an open session confirms.
pub static DEMONSTRATION: &[Preset] = presets![
    "demo/referral-letter-demo.toml",
    "demo/consent-demo.toml",
    "demo/admission-plan-demo.toml",
    "demo/lab-report-demo.toml",
    "demo/ecg-demo.toml",
    "demo/care-plan-demo.toml",
];

/// What follows the last slash.
const fn file_name(path: &'static str) -> &'static str {
    let mut rest = path;
    while let Some((first, after)) = rest.as_bytes().split_first() {
        let Ok(after) = std::str::from_utf8(after) else { return path };
        rest = after;
        if *first == b'/' {
            return rest;
        }
    }
    path
}
