//! Somebody leaves: whatever was theirs ends at once or is the manager's, and the home goes on.

use torikomi::control::{Refusal, Request};
use torikomi::journal::{Actor, Kind, read};
use torikomi::people::acts::{Act, Deed, RevocationReason};
use torikomi::people::register::Called;
use torikomi::people::{PeopleError, Refused, appointments, register};

use crate::bench::{ADMIN, Bench, KIND, MANAGER, STATION, person};
use crate::people::{OPERATOR, open};
use crate::revocations::{employ, held};

/// Whoever bears another name, or works elsewhere, is the same person under the same login.
#[test]
fn a_person_is_called_otherwise_from_now_on() {
    let bench = Bench::new();
    employ(&bench);
    let change = |by: &str, name: &str| Request::ChangePerson {
        by: person(by),
        login: OPERATOR.into(),
        called: Called { name: Some(name.into()), kana: None, occupation: None, department: Some("病歴室".into()) },
    };
    assert!(matches!(bench.refused(change(MANAGER, "架空 太郎")), Refusal::RoleNeeded { .. }));
    assert_eq!(bench.refused(change(ADMIN, " ")), Refusal::from(Refused::IncompletePerson));
    let person = || {
        let found = async |tx: &mut _| register::active(tx, OPERATOR).await;
        bench.opened.line.database.read::<_, PeopleError, _>(found).unwrap()
    };
    let before = person();
    bench.done(change(ADMIN, "架空 太郎"));
    let (entry, _) = bench.last_act();
    assert_eq!(entry.kind, Kind::PersonChanged);
    assert!(!serde_json::to_string(&entry).unwrap().contains("太郎"));
    let expected = register::Person { name: "架空 太郎".into(), department: "病歴室".into(), ..before };
    assert_eq!(person(), expected);
    bench.the_journal_counts();
}

fn retire(login: &str, by: &str) -> Request {
    Request::Retire { by: person(by), login: login.into() }
}

#[test]
fn whoever_leaves_signs_nothing_more_and_their_documents_are_the_managers() {
    let bench = Bench::new();
    employ(&bench);
    let station = STATION.parse().unwrap();
    bench.done(open(OPERATOR));
    let (theirs, ended) = (bench.judged(KIND, &[]), bench.judged(KIND, &[]));
    for document in [theirs, ended] {
        bench.done(Request::Assign { by: person(MANAGER), documents: vec![document], to: OPERATOR.into() });
    }
    let documents = vec![bench.looked(ended)];
    bench.done(Request::SendBack { by: person(MANAGER), documents, reason: crate::bench::because("rescan") });
    let operator = held(&bench, OPERATOR)[0].person;
    assert!(matches!(bench.refused(retire(OPERATOR, MANAGER)), Refusal::RoleNeeded { .. }));
    // Nobody could be appointed any more.
    assert_eq!(bench.refused(retire(MANAGER, ADMIN)), Refusal::from(Refused::NobodyLeft));
    assert!(bench.opened.line.sessions.at_station(&station).is_some(), "a refusal ends nobody's session");

    bench.done(retire(OPERATOR, ADMIN));
    let entries = bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    let entries: Vec<_> = entries.iter().map(|stored| stored.entry().unwrap()).collect();
    let last: Vec<_> = entries.iter().rev().take(4).rev().map(|entry| entry.kind).collect();
    let expected = [Kind::Appointed, Kind::CertificateRevoked, Kind::SessionClosed, Kind::DocumentReassigned];
    assert_eq!(last, expected);
    let revoked = entries.iter().rev().nth(2).unwrap();
    let act = Act::parse(&revoked.act.as_ref().unwrap().text).unwrap();
    assert!(matches!(act.deed, Deed::Revoke { why: RevocationReason::Left, .. }), "{act:?}");
    assert_eq!(entries.last().unwrap().actor, Actor::System);

    assert!(bench.opened.line.sessions.at_station(&station).is_none(), "the key is wiped");
    let now = bench.now();
    let roles = bench.opened.line.database.read(async |tx| appointments::roles(tx, operator, now).await).unwrap();
    assert!(roles.is_empty(), "{roles:?}");
    assert!(!held(&bench, OPERATOR)[0].is_unspent(now));
    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::People { .. }));
    let manager = held(&bench, MANAGER)[0].person;
    let assigned = [theirs, ended].map(|document| bench.document(document).assigned_to);
    assert_eq!(assigned, [Some(manager), Some(operator)], "what has ended stays as it was");
    let again = Refusal::from(Refused::LeftAlready { login: OPERATOR.into() });
    assert_eq!(bench.refused(retire(OPERATOR, ADMIN)), again);
    let name = bench.opened.line.database.read::<_, PeopleError, _>(async |tx| register::active(tx, OPERATOR).await);
    assert_eq!(name.unwrap().name, "見本 太郎", "records name them for ever");
    bench.the_journal_counts();
}
