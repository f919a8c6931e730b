# Words of the command line.

## Failures: what happened, why, what to do.
cli-home-not-given = No home folder is given. Name one with --home DIR or TORIKOMI_HOME, or make one with `torikomi init`.
cli-not-a-home = { $path } is not a Torikomi home. Check the path, or make one with `torikomi init`.
cli-home = The home folder cannot be used. Put this right and run the command again.
cli-settings = The settings are at fault. Put this right and run the command again.
cli-patients = The patient master { $path } cannot be used. { $problem }
cli-journal-files = It did not start, and nothing in the home was changed. { $journal_files }
cli-start = It could not start: { $problem }. Check the free space and the permissions, then run it again.
cli-cannot-sandbox = It could not start: this system cannot confine the workers that decode files, and the settings require it (image.sandbox). Allow seccomp for this service (container and service managers may forbid it), or set sandbox = "best-effort" under [image] in torikomi.toml, which a home in production refuses.
cli-evaluation-authority = It could not start: authority.{ $authority }.policies in torikomi.toml names the policy of an evaluation time-stamping authority, and a home in production takes none of its stamps. Name the policies of the authority that the hospital has a contract with.
cli-key-file = It could not start: { $path } cannot be read ({ $problem }). Put the file back from a backup, or check its permissions.
cli-key-locked = It could not start: { $path } does not open ({ $problem }). Check that its secret belongs to it: the file named in journal.secret_file, or the service manager's credential.
cli-not-certificates = It could not start: { $path } is no certificate in PEM. Put the file back from a backup, or have the certificates sent again by whoever issued them.
cli-mode-changed = It could not start: this home was made with mode = "{ $made }", and torikomi.toml says "{ $found }". Put the mode back, or make another home with `torikomi init`.
cli-database-foreign = It could not start: the database belongs to another home ({ $found }, not { $expected }). Put back the one that belongs here.
cli-database-unfinished = It could not start: the database was never finished. Run `torikomi init` again.
cli-database-half-rebuilt = It could not start: this database was being made anew, and that was broken off. Run `torikomi store check --rebuild` again; on a server, with an empty database in its place.
cli-no-timestamping = This home has no key of an evaluation time-stamping authority. A production home uses one outside, named in torikomi.toml under [authority].
cli-objects = { $objects }
cli-database = The database cannot be read: { $problem }. Check the disk and the permissions and run the command again. If that does not help, stop the daemon and run `torikomi store check --rebuild`, which makes the database anew from what lies beside it and keeps the old one.
cli-journal-damaged = Entry { $index } of the journal's files in store/journal/, or one before it, is missing or is not what was written; no database was made. Put the files back from a backup, and run the command again.
cli-journal-files-damaged = Entry { $index } of the journal's files in store/journal/, or one before it, is missing or is not what was written; no database was made. The old database can still be read and has it: put the files entries-*, private-* and checkpoints.txt of store/journal/ elsewhere as evidence, leave stamped/, and run the command again, which writes them anew from that database.
cli-against-anchor = { $path } has a checkpoint of { $size } entries that the journal's files in store/journal/ do not have, or not so: they were cut, put back from an older copy, or changed. No database was made. Put the files back from a newer backup and run the command again. Where there is none, keep { $path } as evidence, and name another folder in journal.anchor once it is known what happened.
cli-against-stamped = A time-stamping authority stamped these checkpoints, and no restore explains them: { $paths }. With the .tst beside it, each proves what this journal held by then; the newest speaks of { $size } entries. The journal's files in store/journal/ do not have these, or not so. No database was made. Put the files back from a newer backup and run the command again. Where there is none, or an older database was put in place on purpose, keep these checkpoints and their .tst as evidence: put them elsewhere, and run the command again; what they speak of is then lost.
cli-newer-measurements = A newer torikomi measured scans of this home ({ $object } is of version { $found }), and this one does not know what that means. No database was made. Run the command with the newer torikomi.
cli-no-journal = { $folder } holds no journal, and without it the database cannot be made anew; nothing was changed. Put the folder back from a backup.
cli-database-not-empty = The database on the server is not empty, and is not replaced; nothing was changed. Make an empty one, name it as store.database in torikomi.toml, and run the command again.
cli-database-not-copied = What the old database ({ $path }) has beyond the journal's files in store/journal/ cannot be copied to them: { $problem }. No database was made. Remove the cause and run the command again. If the old database is of no use, keep it as evidence: put it, with the files -wal and -shm beside it, elsewhere, and run the command again; what only that database knew is then lost.
cli-database-forked = The first { $size } entries of the old database's journal ({ $path }) are not those of the files in store/journal/; no database was made. If the files are right, keep the database as evidence: put it, with the files -wal and -shm beside it, elsewhere, and run the command again. If the database is right, do not make it anew: keep the files entries-*, private-* and checkpoints.txt in store/journal/ as evidence, put them elsewhere, and start the daemon.
cli-no-daemon = The daemon is not running (nothing answers at { $socket }). Start it with `torikomi serve`, then try again.
cli-not-shown = Nothing is shown: who looks is entered in the journal, and the daemon is not running (nothing answers at { $socket }). Start it with `torikomi serve`, then try again.
cli-not-in-custody = The pages of { $document } are not in custody any more: it is filed or disposed of. Those of a record come with `torikomi record export`.
cli-broken-off = The daemon broke off: { $problem }. What was done can be seen with `torikomi journal show`.
cli-passphrase-file = The passphrase file { $path } cannot be used: { $problem }. Write the passphrase on its first line.
cli-no-terminal = There is no terminal to type the passphrase at. Give it with --passphrase-file FILE.
cli-passphrases-differ = The two entries differ. Run the command again.
cli-shown-for-each = { $named } are named, but --shown is given for { $shown }. Give it once for each, in their order, or leave it out.
cli-not-found = { $what } was not found. Check the id or name.
cli-unknown-profile = No profile named { $name } is in force or shipped. There are: { $known }.
cli-file-missing = { $path } is not there. Check its name and place.
cli-not-a-file = { $path } is not a regular file. Name the file itself.
cli-file-exists = { $path } is there already, and nothing was changed. Give another name, or move it away.
cli-file = { $path } cannot be read or written: { $problem }. Check its permissions and the free space.
cli-bad-value = "{ $value }" cannot be understood: { $problem }
cli-strange-answer = The daemon's answer cannot be understood ({ $problem }). After an update, restart `torikomi serve`.
cli-listen = It is not possible to listen at { $address }: { $problem }. See whether another program does, or give another address with --listen.
cli-init = { $problem }
cli-output = The result cannot be written: { $problem }. Check where it goes, and the free space.

