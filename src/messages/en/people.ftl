### People, appointments, keys, sessions, acts. What happened, and what to do.

role-name = { $role ->
    [operator] operator
    [information_manager] information manager
    [admin] administrator
    [auditor] auditor
   *[viewer] viewer
}
roles-operator = operator
roles-information-manager = information manager
roles-admin = administrator
roles-auditor = auditor
roles-viewer = viewer
roles-separator = {" "}or{" "}

act-name = { $act ->
    [genesis] founding a home
    [add-person] adding a person
    [change-person] changing a person’s name or place
    [enrol] issuing a certificate
    [revoke] revoking a key
    [appoint] appointing
    [end-appointment] ending an appointment
    [absent] entering an absence
    [back] ending an absence
    [suspend] suspending a person
    [resume] having a person resume
    [approve-profile] approving a profile
    [open-session] opening a session
    [attest-batch] attesting a batch
    [take-as-is] taking a delivery as it is
    [refuse-delivery] refusing a delivery
    [identify] identifying a document
    [accept] accepting
    [exception] granting an exception
    [confirm] confirming
    [late-release] releasing late documents
    [send-back] sending back
    [discard] discarding
    [assign] assigning
    [dispose-private-parts] erasing private parts of entries
    [acknowledge-clock] finding the clock right
   *[retry] retrying
}

