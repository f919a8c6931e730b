//! What was vouched for with one key goes on with no other.

use torikomi::control::Request;
use torikomi::ids::SessionId;
use torikomi::people::acts::Deed;

use crate::bench::{ADMIN, Bench};
use crate::people::{OPERATOR, enrol, open};
use crate::revocations::{employ, revoke};

#[test]
fn a_session_goes_on_with_its_own_key_alone() {
    let bench = Bench::new();
    employ(&bench);
    let opened = || -> (SessionId, Option<SessionId>) {
        bench.done(open(OPERATOR));
        match bench.last_act().1.act().deed {
            Deed::OpenSession { session, continues, .. } => (session, continues),
            ref deed => panic!("{deed:?}"),
        }
    };
    let (first, _) = opened();
    bench.done(Request::CloseSession { session: first });
    let (second, continues) = opened();
    assert_eq!(continues, Some(first));
    // Who logs off here may be whoever has the key too.
    bench.done(Request::CloseSession { session: second });
    bench.done(revoke(OPERATOR, OPERATOR, None));
    bench.done(enrol(&bench, ADMIN));
    let (_, continues) = opened();
    assert_eq!(continues, None, "the next key would go on with what the stolen one vouched for");
    bench.the_journal_counts();
}