## Typing
cli-passphrase-prompt = Passphrase of { $whose }:{" "}
cli-new-passphrase-prompt = New passphrase of { $whose }:{" "}
cli-passphrase-again-prompt = New passphrase of { $whose }, again:{" "}

## Short phrases
cli-journalled = journal entry { $index }
cli-value-from = { $value } ({ $source })
cli-due = { $time } ({ $left })
cli-with-problem = { $what }: { $problem }
cli-profile = { $id } version { $version }
unknown = unknown
held-for = on hold: { $reason }
actor-system = by itself
actor-socket = asked for at the control socket by user id { $uid } of the machine

time-left-minutes = { $first } min left
time-left-hours = { $first } h { $second } min left
time-left-days = { $first } d { $second } h left
time-over-minutes = { $first } min over
time-over-hours = { $first } h { $second } min over
time-over-days = { $first } d { $second } h over

## Column heads
column-time-left = time left
column-state = state
column-patient = patient
column-kana = kana
column-birth-date = birth date
column-kind = kind
column-obtained = obtained on
column-document-date = date on the paper
column-scanned-at = scanner's time
column-operator = operator
column-pages = pages
column-station = station
column-document = document
column-delivery = delivery
column-record = record
column-clock = Clock
column-since = since
column-file = file
column-taken-in = taken in
column-due = due
column-assigned = assigned to
column-supersedes = supersedes
column-filed = filed
column-signed = signed
column-stamped = time-stamped
column-version = version
column-profile = profile
column-record-digest = record digest
column-journal = journal
column-backup = newest complete backup
column-time = made at
column-files = files
column-objects = objects
column-name = name
column-generation = generation
column-bytes = bytes
column-object = digest
column-count = count
column-mode = mode
column-software = software
column-now = time now
column-sandbox = image sandbox
column-information-manager = information manager
column-records = records filed
column-watching = watching
column-session = session
column-folder = folder
column-login = login
column-person = name
column-occupation = occupation
column-department = department
column-roles = roles
column-certificate = certificate until
column-expires = ends
column-signed-count = signed
column-attested = attested

## States of a document
state-identifying = finding out whose it is
state-inspecting = being inspected
state-review = waits for review
state-awaiting-confirmation = waits for confirmation
state-signing = waits for signature
state-stamping = waits for time-stamp
state-filing = being filed
state-filed = filed
state-sent-back = sent back
state-discarded = discarded
state-disposed = disposed of

## States of a delivery
delivery-state-arriving = arriving
delivery-state-in-custody = in custody
delivery-state-taken = taken
delivery-state-incomplete = the file breaks off
delivery-state-completeness-unknown = cannot tell whether it is whole
delivery-state-refused = refused