people-login-taken = The login “{ $login }” is taken already. Please choose another.
people-invalid-login = “{ $login }” cannot be a login. Please use lower-case letters, digits and inner hyphens, at most 63.
people-unknown-person = Nobody has the login “{ $login }”. Please see torikomi operator list.
people-suspended = The account of { $login } is suspended. Please ask an administrator.
people-incomplete-person = Name, occupation and department are needed: they stand in every record. Please give all three.
people-not-entitled = For { act-name }, a person must be { $roles }. Please ask such a person.
people-second-person-needed = For { act-name }, a second person ({ $roles }) must sign too.
people-same-person = The second person must be somebody else.
people-second-person-too-new = Until { $until }, { $login } cannot approve what was asked by the person who made or renewed that account. Please ask somebody else.
people-certificate-for-evaluation = The certificate of { $login } is for evaluation, and this home is in production: all it may do is bring in a certificate of an outside authority. Please make a request (torikomi operator enrol { $login } --request FILE), have it certified, and import the answer (torikomi operator import { $login } FILE).
people-evaluation-authority-shut = This home is in production: its evaluation authority certifies nobody. Please make a request (torikomi operator enrol LOGIN --request FILE), have an outside authority certify it, and import the answer (torikomi operator import LOGIN FILE).
people-unfit-certificate = The certificate for { $login } is not taken. { $unfit }
unfit-no-certificate = The file holds no certificate in PEM. Please ask the authority for that form, or convert it.
unfit-unreadable = A certificate in the file cannot be read ({ $detail }). Please have the authority send it again.
unfit-other-key = None of its certificates is for a key that was requested here for this person. Please bring what the authority issued for the request, or make a new request.
unfit-of-evaluation = It is of an evaluation authority, for which nobody outside vouches. Please have an outside authority issue it.
unfit-of-an-authority = It is the certificate of an authority itself, and not of a person. Please have the authority issue one for signatures of a person.
unfit-key-usage = Its key usage allows no signatures (digitalSignature or contentCommitment). Please have the authority issue one for signing.
unfit-purpose = Its purposes do not include the signing of documents. Please have the authority issue one for signing.
unfit-expired = It ended at { $not_after }. Please have another issued.
unfit-not-yet-valid = It begins at { $not_before }. Please import it then.
unfit-other-name = It names “{ $found }”, and the account is of “{ $account }”. If that is the same person, please state the name as the certificate has it (--named); if not, the authority has mixed something up.
unfit-unknown-issuer = It leads to no root in keys/roots.pem. Please put the authority’s root there, having compared its fingerprint, and have the file hold the certificates in between.
unfit-issuer-not-valid = An authority above it is not valid now. Please ask the authority for a valid chain.
unfit-weak-algorithm = An authority above it signed with an algorithm that no longer counts (such as SHA-1). Please have it issued anew with SHA-256 or better.
unfit-signature = The signature of an authority above it is wrong, or made with too short a key. Please have the authority send it again, or ask another.
unfit-critical-extension = It, or one above it, holds a critical extension that this version does not know. Please ask the authority for a certificate without it.
unfit-not-as-planned = It is not what those who had it issued were shown. Please hold the ceremony again (torikomi operator enrol).
unfit-otherwise = It cannot be used ({ $detail }). Please show this to the authority.
people-no-certificate = { $login } has no certificate yet. Please run torikomi operator enrol { $login }.
people-certificate-not-valid = The certificate of { $login } is not valid now (until { $not_after }). Please renew it with torikomi operator enrol { $login }.
people-wrong-passphrase = This passphrase does not open the key of { $login }. Please type it again. If it is forgotten, the key is revoked and a new one made.
people-key-unusable = The key file of { $login } cannot be used ({ $detail }). Please restore it from a backup or make a new key.
people-key-set-aside = The key of { $login } was revoked, or { $login } suspended, after the backup from which this home was restored, so its file was set aside ({ $file }). Please have that done again first. Where it cannot be done without this very key, or { $login } is let in again, whoever keeps the home gives the file its name back, without “.aside”.
people-weak-passphrase = The passphrase is too weak to be used: { $weaknesses }.
people-key-in-force = { $login } has a key in force. { $login } renews it with its present passphrase (torikomi operator enrol { $login } --renew). Where that is lost, the key is revoked first (torikomi operator revoke { $login }).
people-revocation-of-past = Alone, a key is revoked from now on. From a time that has passed ({ $since }) two others than its owner revoke it, for what it signed since then counts for nothing.
people-revocation-too-early = The certificate begins at { $since }. Give that time or a later one.
people-revoked-before = The key is revoked from { $since } on already. Only two others than its owner can change that, to an earlier time.
people-stopped-by-you = You revoked the key of { $login } alone. The next one is made with somebody else, so that nobody takes another’s place alone.
people-ended-by-itself = The key of { $login } ended by itself. So that nobody takes another’s place alone, two others make the next one: one revokes the old key first (`torikomi operator revoke`), the other gives this command again.
people-last-key = This is the last key with which another could be made, or anybody appointed. First have the key of another administrator or information manager made (`torikomi operator enrol`), or renew this one (`torikomi operator enrol --renew`).
people-revocation-to-come = A key is revoked from now on, or from a time that has passed ({ $since } has not).
people-witness-needed = The certificate authority is opened by two people. Please give a witness too (--witness LOGIN): an administrator or the acting information manager who neither asks nor gets the key. Just now this can be: { $who }.
people-nobody-to-witness = The certificate authority is opened by two people, and nobody can be the witness now: an administrator or the acting information manager with a key in force, who neither asks nor gets this key, and whose account or key the one who asks did not make lately. Somebody else may ask, with you as the witness; a manager who is away is entered as absent, so that the next in rank acts (torikomi operator absent). Where nobody else works here any more, their offices are ended first (torikomi operator appoint --end); a day later the two who are left do without a witness.
people-owner-is-the-second = Nobody else is in office with a key, so { $login } is the second person. Please leave --witness out.
people-own-suspension = Nobody suspends themselves. Please ask another administrator.
people-not-suspended = { $login } is not suspended.
people-last-administrator = Then no administrator with a key in force, whose appointment has no end, would be left to let anybody in again. Please appoint another administrator first (`torikomi operator appoint`).
people-no-manager = This person is no information manager, so nobody has to stand in for them.
people-left-already = { $login } holds no office and no key in force any more.
people-own-appointment = Nobody appoints themselves. Please ask another administrator.
people-backwards-appointment = An appointment must end after it begins, and not in the past.
people-nobody-left = After that nobody could be appointed any more: it takes an administrator and a second person (administrator or information manager), and one of them with a key in force. Please appoint a successor first, without an end (`torikomi operator appoint`).
people-invalid-rank = The rank is 1 for the holder, 2 and on for substitutes.
people-overlapping-appointment = { $login } is { role-name } already for part of that time. Please check the dates.
people-rank-taken = Rank { $rank } of { role-name } is held by { $login } for part of that time. Please change the rank or the dates.
people-station-busy = { $login } has a session open at station “{ $station }”. Please close it first.
people-no-such-session = This session is not open. Please open one with torikomi session open.
people-session-ended = The session has ended ({ session-reason }). Please open it again.
people-act-out-of-time = The time of the act ({ $stated }) is too far from our clock ({ $now }). Please set the clock right and sign again.
people-act-of-another-home = This act was signed for another home.
people-bad-signature = A signature of the act is missing or not valid. Please sign again.
people-malformed-act = The act is not written as acts are. Please make it again with this version of torikomi.

