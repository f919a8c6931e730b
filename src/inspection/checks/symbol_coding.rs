//! A page on which letters were replaced by look-alikes.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Compression;
use crate::profile::Coding;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// JBIG2 with symbol dictionaries or text regions, which draws similar letters from one stored shape.
    /// ## Why it matters
    /// A 6 may have become an 8, cleanly drawn and beyond any doubt or proof.
    /// ## What to do
    /// Switch this compression off at the scanner (often called compact PDF) and scan again.
    /// ## What it cannot see
    /// Replacement that happened before the file was written.
    pub(super) static SYMBOL_CODING = {
        name: "symbol_coding",
        requirements: &[mhlw_5_2("9.1-C1(4b)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(symbol_coding),
        in_japanese: "\
## 何を見るか\n\
似た文字を一つの字形で置き換える圧縮（JBIG2の記号符号化）が使われていないかを見ます。\n\
## なぜ大切か\n\
6が8になっていても、きれいに描かれるため疑うことも証明することもできません。\n\
## どうするか\n\
スキャナーのこの圧縮（高圧縮PDF等の名称）を切って、読み取り直してください。\n\
## 何は見られないか\n\
ファイルになる前の置換えは分かりません。\n",
    }
}

fn symbol_coding(page: &Page<'_>, profile: &Profile) -> Outcome {
    if !profile.compression.forbid.contains(&Coding::Jbig2Symbol) || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    let mut unclear = page.measured.compression.is_empty();
    for compression in compressions(page) {
        match compression {
            Compression::Jbig2Symbol => return Outcome::Failed(Reason::SymbolCoding),
            Compression::Other => unclear = true,
            _ => {}
        }
    }
    if unclear {
        Outcome::Indeterminate(Reason::CompressionNotTold { compression: Compression::Other })
    } else {
        Outcome::Passed
    }
}

/// Of the main image and of every other on the page.
fn compressions<'a>(page: &Page<'a>) -> impl Iterator<Item = Compression> + use<'a> {
    let others = page.measured.images.iter().flat_map(|image| &image.compression);
    page.measured.compression.iter().chain(others).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};
    use crate::measurements::PageMeasurements;

    #[test]
    fn in_any_image_of_the_page() {
        let unclear = Outcome::Indeterminate(Reason::CompressionNotTold { compression: Compression::Other });
        for (compression, expected) in [
            (vec![Compression::Jbig2], Outcome::Passed),
            (vec![Compression::Jbig2Symbol], Outcome::Failed(Reason::SymbolCoding)),
            (vec![Compression::Other], unclear.clone()),
            (vec![], unclear),
        ] {
            let page = PageMeasurements { compression, ..a4_page() };
            assert_eq!(of_page(symbol_coding, &page, &[]), expected);
            let allowed = [("forbid = [\"jbig2-symbol\"]", "forbid = []")];
            assert_eq!(of_page(symbol_coding, &page, &allowed), Outcome::NotApplicable);
        }
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let mut second = page.images[0].clone();
        second.compression = vec![Compression::Jbig2Symbol];
        page.images.push(second);
        assert_eq!(of_pdf_page(symbol_coding, &page, &[]), Outcome::Failed(Reason::SymbolCoding));
    }
}