## Why a document is on hold
hold-identity = patient, kind or date is missing
hold-conflict = two sources say different things
hold-unknown-patient = the patient id is not in the patient master
hold-no-profile = no profile that this station may use
hold-findings = a person must look at the findings
hold-rejected = the inspection rejected it
hold-late = its deadline has passed
hold-not-carried = this kind of rule is not carried yet
hold-equal-bytes = the same file was delivered before
hold-other-operator = it names another operator than the one in session
hold-no-session = nobody who may sign has a session open
hold-no-information-manager = no information manager is appointed
hold-no-attestation = nobody attested that nothing was pasted over or left out
hold-clock = the clock cannot be believed
hold-no-deadline = its deadline cannot be told
hold-clock-ahead = it was taken in, signed or stamped by a clock that ran ahead
hold-stage-failed = the same step failed three times
hold-source-changed = its file was changed after it was taken in, or goes on where an earlier one ended
hold-asked-anew = what there is of it no longer says what it is: what a person had said or decided of it was lost, with the database or by a restore, or the copy that was taken in is gone, or it rests on a key that had been revoked

## What to do then
todo-identity = Enter patient, kind and date with `torikomi queue identify`.
todo-conflict = Find out which is right and enter it with `torikomi queue identify`.
todo-unknown-patient = Check the patient id and enter it with `torikomi queue identify`. For a new patient, wait for the patient master.
todo-no-profile = If the kind is wrong, correct it with `torikomi queue identify`. If it is right, ask an administrator to allow its profile at this station.
todo-findings = Look at the image (`torikomi queue show DOCUMENT --to DIR`). If it can be read, the information manager accepts it (`torikomi queue accept`); if not, it is sent back (`torikomi queue reject`).
todo-rejected = Scan it again. `torikomi queue reject` sends it back.
todo-late = With an unavoidable reason, the information manager releases it with `torikomi queue release-late`. Otherwise identify it as a kind under which the paper is kept (9.5), or send it back with `torikomi queue reject`.
todo-not-carried = It cannot be filed. Keep the paper and tell an administrator.
todo-equal-bytes = If it was scanned twice, the information manager discards it (`torikomi queue discard`); if it is another document, enter patient, kind and date with `torikomi queue identify`. While the earlier one is not filed, it can also simply wait.
todo-other-operator = The operator who is named or the information manager, whoever of them the profile lets sign, confirms it with `torikomi queue confirm` and signs it in a session of their own. If the name is wrong, correct it with `torikomi queue identify --operator`.
todo-no-session = Whoever signs opens a session with `torikomi session open`.
todo-no-information-manager = An administrator appoints one with `torikomi operator appoint`.
todo-no-attestation = Whoever has the session open attests with `torikomi session attest`.
todo-clock = An administrator or information manager checks the server's clock and records that with `torikomi clock acknowledge`.
todo-no-deadline = The administrator corrects calendar.toml. It is then judged anew and goes on by itself.
todo-clock-ahead = It goes on by itself when it is that time. If that is too long: what waits for its time-stamp or its filing the information manager has signed anew (`torikomi queue retry`); what waits for its signature is sent back (`torikomi queue reject`) and scanned again.
todo-stage-failed = Remove the cause, then `torikomi queue retry`. What cannot be helped the information manager sends back (`torikomi queue reject`) or discards.
todo-source-changed = Look at it (`torikomi queue show DOCUMENT --to DIR`) and at the other delivery of the file. If it is a document of its own, enter patient, kind and date with `torikomi queue identify`; once it waits for signing or later, use `torikomi queue retry` for it alone. If it is only a piece, the information manager discards it (`torikomi queue discard`).
todo-asked-anew = Look at the image (`torikomi queue show DOCUMENT --to DIR`) and enter patient, kind and date anew with `torikomi queue identify`. If it had been sent back or discarded, as the restore reported, do that again.

## Where a value came from
source-sidecar = sidecar
source-filename = file name
source-station = station settings
source-batch = operator's statement
source-barcode = barcode
source-person = entered by a person
source-master = patient master

## How grave a finding is
severity-pass = passed
severity-warn = warning
severity-hold = hold
severity-reject = rejected

## Roles
role-operator = operator
role-information-manager = information manager
role-information_manager = information manager
role-admin = administrator
role-auditor = auditor
role-viewer = viewer

