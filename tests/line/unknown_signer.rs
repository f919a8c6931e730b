//! A certificate that the register does not know is not taken for a good one.

use torikomi::document::DocumentState;
use torikomi::journal::{Kind, read};

use crate::account::{document_of, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::Hospital;
use crate::store_check::sql;

#[test]
fn nothing_is_filed_whose_signers_certificate_nobody_can_ask_for() {
    let hospital = Hospital::found();
    hospital.authority_goes_down();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "one");
    let stands = |what: &str, seen: &dyn Fn(DocumentState, i64) -> bool| {
        wait_for(&hospital, what, || {
            document_of(&hospital, "one-consent.jpg").filter(|found| seen(found.state, found.failures))
        })
    };
    stands("the signature", &|state, _| state == DocumentState::Stamping);
    daemon.stop();
    // Somebody took it out of the register, or its row was lost.
    sql(&hospital, "DELETE FROM certificate WHERE person = (SELECT id FROM person WHERE login = 'clerk')".to_owned());
    hospital.authority_comes_up();
    let daemon = hospital.start();
    stands("the failure", &|state, failures| state == DocumentState::Filing && failures > 0);
    let filed = hospital.database.read(async |tx| read::of_kind(tx, Kind::DocumentFiled).await).unwrap();
    assert_eq!(filed.len(), 0);
    daemon.stop();
}
