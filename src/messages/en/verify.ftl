# What verifying records and the journal says: verify-<code>, act-fault-<code>, journal-fault-<code>.

step-container = Container
step-manifest = Manifest
step-content = Content
step-record = Record
step-signature = Signature
step-timestamp = Time-stamp
step-signer = Signer
step-windows = Windows
step-releases = Decisions
step-session = Session
step-journal = Journal
step-anchor = Kept outside
step-index = Index
verdict-passed = Verified: nothing is wrong.
verdict-indeterminate = Nothing is found wrong, but something cannot be told.
verdict-failed = Something is wrong: the record was changed, or lacks what it needs.
evidence-signed = State of the evidence: signed (nothing but the signer's word says when)
evidence-stamped = State of the evidence: stamped (long-term validation data not complete)
verify-as-far-as-the-pack-tells = As far as this pack tells: that no revocation, no end of an appointment or of a session and no doubt about the clock of the intake was left out of it, that the signature was not given up before it was filed, and that no person said after it that the page is another's, only the hospital's whole journal shows (torikomi journal verify).
verify-evaluation = By an evaluation authority: nobody outside vouches for it.
verify-not-held-against = Not anchored: whether everything was written anew by somebody with all the keys of the home shows only against a checkpoint that was kept outside (--against).
verify-counts = { $passed } without fault, { $indeterminate } cannot be told, { $failed } with faults, { $unread } could not be looked at
record-exported = Exported: { $path }
verify-container-canonical = The container is written as it must be ({ $entries } entries).
verify-parts-complete = All parts are there and nothing else ({ $entries } entries).
verify-manifest-canonical = The manifest is written as it must be and names { $members ->
    [one] one file
   *[other] { $members } files
}.
verify-content-intact = { $members ->
    [one] One file ({ $bytes } bytes) is
   *[other] { $members } files ({ $bytes } bytes) are
} as signed.
verify-record-consistent = What the record says agrees with its { $files ->
    [one] original
   *[other] { $files } originals
}, { $pages ->
    [one] one page
   *[other] { $pages } pages
}, profile and calendar (version { $version }).
verify-signature-fits = The signature fits the manifest (signed { $signed_at }, { $algorithm }).
verify-timestamp-counts = Stamped { $timestamped_at } by { $authority }{ $accredited ->
    [true] {" "}(accredited)
    [false] {" "}(not accredited)
   *[other] {""}
}.
verify-timestamp-not-asked = The profile asks for none.
verify-signer-known = The certificate of { $signer } leads to a root that you trust.
verify-signer-of-evaluation = The certificate of { $signer } leads to an evaluation root that you accept.
verify-windows-kept = Scan, signature and time-stamp were within their windows.
verify-lateness-released = The scan or the signature was late, and was released for a reason ({ $reason }).
verify-nothing-to-release = Nothing had to be decided by a person.
verify-releases-proven = { $decisions ->
    [one] One decision was
   *[other] { $decisions } decisions were
} signed by people who could make them.
verify-session-proven = The session of the signature was opened { $opened_at } (entry { $index }), and its batch was attested.
verify-entry-proven = Entry { $index } of { $size } says that this record was filed { $filed_at }. Its calendar came into use by entry { $calendar } ({ $calendar_at }).
verify-anchored = The journal grew from the checkpoint that was kept outside ({ $size } entries{ $stamped_at ->
    [none] {""}
   *[other] , stamped { $stamped_at }
}), and entry { $index } was among these.
verify-index-agrees = The index says the same as the record.
verify-not-reached = Could not be looked at because of: { $because ->
    *[container] Container
     [manifest] Manifest
     [content] Content
     [record] Record
     [signature] Signature
     [timestamp] Time-stamp
     [signer] Signer
     [windows] Windows
     [releases] Decisions
     [session] Session
     [journal] Journal
     [anchor] Kept outside
     [index] Index
}
verify-signer-unknown = Intact, signer unknown (says { $signer }). Name the roots you trust with --anchors.
verify-authority-unknown = Intact, authority unknown (says { $authority }, { $claimed_at }). Name the roots you trust with --anchors.
verify-evaluation-only = The certificate of { $signer } is for evaluation: nobody outside vouches for it. If that is enough, add --accept-evaluation.
verify-newer-format = { $name } has the newer format { $found }; this build reads up to { $known }. Use a newer torikomi.
verify-deadline-not-told = A deadline cannot be told: { $calendar }
verify-profile-not-carried = The record was filed under a profile that this version does not carry: { $not_carried }
verify-releases-not-at-hand = { $decisions ->
    [one] One decision is
   *[other] { $decisions } decisions are
} named, and the journal is not at hand to prove them.
verify-founders-unknown = The home was founded under a root of its own, which is not among the roots that were given: { $root }. Ask the hospital where it publishes this fingerprint, compare it, and give that root beside the others.
verify-journal-not-at-hand = There is no proof from the journal (.proof.json).
verify-journal-unknown = Entry { $index } cannot be proven without the journal's key. Name it with --anchors.
verify-other-journal = It is from another journal, whose key is not known: { $origin }
verify-not-anchored = Not anchored: entry { $index } came after the checkpoint that was kept outside ({ $size } entries), and nothing outside vouches for it. Name a newer checkpoint.
verify-not-comparable = Not anchored: no checkpoint that was kept outside is the pack's own ({ $size } entries), and a pack cannot be compared with others. Verify the record at its home, or have it exported anew.
verify-not-a-container = This is not an ASiC-E container.
verify-container-changed = At byte { $at_byte } the container is not as it must be written: it was changed, or made by another program.
verify-entry-foreign = { $name } does not belong into a record.
verify-entry-twice = { $name } is there twice.
verify-entry-missing = { $name } is missing.
verify-entry-too-long = { $name } is longer than { $limit } bytes.
verify-too-many-entries = There are too many entries ({ $entries }).
verify-entry-out-of-order = { $name } stands in another place than the manifest gives it.
verify-manifest-wrong = The manifest is not as it must be ({ $detail }).
verify-content-differs = { $name } is not what was signed{ $others ->
    [0] {""}
   *[other] {" "}(and { $others } more)
}.
verify-not-in-manifest = { $name } is not in the manifest.
verify-record-unreadable = record.json cannot be read ({ $detail }).
verify-record-not-canonical = record.json is not written as it must be.
verify-profile-wrong = profile.toml cannot be read ({ $detail }).
verify-other-profile = record.json names another profile than profile.toml.
verify-calendar-wrong = calendar.toml cannot be read ({ $detail }).
verify-other-calendar = record.json names another calendar than calendar.toml.
verify-files-differ = record.json and the manifest do not agree about { $name }.
verify-file-differs = { $name } has other bytes or another length than record.json says.
verify-pages-wrong = The pages of { $name } from { $first_page } on are not given right.
verify-file-unused = { $name } is used by no page.
verify-page-count-wrong = There are { $counted } pages, and record.json says { $said }.
verify-measurements-wrong = Content { $content } and the measurements do not match.
verify-dates-differ = The date of receipt is given in two ways.
verify-previous-version-wrong = The version and the one before it do not fit.
verify-other-manifest = The signature was made over another manifest.
verify-signature-wrong = The signature is wrong ({ $detail }).
verify-other-signer = Another certificate signed than the one that record.json names.
verify-signer-untrusted = The signer's certificate leads to no root that you trust ({ $detail }).
verify-signer-not-valid = The signer's certificate was not valid { $at }.
verify-capacity-not-allowed = The profile does not let a person sign in this capacity ({ $capacity }).
verify-timestamp-missing = There is no time-stamp.
verify-timestamp-of-another = The time-stamp is for something else than this signature.
verify-timestamp-policy = The time-stamp's policy { $policy } is not on the list.
verify-timestamp-untrusted = The authority's certificate leads to no root that you trust ({ $detail }).
verify-timestamp-wrong = The time-stamp is wrong ({ $detail }).
verify-timestamp-before-signature = The time-stamp ({ $timestamped_at }) is from before the signature ({ $signed_at }).
verify-deadline-differs = The deadline for the { $deadline ->
   *[scan] scan
    [sign] signature
} is given as { $said ->
    [none] none
   *[other] { $said }
} and worked out as { $computed ->
    [none] none
   *[other] { $computed }
}.
verify-stamp-window-differs = The window for the stamp is given as { $said ->
    [none] none
   *[other] { $said }
} and worked out as { $computed ->
    [none] none
   *[other] { $computed }
} seconds.
verify-scanned-late = The scan ({ $taken_in_at }) came after its window ({ $scan_by }), and nobody released that.
verify-scan-time-in-doubt = The server's clock was in doubt when it was taken in ({ $taken_in_at }), so that it may have been late, and nobody released that.
verify-signed-late = The signature ({ $signed_at }) came after its window ({ $sign_by }), and nobody released that.
verify-stamped-late = The time-stamp ({ $timestamped_at }) came after its window ({ $stamp_by }).
verify-signed-before-taken-in = The signature ({ $signed_at }) is from before the scan was taken in ({ $taken_in_at }).
verify-lateness-not-released = A lateness is given a reason, and no decision releases it for that reason.
verify-lateness-avoidable = For this reason ({ $reason }) a late scan may not be filed under 9.2.
verify-second-clock-over = It was released as unavoidably late, and counted from when the work was possible again it was late as well ({ $at }; due by { $deadline }).
verify-second-clock-ahead = It was released as unavoidably late, and the work is said to have been possible again ({ $possible_again_at }) only after { $at }.
verify-not-released = The check { $check } held it, and nobody released that.
verify-date-impossible = The paper is said to have been received on a day that still lay ahead; no decision releases that.
verify-exception-not-allowed = The profile allows no exception to the check { $check }.
verify-supersedes-unsigned = The record and its signed decisions disagree on its superseding document { $document }.
verify-not-confirmed = The profile asks for a confirmation, and there is none.
verify-identity-incomplete = The profile requires { $field }, and it is missing.
verify-severity-differs = The check { $check } was given another weight than the profile gives it.
verify-check-missing = The judgement says nothing of the check { $check }.
verify-finding-misplaced = A finding of the check { $check } is of page { $page }, which the document does not have.
verify-other-decision = Entry { $index } of the journal is not the decision that the record names.
verify-other-state = The decision in entry { $index } was about another state of the document than the record says.
verify-act-wrong = The act in entry { $index } does not count: { $act_fault }
verify-decision-revoked = The record rests on the decision in entry { $index }, which was made with a key that is revoked from { $since } on.
verify-session-not-opened = No entry of the journal at hand says that session { $session } was opened.
verify-session-differs = The session that entry { $index } opened is another than the record's: { $field }
verify-signed-outside-session = The signature ({ $signed_at }) is from outside the session, which was open from { $opened_at } to { $until }.
verify-attestation-not-proven = Nobody attested this batch as the record says.
verify-operator-differs = The person who scanned, as the record says, is neither the one whom the delivery names nor the one in session, or somebody signed in their place who is not the information manager.
verify-proof-unreadable = The journal's proof cannot be read ({ $detail }).
verify-checkpoint-wrong = The journal's checkpoint does not count ({ $detail }).
verify-not-in-journal = What is shown as entry { $index } is not in the journal.
verify-entry-unreadable = Entry { $index } of the journal cannot be read.
verify-entry-differs = Entry { $index } of the journal gives another { $field } than the record.
verify-filed-without-signature = Entry { $index } of the journal files a signature that was never entered, or had been given up. Find out who entered it.
verify-identified-since = The record was signed before entry { $index } of the journal, in which a person said whose the document is, or what. Find out who filed it all the same.
verify-other-history = The record names a checkpoint ({ $size } entries) that this journal never had.
verify-certificate-not-issued = The journal has no issuance of the certificate that signed.
verify-signer-revoked = The signer's certificate was revoked from { $since } on, and the signature is from after that.
verify-signer-suspended = The signer was suspended from { $since } on, and the signature is from after that.
verify-signer-not-appointed = The signer was not appointed in this capacity ({ $capacity }) at that time.
verify-profile-not-adopted = The profile that judged the record was never approved: { $profile }
verify-profile-replaced = The profile that judged the record ({ $profile }) was not in force any more when the document came in: entry { $index } ({ $at }) had brought another version.
verify-calendar-not-adopted = No entry before the signature says that the hospital used the calendar that lies in the record: { $calendar }. Its deadlines are nobody's. Find out who put it there.
verify-calendar-replaced = The calendar that lies in the record ({ $calendar }) was not in use any more when the document came in: entry { $index } ({ $at }) had brought another.
verify-not-attested = Nobody attested for its batch that nothing was pasted over or lay outside the scanned area.
verify-manager-not-in-force = The information manager whom the record names was not the one in force.
verify-truncated = The checkpoint that was kept outside counted { $promised } entries in the journal, and there are { $found }: it was shortened, or an older one was put back.
verify-another-past = The journal is not the one of the checkpoint that was kept outside: at { $size } entries it has another past. It was written anew, or another was put in its place.
verify-against-stamp-wrong = The time-stamp of the checkpoint that was kept outside does not count ({ $detail }).
verify-named-otherwise = The record names its { $who ->
    [signer] signer
    [information-manager] information manager
   *[operator] operator
} otherwise than the journal did when it was signed ({ $field }).
verify-index-differs = The index gives another { $field } than the record.
act-fault-act-missing = it must hold a signed act and holds none
act-fault-act-unreadable = the act cannot be read
act-fault-act-differs = act and entry do not agree on person, kind, subject or time
act-fault-act-repeated = an earlier entry holds this very act: a signature counts once
act-fault-act-signers = it is not signed by those whom it names
act-fault-act-certificate-unknown = the certificate was never issued to that person
act-fault-act-certificate-not-valid = the certificate was not valid at that time
act-fault-act-certificate-missing = the certificate itself is not at hand
act-fault-act-certificate-for-evaluation = the home is for production, and an evaluation certificate signed it
act-fault-act-certificate-untrusted = the certificate leads to no root that you trust
act-fault-act-signature-wrong = the signature is wrong
act-fault-act-out-of-place = it cannot be done there, by that person, or for that time
act-fault-act-not-independent = the second person's account or key was made by the first, too short a time before
act-fault-act-witness-missing = the home's own authority was opened by one person alone: no witness signed
act-fault-act-suspended = a person who signed it was suspended by then
act-fault-act-role-not-held = the person did not hold a role for { $act } at that time
act-fault-act-private-differs = the private part is not the one that was signed for
journal-verified = The journal ({ $entries } entries) is verified: it grew from the checkpoint kept elsewhere ({ $anchored } entries), and agrees with itself.
journal-consistent = The journal ({ $entries } entries) is consistent with itself, not anchored: nothing kept elsewhere was compared (name a checkpoint with --against).
journal-restored = The journal ({ $entries } entries) is consistent with itself. The home was restored from a backup, so the journal is not all that there was.
journal-epoch = Epoch { $epoch } was opened by entry { $index } ({ $at }): the home was restored from generation { $generation } of the backups, of { $time }. { $known ->
    [yes] The entries { $index } to { $last } that had stood there before are lost.
   *[no] What had been entered after that is lost; how much, nothing kept elsewhere told.
}
journal-unreachable = The journal no longer leads to the checkpoint of { $size } entries that was given: what it spoke of was lost with the restore. Whether there was good reason to restore, no file can tell.
journal-disposal = Private parts of { $count } entries were erased by entry { $index } ({ $time }), an act of two people
journal-not-anchored = The { $count } after the checkpoint that was kept elsewhere are not anchored: nothing outside vouches for them.
journal-anchor-stamped = The checkpoint that was kept elsewhere ({ $size } entries) bears a time-stamp of { $time }{ $of ->
    [evaluation] {" "}(by an evaluation authority)
   *[known] {""}
}.
journal-stamped = The first { $size } were there by { $time }, as a time-stamp{ $of ->
    [evaluation] {" "}(by an evaluation authority)
   *[known] {""}
} shows.
journal-unjudged = { $count } time-stamp(s) cannot be judged: no authority to believe in is at hand (name some with --anchors).
journal-unbelieved = The time-stamp of the checkpoint of { $size } entries counts for nothing: it is by no authority to believe in ({ $detail }). Where the authority was changed, keep the earlier one in the settings.
journal-stamp-of-lost = The stamped checkpoint of { $size } entries in store/journal/stamped/ speaks of entries that were lost in the restore. Keep it: it proves that they were there.
journal-copy-ends = The second copy in store/journal/ ends at { $copied } of { $entries } entries. A running line may be behind for a moment; if it stays so, the copy was cut or taken away.
journal-failed = The journal ({ $entries } entries) is not as it must be.
journal-more-faults = and { $count } more
journal-fault-entries-missing = Entries { $from } to { $until } are missing.
journal-fault-entries-removed = { $count } entries were taken out before place { $at }, and the rest closed up.
journal-fault-entries-inserted = { $count } entries were put in at place { $at }.
journal-fault-entries-reordered = The entries from { $first } to { $last } were put in another order.
journal-fault-entry-misplaced = At place { $place } stands an entry that says it is { $says }.
journal-fault-entry-unreadable = Entry { $index } cannot be read.
journal-fault-newer-entry = Entry { $index } has the newer format { $found }: use a newer torikomi.
journal-fault-entry-of-another-home = Entry { $index } is of another home.
journal-fault-entry-changed = Entry { $index } was changed in the database.
journal-fault-file-entry-changed = Entry { $index } was changed in the files of store/journal/; the database agrees with the tree.
journal-fault-entry-disputed = Database, tree and files each say something else of entry { $index }.
journal-fault-lookup-differs = Entry { $index }: the column “{ $column }” beside it in the database says something else than the entry. What looks for entries by this column misses it, or takes it for another. Stop the daemon and look into it.
journal-fault-node-changed = The tree's node at level { $level }, index { $index } was changed.
journal-fault-node-missing = The tree's node at level { $level }, index { $index } is missing.
journal-fault-nodes-extra = The tree has { $count } nodes too many.
journal-fault-head-missing = The journal has no head.
journal-fault-head-differs = The head says { $head } entries, and there are { $entries }.
journal-fault-head-root-differs = The head is not what the entries give.
journal-fault-checkpoint-wrong = The head's checkpoint does not count ({ $detail }).
journal-fault-database-shortened = The files hold { $in_files } entries, the database only { $in_database }: it was shortened, or an older one was put back.
journal-fault-files-shortened = The files of store/journal/ held { $promised } entries by their newest checkpoint, and hold { $found }: the second copy was cut. Keep the folder as it is and look into it; the line fills it up from the database when it starts again.
journal-fault-roots-not-at-hand = There is no root certificate (keys/roots.pem), so nobody can tell by whose certificates people signed. Put the file back from a backup, or from where it was published.
journal-fault-file-unreadable = The files have a gap before { $name }.
journal-fault-file-checkpoint-differs = The files' checkpoint of { $size } entries is not one of this journal.
journal-fault-file-checkpoint-wrong = Checkpoint number { $number } in checkpoints.txt does not count.
journal-fault-against-unreadable = The checkpoint from outside does not count ({ $detail }).
journal-fault-against-other-journal = The checkpoint from outside is of a journal whose key is not known: { $origin }
journal-fault-truncated = There were { $promised } entries once, and there are { $found }.
journal-fault-another-past = At { $size } entries, the journal's past is another than the checkpoint's.
journal-fault-epoch-wrong = Entry { $index } says that the home was restored, and does not fit the journal that stands before it.
journal-fault-against-stamp-wrong = The time-stamp of the checkpoint that was kept elsewhere does not count ({ $detail }).
journal-fault-stamp-missing = Entry { $index } says that the checkpoint of { $size } entries was stamped, and its files are not all there (store/journal/stamped/).
journal-fault-stamp-differs = The files in store/journal/stamped/ are not the stamped checkpoint ({ $size } entries) that entry { $index } names.
journal-fault-stamp-wrong = The time-stamp of the checkpoint of { $size } entries does not count ({ $detail }).
journal-fault-stamped-checkpoint-differs = The stamped checkpoint of { $size } entries is not one of this journal.
journal-fault-stamp-before-entry = The time-stamp ({ $stamped_at }) of the checkpoint of { $size } entries is earlier than entry { $index } ({ $at }), which it covers: one of the two is dated wrongly.
journal-fault-stamps-out-of-order = The time-stamp ({ $stamped_at }) of the checkpoint of { $size } entries is earlier than that of { $earlier } entries ({ $earlier_at }).
journal-fault-entry-back-dated = Entry { $index } came after the stamped checkpoint of { $size } entries ({ $stamped_at }) and says { $at }: it is dated back.
journal-fault-private-differs = The private part of entry { $index } was changed.
journal-fault-private-unexpected = Entry { $index } commits to no private part, and has one.
journal-fault-private-missing = The private part of entry { $index } is missing: it was erased, and nothing says by whom.
journal-fault-private-not-erased = The private part of entry { $index } was erased by entry { $by }, and it is there. Somebody put it back.
journal-fault-act-wrong = The act in entry { $index } does not count: { $act_fault }
journal-fault-record-missing = The record of entry { $index } is missing.
journal-fault-record-differs = Entry { $index } and the index do not agree on record { $record }.
journal-fault-record-without-entry = No entry says that record { $record } was filed.
journal-fault-signer-not-issued = No entry issued the certificate that signed the record of entry { $index }.
journal-fault-judged-by-none-in-force = Entry { $index }: the record was judged by a { $judged_by ->
    [profile] profile
   *[calendar] calendar
} that no entry had brought into force, or that had been replaced before its document came in: { $digest }
journal-fault-profile-state-differs = Version { $version } of the profile { $profile } is { $in_database ->
    [in-force] in force
    [retired] replaced
    [draft] a draft
   *[other] “{ $in_database }”
} in the database, and { $in_journal ->
    [in-force] in force
    [retired] replaced
   *[draft] not approved
} by the journal. Stop the daemon and look into it.
journal-fault-calendar-in-use-differs = The database has the calendar { $in_database } in use, and the journal { $in_journal ->
    [none] none
   *[other] { $in_journal }
}. Stop the daemon and look into it.
journal-fault-filed-without-signature = Entry { $index }: what was filed of document { $document } is not what was signed last, or that signature had been given up. Find out who entered it.
journal-fault-signed-without-session = Entry { $index }: it was signed by a person who had opened no such session.
journal-fault-signed-suspended = Entry { $index }: the person who signed was suspended by then.
journal-fault-session-overspent = Entry { $index }: the session was opened for { $most } documents, and signed more.
journal-fault-register-differs = The register says something else of person { $person } than the journal ({ $field }): records would name them otherwise, or by another's leave. Stop the daemon and look into it.
journal-fault-certificate-without-entry = No entry issued the certificate { $certificate }.
journal-fault-certificate-missing = The certificate { $certificate } was issued and is missing.
journal-fault-taken-without-copy = Entry { $index } takes a document in and does not name the entry by which the newest copy of its delivery came into custody: when it was taken in cannot be told.
journal-fault-intake-doubt-omitted = Entry { $index }: the clock by which document { $document } was taken in had been doubted, and its record does not say so.
journal-fault-superseded-by-none = Entry { $index }: no record that supersedes document { $document } was filed before it.
journal-fault-ended-twice = Entry { $index }: document { $document } was never taken in, or had ended before.
journal-fault-act-on-ended = Entry { $index } decides about document { $document }, which was never taken in, or had ended before.
journal-fault-receipt-of-nothing = Entry { $index } speaks of a further receipt, and does not say of which document.
journal-fault-receipt-of-unfiled = Entry { $index } speaks of a further receipt of document { $document }, which was not filed before.
journal-fault-receipt-of-another = Entry { $index } ends a document as a further receipt of document { $document }, which is of other scans or came at another station. Find out who entered it.
journal-fault-ledger-open = Document { $document } has ended by the journal, and is open in the ledger: the line would work on it again. Stop the daemon and look into it.
journal-fault-ledger-ends-otherwise = Entry { $index }: document { $document } was { $in_journal ->
    [filed] filed
    [sent-back] sent back
    [discarded] discarded
   *[disposed] disposed of
} by the journal, and { $in_ledger ->
    [filed] filed
    [sent-back] sent back
    [discarded] discarded
   *[disposed] disposed of
} by the ledger.
journal-fault-ledger-closed = Document { $document } has ended by the ledger, and not by the journal.
journal-fault-ledger-lacks = Document { $document } was taken in, and the ledger lacks it.
journal-fault-ledger-counts = The ledger has { $in_ledger } documents, the journal { $in_journal }.