## The journal
journal-home-founded = home founded
journal-person-enrolled = person registered
journal-certificate-issued = certificate issued
journal-manager-absent = information manager absent
journal-manager-back = information manager back
journal-person-changed = person’s name or place changed
journal-person-suspended = person suspended
journal-person-resumed = suspension ended
journal-certificate-revoked = certificate revoked
journal-appointed = appointment made or ended
journal-profile-adopted = profile brought into force
journal-file-adopted = patient list read anew
journal-calendar-adopted = calendar read anew
journal-file-refused = changed list or calendar refused
journal-daemon-started = daemon started
journal-daemon-stopped = daemon stopped
journal-clock-doubted = clock in doubt
journal-clock-acknowledged = clock acknowledged
journal-intake-doubted = the clock by which it was taken in was found to be in doubt
journal-session-opened = session opened
journal-batch-attested = batch attested
journal-session-closed = session closed
journal-delivery-in-custody = copy in custody: taken in
journal-delivery-taken = delivery taken
journal-delivery-received = the same delivery received again
journal-delivery-refused = delivery refused
journal-delivery-incomplete = delivery stopped, because its file breaks off
journal-delivery-decided = a person decided about the delivery
journal-document-held = put on hold
journal-document-inspected = inspected
journal-document-identified = identified by a person
journal-document-accepted = findings accepted
journal-document-confirmed = confirmed
journal-document-sent-back = sent back
journal-document-superseded = ended, because the one that supersedes it was filed
journal-document-discarded = discarded
journal-document-assigned = assigned
journal-document-reassigned = assigned anew (whom it was assigned to has left)
journal-document-retried = tried again
journal-late-released = released although late
journal-document-signed = signed
journal-signer-revoked = signature not used: its certificate was revoked
journal-signer-not-valid = signature not used: its certificate did not hold when it was time-stamped or filed
journal-decision-revoked = signature not used: a decision was made with a key that was revoked by then
journal-confirmation-lapsed = to be confirmed anew: whoever confirmed it can sign no more
journal-stamp-missed = time-stamp missed
journal-attempt-damaged = signature not used: its files were damaged
journal-attempt-ahead = signature not used: it bears a time that is still to come
journal-attempt-quarantined = files of a signing attempt set aside
journal-document-filed = filed
journal-document-viewed = document looked at
journal-record-viewed = record looked at
journal-delivery-viewed = name of a delivery looked at
journal-records-searched = a patient's records looked up
journal-private-parts-viewed = private parts of entries looked at
journal-private-parts-disposed = private parts of entries erased
journal-record-exported = copy handed out
journal-checkpoint-stamped = checkpoint of the journal time-stamped
journal-home-backed-up = backup made
journal-epoch-opened = restored from a backup: a new epoch begins
clock-acknowledged = It is recorded that the clock was found right. What waited for that is signed now.
clock-shown = The server's clock says { $time }.
clock-jumped = The server's clock moved by { $by_milliseconds } ms against the time since it was started, and nothing is signed. An administrator or information manager checks the clock and records that with `torikomi clock acknowledge`.
clock-behind = The server's clock is { $by_milliseconds } ms behind what was written here last, and nothing is signed. An administrator or information manager checks the clock and records that with `torikomi clock acknowledge`.
clock-unsynchronised = Nothing keeps the server's clock right, or the system does not say so, and nothing is signed. An administrator sets up a time service (such as chrony); signing then goes on by itself.
clock-at-odds = The time-stamping authorities state another time than the server's clock (apart by { $by_milliseconds } ms; a number below zero means that the clock is behind), and nothing is signed. If the clock is wrong, an administrator sets it right; if an authority is, tell it. Signing goes on by itself with the first stamp that agrees, or once an administrator or information manager has found the clock right and recorded that with `torikomi clock acknowledge`.

journal-remark = “{ $remark }”
journal-line = { $index }  { $time }  { $what } ({ $who })
journal-empty = There are no entries yet.
journal-size = { $size } in all
journal-disposed = Private parts of { $count } entries are erased. Backups that were made before still hold them.
journal-disposed-not-gone = Copies of them are still in files of the home: of the database, of the journal, of a backup that is being made or was broken off (store/.torikomi-tmp-backup.db), or of a database that a rebuild set aside or left half-made (store/torikomi.db.kept-…, store/torikomi.db.rebuilt). Restart the daemon, which clears database and journal; the next backup and the next rebuild clear what one left; take away what was set aside once nobody needs it.

## The queue
queue-empty = No document waits.
queue-more = There are more. Raise --most, or narrow down with --station or --state.
queue-deliveries = Deliveries that wait for a person
queue-refused-deliveries = Refused at the stations and still there: { $count }, the newest first
queue-identity = Patient and document
queue-shown = as shown: { $digest }
pages-unconfirmed = Unconfirmed
pages-written = { $count ->
    [one] One file is
   *[other] { $count } files are
} in { $folder }, as delivered. Delete the folder once you have looked.
pages-sheet = UNCONFIRMED: this is not a record.
    These are the pages of document { $document } as they were delivered (taken in { $taken_in }; when they were written out, { $written }: { $standing }). It is not filed, and nobody vouches for it yet: whose it is may be wrong, pages may be missing, and it may still be sent back.
    Do not put them into a chart, do not hand them on, and delete this folder once you have looked.