weaknesses-too-short = it has { $length } characters and needs { $shortest }
weaknesses-no-letter = it has no letter
weaknesses-no-digit = it has no digit
weaknesses-no-symbol = it has no symbol
weaknesses-like-the-person = it contains the login or the name
weaknesses-repetitive = it repeats a few characters
weaknesses-separator = {", "}

session-reason = { $reason ->
    [log-off] closed on request
    [expired] it has lasted as long as it may
    [idle] it went unused as long as it may
    [spent] it has signed as many as it may
    [suspended] the account was suspended
    [revoked] the key was revoked
    [set-back] the clock was set back to before it began
   *[restart] the system was started again
}

unsigned-no-information-manager = Nobody is appointed as information manager, so nothing can be signed. Please ask an administrator to appoint one.
unsigned-other-station = It was delivered at station “{ $station }”. Please sign it in a session there.
unsigned-not-attested = It is not attested yet that nothing was pasted over and nothing lies outside the scan area. Please attest it in the session.
unsigned-not-confirmed = { $because ->
    [profile] This profile asks for each document to be confirmed.
    [anonymous-writing] Others can write to this station.
    [findings] A check asked for a look, or something was released by a person.
   *[delivered-outside] It was delivered outside the session.
} Please look at it and confirm it.
unsigned-confirmed-by-another = Somebody else confirmed it. It is signed in that person’s session. If that person cannot sign it, confirm it anew with `torikomi queue confirm`.
unsigned-other-operator = The operator named with it is { $operator }. { $signed_by ->
    [operator] That person confirms
    [information-manager] The information manager confirms
   *[either] That person or the information manager confirms
} it (`torikomi queue confirm`) and signs it in a session of their own. If the name is wrong, correct it with `torikomi queue identify --operator`.
unsigned-not-entitled = Documents of this profile are signed by { $signed_by ->
    [operator] an operator
    [information-manager] the information manager
   *[either] an operator or the information manager
}, and this person is not appointed as such.

act-reason = { $code ->
    [readable] all that matters can be read
    [paper-condition] the condition of the paper itself
    [as-on-paper] as on the paper
    [rescan] to be scanned again
    [wrong-patient] wrong patient
    [wrong-kind] wrong kind
    [wrong-date] wrong date
    [duplicate] duplicate
    [not-a-record] not a record
    [disaster] disaster
    [system-failure] failure of power, network or equipment
    [authority-outage] outage of the time-stamping authority
    [own-delay] our own delay
    [retention-over] kept long enough
    [on-request] asked for by the person it is about
    [ordered] ordered by a court or an authority
    [entered-in-error] entered in error
   *[other] other
}

warning-gap = { $until ->
    [none] From { $from } on
   *[other] From { $from } until { $until }
} { $role ->
    [admin] there is no administrator, and nobody can be added, appointed or let in again. Please appoint a successor.
   *[information_manager] no information manager is there, and nothing can be signed. Please appoint a successor or a substitute.
}
warning-certificate = The certificate of { $login } is valid until { $until }. After that { $login } signs nothing, and once nobody’s is left, nobody can renew another’s. Please renew it in time (torikomi operator enrol { $login } --renew; without --renew once it has ended).
export-reason = { $code ->
    [disclosure] disclosure to the patient or family
    [audit] audit or inspection
    [referral] handed to another institution
    [legal] asked for by a court or the police
   *[other] anything else
}
