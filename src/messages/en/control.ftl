# When the daemon refuses. Nothing has changed.

control-unknown = { $what } was not found. Check the id or name.
control-not-proven = It could not be shown that you are { $login }. Check login and passphrase. If there is no key yet, make one with `torikomi operator enrol { $login }`.
control-suspended = { $login } is suspended. Ask an administrator.
control-role-needed = Only the { $role } may do this. Ask somebody who holds that role today.
control-second-person-needed = A second person must approve. Name one with --second LOGIN: not yourself, nor somebody whose account you made.
control-wrong-state = This cannot be done in the present state ({ $state }). { $held ->
    [none] See `torikomi queue show`.
   *[other] It is on hold: { $held }. See `torikomi queue show`.
}
control-changed-since-shown = Document { $document } has changed since it was shown to you ({ $state }{ $held ->
    [none] {""}
   *[other] ; { $held }
}). Nothing was decided. Look at it as it is now (`torikomi queue show { $document }`), and decide anew.
control-delivery-changed-since-shown = Delivery { $delivery } has changed since it was shown to you ({ $state }). Nothing was decided. Look at it as it is now (`torikomi queue show { $delivery }`), and decide anew.
control-clock-changed-since-shown = The server's clock was set since it was shown to you, or is in doubt for another reason. Nothing was recorded. Look at it as it is now (`torikomi status`), and give the command again.
control-clock-behind-stamp = The server's clock lies behind { $stamped_at }, the time of the newest time-stamp here. Scans that came by it would be dated before that stamp, and the journal could never be verified again. Nothing was recorded. Set the clock right, and give the command again. If it is right, the time-stamping authority's was wrong: tell the authority, and wait until { $stamped_at } has passed. In a home for evaluation the authority is its own, and ran ahead with the machine's clock: wait as long, or make the home anew.
control-profile-changed-since-shown = The file of profile { $profile } is another than was shown to you. It was not approved. Read it as it is now ({ $found }), and give the command again.
control-no-exception = The profile allows no exception for this check ({ $check }). Scan it again.
control-reason-not-allowed = This reason ({ $reason }) does not allow filing late. Unless another, unavoidable one applies, send it back.
control-not-releasable = Identity, signature and a required time-stamp cannot be released as an exception. Supply what is missing.
control-no-reason = Please say why (`--reason`).
control-unknown-reason = There is no reason "{ $reason }". Choose one of: { $valid }
control-day-to-come = { $day } is a day to come. Check when the paper was received or made, and enter that day.
control-malformed-patient-id = "{ $text }" cannot be a patient id: { $patient_id }. Check the number on the paper and enter it again.
control-other-station = A document belongs to the station in whose folder it lay ({ $station }). Another cannot be stated.
control-supersedes-anothers = Document { $document } is another patient's and cannot be superseded by this one. Check the id, and whose both are.
control-supersedes-unidentified = Whose this document is, is not known, so it cannot be checked what replaces what. Enter the patient along with the rest.
control-superseded-by-anothers = Document { $document }, which is another patient's, is said to supersede this one. Take that back first: `torikomi queue identify { $document }` without `--supersedes`.
control-stated-in-part = The file of document { $document } was changed after it was taken in, or what a person had said of it was lost. Look at it, and enter patient, kind and date together.
control-looked-at-singly = The file of document { $document } was changed after it was taken in. Look at it and the other one, and name it alone.
control-not-supersedable = Document { $document } cannot be superseded. Only an earlier one that waits for a person, or was sent back, can be. Check the id.
control-nothing-stated = Nothing was entered. Give at least one thing to enter, such as --patient-id (see `torikomi queue identify --help`).
control-not-appointed = { $login } holds no appointment as { $role } that could end then. Check with `torikomi operator list`.
control-begun-in-past = An appointment cannot begin in the past ({ $from }). Leave out --from, or give a time to come.
control-not-possible-yet = The time from which the work was possible again ({ $possible_again_at }) is still to come. Run this once it has passed.
control-taken-in-before = It was taken in before the work was possible again ({ $taken_in_at }). Check the time given with --possible-again-at.
control-documents-named = Name 1 to { $most } documents at a time. Run the command several times.
control-not-disposable = The private part of entry { $index } cannot be erased: { $disposal ->
    [nothing-private] it has none
    [erased] it is erased already
    [open] work on its document or delivery goes on. Wait until that has ended
   *[people] it holds the name of somebody who signs, by which signatures are understood
}.
control-nothing-to-erase = No entry about document { $document } has a private part.
control-profile-refused = The profile cannot come into force. { $profile_refusal }
control-profile-faulty = The profile file is at fault. Put this right and run the command again.
profile-refusal-placeholder-clause = Its clause is still the placeholder of an evaluation. Enter the clause of the hospital's own rules.
profile-refusal-takes-effect-later = It takes effect on { $day }. Approve it on that day.
profile-refusal-in-force-already = This version is in force already. To change it, raise its version number.
profile-refusal-faulty = Its file is at fault.
control-profile-changed = Version { $version } of profile { $profile } was in force with other content. Raise its version.
control-not-theirs = This is not yours to confirm. { $unsigned }
control-people = A rule about people, sessions or appointments stands in the way: { $problem }
control-bad-request = The request could not be understood: { $problem }. Check that command and daemon have the same version.
control-may-be-done = A disk, network or service failed while the change was made: { $problem }. Some of it may be done. Look with `torikomi journal show` and `torikomi queue show` before you ask again.
control-environment = A disk, network or service failed: { $problem }. Nothing has changed. Try again in a while.
control-database-damaged = The database is damaged ({ $problem }). Nothing has changed, and nothing is taken in, signed or filed any more. Ask the administrator to stop `torikomi serve`, look at the disk, and run `torikomi store check --rebuild`.
control-locked-out = The passphrase of { $login } was wrong several times. Wait { $seconds } seconds, then try again.
control-second-clock-over = Counted from when the work was possible again, it is late as well (it was due by { $deadline }). Send it back, or keep the paper.
control-clock-in-doubt = Nobody is given an account, a key or an office while the time is not certain: it would begin by that time for ever. { $clock } Then give the command again.
control-deadline-not-told = The deadline cannot be told: { $calendar }. Ask an administrator to correct calendar.toml, then give the command again.