queue-times = Times and deadlines
queue-findings = Findings
queue-proposals = May be a rescan of
queue-proposal = { $document }: { $standing }, taken in { $taken_in } ({ $likeness })
queue-proposal-how = If it is, confirm or identify it with `--supersedes DOCUMENT`. Once it is filed, the earlier one ends.
likeness-same-identity = same patient, kind and date
likeness-same-name = same file name from the same station
queue-history = History
queue-sent-back = { $count ->
    [one] One document was sent back.
   *[other] { $count } documents were sent back.
}
queue-retried = { $count ->
    [one] One document is tried again.
   *[other] { $count } documents are tried again.
}
queue-assigned = { $count ->
    [one] One document was assigned.
   *[other] { $count } documents were assigned.
}
queue-discarded = Discarded. The file stays in custody.
queue-released = { $count ->
    [one] One late document was released.
   *[other] { $count } late documents were released.
}
queue-accepted = The findings were accepted.
queue-retried-delivery = It is measured once more.
queue-taken = Taken as it is.
queue-refused = Refused. The source stays where it is.
queue-identified = Entered. It is inspected again.
queue-confirmed = Confirmed. It goes on to be signed and time-stamped.

## Records
record-none = No record matches.
record-more = There are more. Give the last record's id with --after to go on.
record-keep-paper = Do not return or throw away the paper yet
record-files = Files

## Sessions
session-opened = The session is open until { $until }, for { $most } signatures at most.
session-resumed = { $count ->
    [one] One document that waited goes on.
   *[other] { $count } documents that waited go on.
}
session-attested = You attested that nothing is pasted over the originals and nothing lies outside the scanned area.
session-not-attested = Nobody attested yet that nothing is pasted over or left out. Nothing is signed before that (`torikomi session attest`).
session-closed = The session is closed. Documents signed: { $count }
session-waiting = { $count ->
    [one] One document waits for the next session.
   *[other] { $count } documents wait for the next session.
}
session-none = No session is open.
session-attested-short = yes
session-not-attested-short = not yet

## People
operator-ca = the certificate authority
ceremony-planned = The certificate authority is about to issue one certificate:
ceremony-whom = for { $name } ({ $login }), { $department }, { $organization }
ceremony-time = from { $from } until { $until }
ceremony-root = by the authority whose certificate has the SHA-256 { $fingerprint }
ceremony-two = Two open it: { $by } asks, and { $second }. Each types only the own passphrase.
ceremony-witness = { $login } is the witness
ceremony-owner = { $login }, whose key it will be, is the second person, for nobody else is in office
operator-added = { $whom } was added, and now makes the own key with `torikomi operator enrol { $whom }`.
operator-changed = From now on records name { $whom } so. The certificate does when it is renewed (torikomi operator enrol { $whom } --renew).
operator-enrolled = { $whom } has a key and a certificate.
operator-requested = { $whom } has a key, and { $path } holds the request for its certificate.
operator-requested-next = Have an outside authority certify it (SHA-256 of the public key: { $fingerprint }), and put that authority’s root among those in keys/roots.pem. Import what it sends with torikomi operator import { $whom } FILE.
operator-requested-key = { $whom } (the requested key)
operator-imported = The certificate of { $whom } is imported. { $whom } signs with it from now on.
operator-revoked = The key of { $whom } is revoked. Where { $whom } has no other, torikomi operator enrol makes a new one.
operator-appointed = { $whom } was appointed.
operator-appointment-ended = The appointment of { $whom } ends.
operator-retired = { $whom } has left: offices, key and sessions have ended, and what was assigned to { $whom } is the information manager’s.
operator-absent = { $whom } is entered as absent: meanwhile the next in rank acts as information manager.
operator-back = { $whom } is there again.
operator-away = { $until ->
    [none] absent from { $from } on
   *[other] absent from { $from } until { $until }
}
operator-was-suspended = { $whom } is suspended: sessions are closed, and nothing is signed until { $whom } resumes (torikomi operator resume { $whom }).
operator-resumed = { $whom } is let in again, in every office that has not ended.
operator-suspended = suspended
operator-no-key = no key yet
operator-certificate-over = certificate expired
operator-substitute = { $role } (substitute { $rank })
operator-until = { $role } (until { $until })
session-closed-log-off = closed on request
session-closed-expired = its time was over
session-closed-idle = it went unused
session-closed-spent = it signed as many as it may
session-closed-suspended = person suspended
session-closed-revoked = key revoked
session-closed-restart = daemon restarted
session-closed-key-gone = key open nowhere any more
session-closed-set-back = clock set back to before it began
operator-none = Nobody is registered.

