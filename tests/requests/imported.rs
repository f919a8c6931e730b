//! Certificates of an outside authority: asked for, imported or refused, and what they and no others may sign in production.

use torikomi::control::{Credentials, Refusal, Request, Secret};
use torikomi::crypto::check::Certificate;
use torikomi::crypto::pem;
use torikomi::database::DatabaseError;
use torikomi::journal::Kind;
use torikomi::people::importing::Unfit;
use torikomi::people::{Refused, certificates, register};

use crate::bench::{ADMIN, Bench, MANAGER, passphrase, person};
use crate::foreign::{ForeignCa, How, WELL, believe};
use crate::people::{add, open};
use crate::production::in_production;

const NEW: &str = "新しい鍵の言葉-2026-冬";

/// The same person with the passphrase of the key that was requested.
fn requested(login: &str) -> Credentials {
    Credentials { login: login.into(), passphrase: Secret::new(NEW.into()) }
}

fn request(bench: &Bench, by: Credentials, login: &str) -> String {
    let answered = bench.done(Request::RequestCertificate { by, person: requested(login) });
    answered["request"].as_str().unwrap().to_owned()
}

fn import(by: Credentials, login: &str, certificates: &str, named: Option<&str>) -> Request {
    Request::Import {
        by,
        person: requested(login),
        present: Some(Secret::new(passphrase(login))),
        certificates: certificates.to_owned(),
        named: named.map(ToOwned::to_owned),
    }
}

#[test]
fn what_an_outside_authority_issued_is_imported_or_refused_with_its_reason() {
    let bench = in_production();
    let outside = ForeignCa::new();
    let home = bench.folder.path().join("home");
    let asked = request(&bench, person(MANAGER), ADMIN);
    let good = outside.issue(&asked, WELL);
    let by = || person(MANAGER);

    // Not before the hospital has said that it believes in that root.
    let unfit = |request: Request| match bench.refused(request) {
        Refusal::People { refused: Refused::UnfitCertificate { login, unfit } } => {
            assert_eq!(login, ADMIN);
            unfit
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(unfit(import(by(), ADMIN, &good, None)), Unfit::UnknownIssuer);
    believe(&home, &outside.root());

    let issued = |how: How<'_>| unfit(import(by(), ADMIN, &outside.issue(&asked, how), None));
    assert_eq!(issued(How { with_issuer: false, ..WELL }), Unfit::UnknownIssuer);
    assert_eq!(issued(How { section: "authority", ..WELL }), Unfit::OfAnAuthority);
    assert_eq!(issued(How { section: "encipher", ..WELL }), Unfit::KeyUsage);
    assert_eq!(issued(How { section: "server", ..WELL }), Unfit::Purpose);
    assert_eq!(issued(How { section: "policy", ..WELL }), Unfit::CriticalExtension);
    assert_eq!(issued(How { digest: "-sha1", ..WELL }), Unfit::WeakAlgorithm);
    assert!(matches!(issued(How { clock: "-40d", ..WELL }), Unfit::Expired { .. }));
    assert!(matches!(issued(How { clock: "+2d", ..WELL }), Unfit::NotYetValid { .. }));
    let another = How { name: Some("Kaku Hanako"), ..WELL };
    let other_name = Unfit::OtherName { found: "Kaku Hanako".into(), account: "見本 管理者".into() };
    assert_eq!(issued(another), other_name);
    for (certificates, expected) in [
        (outside.issue(&outside.strange_request(), WELL), Unfit::OtherKey),
        (outside.root(), Unfit::OtherKey),
        ("no certificate".to_owned(), Unfit::NoCertificate),
        ("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----".to_owned(), Unfit::NoCertificate),
    ] {
        assert_eq!(unfit(import(by(), ADMIN, &certificates, None)), expected);
    }
    // An authority sends it anyhow: the root goes along, and the order is another.
    let pieces: Vec<&str> = good.split_inclusive("-----END CERTIFICATE-----\n").collect();
    let shuffled = format!("{}{}{}", outside.root(), pieces[1], pieces[0]);

    // Nobody imports alone, and the key in force does not end by itself.
    let alone = import(person(ADMIN), ADMIN, &good, None);
    assert_eq!(bench.refused(alone), Refusal::from(Refused::SamePerson));
    let Request::Import { by: first, person: own, certificates, named, .. } = import(by(), ADMIN, &good, None) else {
        unreachable!()
    };
    let beside = Request::Import { by: first, person: own, present: None, certificates, named };
    assert_eq!(bench.refused(beside), Refusal::from(Refused::KeyInForce { login: ADMIN.into() }));

    bench.done(import(by(), ADMIN, &shuffled, None));
    let (entry, _) = bench.last_act();
    assert_eq!(entry.kind, Kind::CertificateIssued);
    let ders = pem::certificates(&good).unwrap();
    let held = bench.opened.line.database.read::<_, DatabaseError, _>(async |tx| {
        let admin = register::list(tx).await?.into_iter().find(|person| person.login.as_str() == ADMIN).unwrap();
        certificates::of_person(tx, admin.id).await
    });
    let held = held.unwrap();
    assert_eq!((&held[0].der, held[0].issuers.as_slice()), (&ders[0], &ders[1..]));
    assert!(!Certificate::read(&held[0].der).unwrap().is_evaluation());
    assert!(held[1].revoked_at.is_some(), "the evaluation key has ended");
    // The bytes outlast the database, and a request is answered once.
    for der in &ders {
        assert_eq!(&bench.opened.line.objects.get(&torikomi::ids::Digest::of(der)).unwrap(), der);
    }
    let left: Vec<String> = std::fs::read_dir(&bench.opened.line.keys)
        .unwrap()
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(".request."))
        .collect();
    assert_eq!(left, [] as [&str; 0]);
    bench.the_journal_counts();

    // The other founder comes by the key that counts now, under the name that the authority gave; it opens what is done with it.
    let asked = request(&bench, requested(ADMIN), MANAGER);
    let latin = outside.issue(&asked, How { name: Some("Mihon Joho"), ..WELL });
    bench.done(import(requested(ADMIN), MANAGER, &latin, Some("Mihon Joho")));
    let Request::AddPerson { login, name, kana, occupation, department, .. } = add(ADMIN) else { unreachable!() };
    bench.done(Request::AddPerson { by: requested(ADMIN), login, name, kana, occupation, department });
    let Request::OpenSession { station, attested, obtained_on, .. } = open(MANAGER) else { unreachable!() };
    bench.done(Request::OpenSession { by: requested(MANAGER), station, attested, obtained_on });
    bench.the_journal_counts();
}
