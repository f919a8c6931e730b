//! What people read, in Japanese and English, from one catalogue.
//!
//! The texts are Fluent files beside this one, one for each area and language. Codes and numbers travel through the
//! program; they become sentences here and nowhere else.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

pub use fluent_bundle::FluentValue;

/// A language that the catalogue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Ja,
    En,
}

/// The sentence `id` with its blanks filled. An id that the catalogue lacks is answered with itself: better a code than
/// nothing.
#[must_use]
pub fn say(lang: Lang, id: &str, blanks: &[(&str, FluentValue<'_>)]) -> String {
    find(lang, id, blanks).unwrap_or_else(|| id.to_owned())
}

/// The sentence `id`, where the catalogue has it.
#[must_use]
pub fn find(lang: Lang, id: &str, blanks: &[(&str, FluentValue<'_>)]) -> Option<String> {
    let bundle: &FluentBundle<FluentResource> = match lang {
        Lang::Ja => &JA,
        Lang::En => &EN,
    };
    let pattern = bundle.get_message(id)?.value()?;
    let args: FluentArgs<'_> = blanks.iter().map(|(name, value)| (*name, value.clone())).collect();
    Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
}

static JA: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("ja", [include_str!("messages/ja/intake.ftl")]));
static EN: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| bundle("en", [include_str!("messages/en/intake.ftl")]));

fn bundle<const N: usize>(language: &str, texts: [&str; N]) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse::<LanguageIdentifier>().unwrap_or_default()]);
    // Marks that isolate the direction of text would stand in terminals and be copied with ids.
    bundle.set_use_isolating(false);
    for text in texts {
        // What could be read of a faulty file is used; a test demands that none is.
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}