## Status
status-well = Running.
status-troubled = Something waits. No document in custody is lost.
status-no-manager = none appointed
status-missing = Still missing for statutory filing
status-missing-line = { $what } [{ $requirement }]
status-nothing-missing = This home itself lacks nothing.
lacking-evaluation-mode = This home is for evaluation, and stays so. Make another with torikomi init --mode production.
lacking-information-manager = Nobody is in office as information manager. Appoint one with torikomi operator appoint.
lacking-outside-certificate = { $login } has no certificate of an outside authority. Make a request with torikomi operator enrol { $login } --request FILE, have it certified, and take the answer over with torikomi operator import { $login } FILE.
lacking-authority-unset = The address of authority.{ $authority } is still the one that init wrote. Enter that of your time-stamping authority in torikomi.toml.
lacking-authority-roots = There is no root of an outside authority for authority.{ $authority }. Put it into a file, compare its fingerprint, and name the file in authority.{ $authority }.roots.
lacking-accredited-authority = No time-stamping authority is entered as accredited. Choose one that is on the list, and set accredited = true for it.
lacking-profile-in-force = None of the profiles of station { $station } is in force. Enter the hospital’s clause, and have two people approve one with torikomi profile approve.
lacking-patient-list = The patient list is empty. Have patients.csv (or the file in patients.path) written from the hospital’s system.
lacking-clock-source = Nothing keeps the machine’s clock right. Set up time synchronisation.
lacking-journal-anchor = The journal’s checkpoints are kept nowhere else. Name a folder outside this machine in journal.anchor.
lacking-backup = No complete backup was made yet. Make one with torikomi store backup.
lacking-backup-old = The newest complete backup is { $days } days old. Make one with torikomi store backup, and have it made regularly.
lacking-backup-ahead = The newest complete backup is dated later than now, so how old it is cannot be told. Look after the clock, and make a new one with torikomi store backup.
lacking-backup-incomplete = Generation { $generation } of the backups, the newest, lacks { $count } of the files and objects that the home should have. See what is missing with torikomi store check, put it right, and make another with torikomi store backup.
lacking-object-lock = The object store { $place } does not keep records from being deleted. Use a bucket with Object Lock, and set objects.retention_days.
not-built-revocation-of-others = This version does not check whether an outside authority has revoked a certificate, and keeps no such data with records. Until it does, the hospital looks for itself and revokes here (torikomi operator revoke).
not-built-renewal = This version does not renew time-stamps before their certificates end. Until it does, records are not for keeping beyond that time.
status-no-backup = none made yet
status-backup-ahead = generation { $generation }, { $time } (later than the clock says now)
status-backup-incomplete = Generation { $generation } of the backups ({ $time }), the newest, lacks { $count } of the files and objects that the home should have: it brings no whole home back. See what is missing with torikomi store check, put it right, and make another.
status-backup = generation { $generation }, { $time } ({ $count } { $unit ->
    [hours] { $count ->
        [one] hour
       *[other] hours
    }
   *[days] days
} ago)
status-paused = { $stage } waits since { $since }: { $why }
status-clock = { $synchronised ->
    [true] synchronised (estimated error { $milliseconds } ms)
    [false] kept right by nothing
   *[other] the system does not say whether it is synchronised
}
status-stations = Stations
status-documents = Documents
status-deadlines = Next deadlines
status-session = { $login } (until { $until })
status-weaker-completeness = { $watching } (weaker completeness: nobody can be asked whether a file is still being written)
status-no-session = none
warning-calendar = { $calendar_expiry }
warning-custody = { $custody }
warning-copied-ahead = { $count } delivery(ies) were copied into custody while the clock ran ahead, and go on only when it is that time, the last of them at { $until }. Nothing is lost. If the clock is slow now, set it right.
warning-custody-more = Custody holds or lacks { $count } more such things. The daemon’s log names each of them at its start.
warning-late-sidecars = Station { $station } holds { $count } sidecar file(s) that came after their scan was taken in. Look with `torikomi queue list` for scans without a patient, enter it with `torikomi queue identify`, and remove the sidecars.
warning-waiting-lists = Station { $station } holds { $count } batch list(s) (index.csv) with rows whose scans have not come, or that cannot be read as lists. They stay there. Send the scans; where none will come, remove the list.
warning-lone-sidecars = Station { $station } holds { $count } sidecar file(s) without a scan. Send the scans, or remove the sidecars.
warning-kept-sidecars = { $count } delivery(ies) filed from station { $station } came with a sidecar, or a row of a list, that is in no record: it names another patient, cannot be read, or came with a further receipt. Custody keeps it with its scan. Compare the scan with its paper, and correct what writes the sidecars.
warning-restless = Station { $station } holds { $count } file(s) or folder(s) that do not come to rest and so are not taken in. Check whether the sending program keeps a file open, whether a page that a sidecar lists has not come, whether Torikomi has the right to read them, or whether a folder is empty.
warning-unfinished-files = Station { $station } holds { $count } file(s) still named as unfinished. Check the sender, and send them again.
warning-fault = { $fault }
fault-patients = The changed patient list is not taken over, and the previous one stays in use. { $patients }
fault-no-patients = There is no patient list to use, and every document that names a patient is held until there is one. { $patients }
fault-calendar = The changed calendar.toml is not taken over, and the one before stays.
fault-calendar-unreadable = { $path } cannot be read, and the calendar before stays. See that it is there and may be read.
warning-journal-files = The journal’s second copy (store/journal) falls behind. { $journal_files } It is tried again.
journal-files-database = The database cannot be read.
journal-files-unreachable = { $folder } cannot be written. See that the folder is there, may be written and has room.
journal-files-shortened = A file in { $folder } is shorter than it was written. Find out who changed it; then restart the daemon, which writes what is missing.
journal-files-database-is-older = The journal’s second copy (store/journal) holds { $in_files } entries, the database only { $in_database }: an older database was put back. With the daemon stopped, put a newer one back; where there is none, `torikomi store check --rebuild` makes it anew. If this one has to do, keep the copy as evidence: put entries-*, private-* and checkpoints.txt of that folder elsewhere, leave stamped/ where it is, and start the daemon. The copy begins anew.
journal-files-forked = The first { $size } entries of the journal’s second copy (store/journal) are not those of the database: another database was put in its place, or an older one that went on. With the daemon stopped, put the right one back; where it is lost, `torikomi store check --rebuild` makes it anew. If this one is right, keep the copy as evidence: put entries-*, private-* and checkpoints.txt of that folder elsewhere, leave stamped/ where it is, and start the daemon. The copy begins anew.
warning-anchor = Checkpoints are not copied out of the home. { $anchor } It is tried again.
anchor-database = The database cannot be read.
anchor-unreachable = { $path } cannot be written. See that the folder of journal.anchor is there, may be written and has room.
anchor-inside = journal.anchor ({ $folder }) lies in the home. Name a folder outside.
anchor-truncated = { $path } has a checkpoint of { $promised } entries, the journal only { $found }: it was shortened, or an older one was put back. Run `torikomi journal verify --against`, and keep the file. Once it is known what happened, name another folder in journal.anchor: the copy begins anew there.
anchor-forked = The last checkpoint in { $path }, of { $size } entries, is of another past than the journal's: an older one was put back and went on, or it was written anew. Run `torikomi journal verify --against`, and keep the file. Once it is known what happened, name another folder in journal.anchor: the copy begins anew there.
anchor-shortened = { $path } had a checkpoint of { $promised } entries, and ends at { $found } now: it was cut or taken away, or its disk is not mounted. Put the file back. If it is lost, name another folder in journal.anchor: the copy begins anew there.
warning-checkpoint-stamp = Today’s checkpoint of the journal bears no time-stamp yet. { $checkpoint_stamp } It is tried again.
checkpoint-stamp-no-authority = No time-stamping authority is set. Add one to torikomi.toml below `authority`.
checkpoint-stamp-authority = No authority gives a stamp ({ $problem }). Where that goes on, an administrator looks at the connection and the settings.
checkpoint-stamp-unreachable = { $path } cannot be written. See that the folder is there, that it may be written, and that there is room.
checkpoint-stamp-database = The database cannot be used.
document-unreadable = Document { $document } cannot be read ({ $problem }). It rests where it is; its files in custody are untouched, and all others go on. The database was changed or damaged: call whoever administers it.
warning-unreadable = Document { $document } cannot be read ({ $problem }). Its files in custody are untouched. Call whoever administers the database.
warning-keys-may-be-swapped = The key of an open session is not locked in memory and could reach the swap. Raise LimitMEMLOCK of the service.
warning-objects-not-locked = The object store { $place } cannot keep objects from being deleted by whoever has the key. Where records must not depend on that, use a bucket with Object Lock and set objects.retention_days.
warning-best-effort-sandbox = Images are decoded in a weaker sandbox (image.sandbox = "best-effort"). Where the system allows it, set it back to "required".
away-disk = a folder or its disk cannot be used ({ $problem }). Check the space and the mount; it goes on by itself
away-database = the database cannot be used ({ $problem }). Check the disk; it goes on by itself
away-database-damaged = the database is damaged ({ $problem }). Stop `torikomi serve`, look at the disk, and run `torikomi store check --rebuild`
away-store = the store cannot be used ({ $problem }). Check the space and the connection; it goes on by itself
away-objects = { $objects } It goes on by itself
away-authority = no time-stamping authority gives a stamp ({ $problem }). { $passing ->
    [true] It is tried again by itself within the time allowed; check the authority and the network if this goes on
   *[false] Trying again does not help: an administrator checks the settings of the authority, and asks the authority
}
away-workers = the processes that decode images cannot be started ({ $problem }). Tell the administrator; it goes on by itself
away-crashed = it crashed on a document and is tried again. If this goes on, tell the administrator
mode-evaluation = evaluation (not for statutory filing)
mode-production = production
sandbox-required = required
sandbox-best-effort = best effort (weaker)
watching-events = by events
watching-starting = starting
watching-polling = by polling
watching-unreachable = unreachable
stage-intake = intake
stage-measuring = measuring
stage-identification = identification
stage-inspection = inspection
stage-signing = signing
stage-stamping = time-stamping
stage-filing = filing

