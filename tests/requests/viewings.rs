//! Whoever looks at a document is entered in the journal, and nothing of what they saw.

use torikomi::control::{Credentials, Refusal, Request, Secret, Viewed};
use torikomi::database::DatabaseError;
use torikomi::ids::{DocumentId, RecordId};
use torikomi::journal::{Actor, Entry, Kind, read};
use torikomi::people::register;

use crate::bench::{ADMIN, Bench, PEER, person};

fn last(bench: &Bench) -> Entry {
    let entries = bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    entries.last().unwrap().entry().unwrap()
}

#[test]
fn a_look_is_entered_with_who_looked_at_what() {
    let bench = Bench::new();
    let document = bench.judged(crate::bench::KIND, &[]);
    let view = |by| Request::View { by, what: Viewed::Document(document) };

    bench.done(view(None));
    let entry = last(&bench);
    assert_eq!(
        (entry.kind, entry.actor, entry.subject.document),
        (Kind::DocumentViewed, Actor::System, Some(document))
    );
    assert_eq!((entry.facts["peer_uid"].as_u64(), entry.subject.person), (Some(PEER.uid.into()), None));

    // An administrator has no part in any document; that they looked is all the more worth knowing.
    bench.done(view(Some(person(ADMIN))));
    let entry = last(&bench);
    let looked = bench.opened.line.database.read::<_, DatabaseError, _>(async |tx| register::list(tx).await).unwrap();
    let looked = looked.iter().find(|person| person.login.to_string() == ADMIN).unwrap().id;
    assert_eq!((entry.actor, entry.subject.person), (Actor::Person(looked), Some(looked)));

    let said = serde_json::to_string(&entry).unwrap();
    assert!(!said.contains("架空") && !said.contains("9990001"), "{said}");
    assert_eq!((entry.private, entry.act), (None, None));
}

#[test]
fn who_does_not_prove_it_or_looks_at_nothing_is_refused() {
    let bench = Bench::new();
    let document = bench.fresh();
    let what = Viewed::Document(document);
    for login in [ADMIN, "mihon-nobody"] {
        let by = Some(Credentials { login: login.into(), passphrase: Secret::new("wrong".into()) });
        let refusal = bench.refused(Request::View { by, what });
        assert_eq!(refusal, Refusal::NotProven { login: login.into() });
    }
    for what in [Viewed::Document(DocumentId::new()), Viewed::Record(RecordId::new())] {
        assert!(matches!(bench.refused(Request::View { by: None, what }), Refusal::Unknown { .. }));
    }
}
