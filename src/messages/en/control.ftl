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
control-no-exception = The profile allows no exception for this check ({ $check }). Scan it again.
control-reason-not-allowed = This reason ({ $reason }) does not allow filing late. Unless another, unavoidable one applies, send it back.
control-not-releasable = Identity, signature and a required time-stamp cannot be released as an exception. Supply what is missing.
control-profile-refused = The profile cannot come into force: { $problem }
control-profile-changed = Version { $version } of profile { $profile } was in force with other content. Raise its version.
control-people = A rule about people, sessions or appointments stands in the way: { $problem }
control-bad-request = The request could not be understood: { $problem }. Check that command and daemon have the same version.
control-environment = A disk, network or service failed: { $problem }. Nothing has changed. Try again in a while.
control-locked-out = The passphrase of { $login } was wrong several times. Wait { $seconds } seconds, then try again.
control-second-clock-over = Counted from when the work was possible again, it is late as well (it was due by { $deadline }). Send it back, or keep the paper.
control-deadline-not-told = A deadline cannot be told: { $problem }. Ask an administrator to bring the calendar up to date.