## Checks and profiles
column-check = check
column-looks-for = what it finds
column-title = title
column-regime = regime
check-requirements = Answers to
finding-on-pages = { $count ->
    [one] Page
   *[other] Pages
} { $pages }: { $said }
finding-none = { $count ->
    [one] The one check that applies passed.
   *[other] All { $count } checks that apply passed.
}
finding-passed = Passed: { $checks }
finding-not-applicable = Does not apply: { $checks }
inspect-result = Result: { $severity } ({ $pages ->
    [one] one page
   *[other] { $pages } pages
})
inspect-no-date = Not judged, as the date of receipt is not known (--obtained-on): { $checks }
profile-in-force = in force
profile-draft = draft
profile-retired = retired
profile-file-only = not approved
profile-good = { $file }: good ({ $profile })
profile-faulty = { $file }: { $count ->
    [one] one thing to put right.
   *[other] { $count } things to put right.
}
profile-unreadable = { $file } cannot be used. See `torikomi profile lint`.
profile-text = Content
profile-approved = The profile { $whom } is in force.

## Why a document is on hold, in short
held-identity = patient, kind or date
held-conflict = contradiction
held-unknown-patient = unknown patient
held-no-profile = no profile
held-findings = findings
held-rejected = rejected
held-late = late
held-not-carried = not carried
held-equal-bytes = same file
held-other-operator = other operator
held-no-session = no session
held-no-information-manager = no information manager
held-no-attestation = not attested
held-clock = clock
held-no-deadline = no deadline
held-clock-ahead = clock ran ahead
held-stage-failed = step failed
held-source-changed = file changed
held-asked-anew = asked anew

