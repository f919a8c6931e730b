//! What comes with a delivery never chooses that less is asked of it.

use torikomi::control::Request;
use torikomi::document::HoldReason;
use torikomi::identification::Facts;
use torikomi::ids::DocumentId;
use torikomi::journal::read;
use torikomi::ledger::documents::{self, Document, Filter};

use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::wait_for;

/// The consent's profile in another regime, without a stamp.
fn unstamped(id: &str, regime: &str) -> String {
    include_str!("../../profiles/demo/consent-demo.toml")
        .replace("id = \"consent-demo\"", &format!("id = \"{id}\""))
        .replace("regime = \"9.2\"", &format!("regime = \"{regime}\""))
        .replace("policy = \"each\"", "policy = \"none\"")
        .replace("timestamp_within = \"1h\"\n", "")
}

/// The sender says that it is a consent; that less is asked of it is the manager's to say, known patient or not.
#[test]
fn a_clerk_moves_nothing_to_a_weaker_profile_while_it_is_unidentified() {
    let weaker = include_str!("../../profiles/demo/consent-demo.toml")
        .replace("id = \"consent-demo\"", "id = \"consent-pale\"")
        .replace("minimum_dpi = 300", "minimum_dpi = 150");
    assert!(weaker.contains("minimum_dpi = 150"), "the sample profile asks for another resolution now");
    let home = TestHome::with_profiles(&[("consent-pale.toml", weaker)]);
    let daemon = home.start();
    let line = &daemon.line;
    home.deliver_consent_of("9990777", "unknown");
    let held = wait_for(|| {
        let all = line.database.read(async |tx| documents::list(tx, &Filter::default(), 10).await).unwrap().documents;
        all.into_iter().find(|document| document.held == Some(HoldReason::UnknownPatient))
    });
    let held = held.expect("its patient is not in the master");
    let identify = |kind: &str| {
        home.requests(line)(Request::Identify {
            by: by("sekinin"),
            document: looked(&line.database, held.id),
            facts: Box::new(Facts { document_type: Some(kind.parse().unwrap()), ..Facts::default() }),
            supersedes: None,
            reason: because("wrong-kind"),
        });
        let stored = line.database.read(async |tx| read::of_document(tx, held.id).await).unwrap();
        stored.iter().filter_map(|stored| stored.entry().unwrap().act).next_back().unwrap().text
    };
    // The role that the act needs follows from what it says of itself.
    let act = identify("consent-pale");
    assert!(act.contains("\"weaker_profile\":true"), "{act}");
    wait_for(|| {
        Some(()).filter(|()| {
            line.database.read(async |tx| documents::get(tx, held.id).await).unwrap().unwrap().held.is_some()
        })
    });
    let act = identify("consent-demo");
    assert!(act.contains("\"weaker_profile\":false"), "{act}");
}

#[test]
fn a_profile_that_keeps_the_paper_or_asks_for_no_stamp_is_chosen_by_a_person() {
    let kinds = [("photograph", "ch7"), ("convenience", "9.5")];
    let files = kinds.map(|(id, regime)| (format!("{id}.toml"), unstamped(id, regime)));
    let home = TestHome::with_profiles(&files.each_ref().map(|(name, text)| (name.as_str(), text.clone())));
    let daemon = home.start();
    let line = &daemon.line;
    let requests = home.requests(line);
    for (kind, _) in kinds {
        home.deliver_consent(kind);
        let sidecar = home.drop().join(format!("{kind}.json"));
        let text = std::fs::read_to_string(&sidecar).unwrap();
        std::fs::write(&sidecar, text.replace("consent-demo", kind)).unwrap();
        let held = |held: Option<HoldReason>| {
            let all =
                line.database.read(async |tx| documents::list(tx, &Filter::default(), 10).await).unwrap().documents;
            all.into_iter().find(|document| document.held == held)
        };
        let document = wait_for(|| held(Some(HoldReason::NoProfile))).unwrap_or_else(|| panic!("{kind}"));
        assert_eq!(document.profile, None, "{kind}");
        requests(Request::Identify {
            by: by("sekinin"),
            document: looked(&line.database, document.id),
            facts: Box::new(Facts { document_type: Some(kind.parse().unwrap()), ..Facts::default() }),
            supersedes: None,
            reason: because("wrong-kind"),
        });
        let of = |id: DocumentId| line.database.read(async move |tx| documents::get(tx, id).await).unwrap().unwrap();
        let judged = wait_for(|| Some(of(document.id)).filter(|now: &Document| now.profile.is_some()));
        let judged = judged.unwrap_or_else(|| panic!("{kind}: {:?}", of(document.id)));
        assert_eq!(judged.profile.unwrap().id.as_str(), kind);
    }
}
