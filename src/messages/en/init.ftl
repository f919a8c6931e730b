### torikomi init, and where a home lies.

init-already-a-home = { $path } is a home already ({ $id }). Nothing was changed.
init-not-empty = { $path } is not empty (“{ $found }” is there). Please choose an empty folder. Nothing was changed.
init-busy = Another torikomi is making a home in { $path }. Please wait for it.
init-in-the-way = { $path } is in the way of a half-made home. Please move it away and run init again.
init-no-station = There is no station. Please name one with --station.
init-station-twice = Station “{ $station }” is named twice.
init-one-person = The administrator and the information manager must be two people with two logins.
init-founder-passphrase = The passphrase of { $login } is too weak to be used: { $weaknesses }.
init-authority-passphrase = The passphrase of the certificate authority is too weak to be used: { $weaknesses }.
init-profile = The profile { $file } is at fault. See what with `torikomi profile lint { $file }`, put it right and run init again.
init-failed = The home could not be made: { $problem }. Please remove the cause and run init again.
init-person-syntax = “{ $text }” cannot be read. Please write “login,name,occupation,department”, all four.
init-passphrase-file-syntax = “{ $text }” cannot be read. Please write “login=file”.
init-no-person = There is no { role-name }. Please run this on a terminal or give { $option }.

init-ask-person = The { role-name } (login,name,occupation,department):{" "}
init-authority = the certificate authority (to be kept sealed)
init-made = Made a home: { $path }
init-resumed = Finished a half-made home: { $path }
init-fingerprint = SHA-256 of the root certificate: { $fingerprint }. Please publish it outside, so that whoever verifies can compare.
init-evaluation = It is for evaluation. Its records do not serve for statutory retention.
init-production = It is for production. Its founders’ keys are for evaluation, and only bring in certificates of an outside authority.
init-next = Next, each in a terminal of its own: torikomi --home { $path } timestamp serve, and torikomi --home { $path } serve
init-next-production = Next: torikomi --home { $path } serve

home-not-a-home = { $path } is not a home. Please give one with --home or TORIKOMI_HOME, or make one with torikomi init.
home-unreachable = { $path } cannot be reached: it does not carry this home’s marker. Please check the mount or the share. Nothing in it was touched.
home-foreign = { $path } belongs to another home ({ $found }). Please correct the path in torikomi.toml.
home-bad-marker = The marker { $path } cannot be read. Please restore it from a backup.
home-in-use = Another torikomi works with { $path } just now: a copy of this home, perhaps. Please stop it first, or correct the path in torikomi.toml. Nothing was done.
home-taken-over = { $path } says that another copy of this home has worked with that folder since this one did. Nothing was done. Please find out which of the two is the right one, and keep the other stopped. If it is this one, remove the file and start again.
home-locked = Another torikomi (process { $process }) works in this home. Please stop it first.
home-too-open = Others can read { $path } ({ $found }). Please run: chmod { $allowed } { $path }
home-foreign-owner = { $path } belongs to another account. Please give it to the account that runs torikomi.
home-not-writable = { $path } cannot be opened for writing ({ $problem }). Please mount its disk or share so that it can be written, or give folder and file to the account that runs torikomi.
home-failed = { $problem }. Please check the disk or share, the permissions and the free space.