## The time-stamping authority
timestamp-serving = The evaluation time-stamping authority listens at { $url }. End it with Ctrl-C.

## serve and demo
serve-started = Running. Control socket: { $socket }
demo-column-sample = Sample
demo-column-became = What became of it
demo-column-found = Found by checks
demo-summary = { $count } of { $of } samples came out as expected.
demo-try =
    Go on from here. Put a file into { $drop } and it is taken in.
    In another terminal: torikomi --home { $home } status
                         torikomi --home { $home } queue list
    The people are admin, manager and clerk, each with the passphrase { $passphrase }. Ctrl-C ends it.
## What exactly it waits for
held-detail-no-profile = This station has no profile for { $document_type }.
held-detail-regrown = It may be a longer piece of a file taken in before. The earlier delivery: { $earlier }
held-detail-equal-bytes = The earlier document: { $earlier }
held-detail-equal-page = File { $number } of this document is, byte for byte, a file of the earlier document { $earlier }, which is another patient's or of which nobody can tell any more whose it was. Look at both, and say whose this one is.
held-detail-equal-bytes-untold = The earlier document: { $earlier }. Whose it was cannot be told any more, because the database was made anew.
held-detail-equal-bytes-open = The earlier document is not filed yet: { $earlier }. Once it is filed, this one counts as a further receipt of it; if it is sent back or discarded, this one goes on by itself.
held-detail-source-grew = The file was changed at the station after it was taken in (delivery { $delivery }). What stands there now is taken in as a delivery of its own.
held-detail-stage-failed = The step that failed: { $stage }
held-detail-clock-ahead = It bears this time: { $until }
held-needs = Still needed: { $needs }
need-identity = patient, kind and dates to be entered
need-carried = a setting that this build does not carry
need-late-release = the information manager's release of the lateness
need-exception = the information manager's exception
need-accept = a person's look at the findings
need-confirm = confirmation and signature
