### Problems of settings files (torikomi.toml, profiles, calendar.toml): what happened and what to do.

setting-at = { $file }, line { $line }, column { $column }: { $what }

kind-expected = { $expected ->
    [string] text in quotes
    [integer] a whole number
    [number] a number
    [boolean] true or false
    [date] a date
    [list] a list in [ ]
   *[table] a table
}
kind-found = { $found ->
    [string] text
    [integer] a whole number
    [number] a number with decimals
    [boolean] true or false
    [date] a date
    [list] a list
   *[table] a table
}
form-expected = { $expected ->
    [date] a date such as 2026-11-20
    [month-day] a month and day such as 12-29
    [interval] a length of time such as 3s, 10min, 8h or 30days
    [size] a size such as 512MiB
    [url] an address that begins with http:// or https://
    [listed-policy] one of the numbers under policies
    [https-url] an address that begins with https:// (tls_roots is for https only)
    [postgresql-url] an address of the form postgresql://user@host/database, without the password (that stands in database_password_file), and over a network with ?sslmode=verify-full
    [bucket-url] an address of the form https://server/bucket/prefix, of letters, digits and . - _ only (http:// is for this machine alone, and the key stands in credentials_file)
    [oid] a number such as 1.2.392.200257.1
    [age-recipient] a public key as age-keygen prints it (age1…)
    [instant] an instant such as 2026-11-20T00:30:00.000000Z
    [span] a duration such as 12h, 8 staffed hours or 1 business day
    [name] lower-case letters, digits and inner hyphens, at most 63
    [time-zone] a time zone such as Asia/Tokyo
    [time-of-day] a time such as 17:15, not later than 24:00
    [hours] hours such as 08:30-17:15
   *[other] { $expected }
}

setting-too-long = The file has { $bytes } bytes, more than the { $most } allowed. Please check that it is the right file.
setting-not-utf8 = This is not UTF-8. Please save the file as UTF-8.
setting-syntax = This cannot be read as TOML ({ $message }). Please correct the line.
setting-unknown-key = There is no setting { $key }. { $suggestion ->
    [none] {""}
   *[other] Did you mean “{ $suggestion }”?{" "}
}Please check the spelling or remove the line.
setting-missing-key = { $key } is missing. Please add it.
setting-wrong-type = { $key } must be { kind-expected }; now it is { kind-found }.
setting-bad-value = “{ $value }” in { $key } cannot be read. Please write { form-expected }.
setting-not-one-of = “{ $value }” cannot be used for { $key }. Please choose from: { $allowed }
setting-out-of-range = { $value } is out of range for { $key }. Please use { $least } to { $most }.
setting-empty = { $key } is empty. Please fill it in.
setting-repeated = “{ $value }” stands twice in { $key }. Please keep one.
setting-newer-format = The file's format { $found } is newer than { $newest }, the newest that this program reads. Please update the program.
setting-cannot-read = The file cannot be read ({ $message }). Please check its place and permissions.
setting-window-too-long = { $key }: { $found } is too long. A hospital may set { $longest } at most (9.2-C1(1)). Please shorten it.
setting-window-not-in-business-days = { $key } counts from a date, so { $found } cannot be counted. Please write business days, such as 1 business day.
setting-regime-needs = Regime { $regime } needs { $key }. Please add it.
setting-not-for-regime = { $key }: { $value } cannot be used in regime { $regime }.
setting-pointless = { $key } means nothing without { $other }. Please correct one of them.
setting-not-in-plain-sight = { $key } must stand below { $heading } on a line of its own that begins with { $written }, and no other line may look like it: whoever verifies a record with nothing but a shell reads it so. Please write it like that.
setting-contradiction = { $key } and { $other } contradict each other. Please correct one of them.
setting-needs = { $key } needs { $other }. Please add it.
setting-cannot-tell-too-mild = { $key }: what cannot be told always reaches a person. Please use hold or reject, not { $found }.
setting-severity-too-mild = { $key }: { $found } is too mild. Please use { $mildest } or graver.
setting-same-profile-twice = Profile { $id } is also in { $other_file }. Please change its id or remove one of the files.
setting-shared-folder = { $key } is also, lies within, or holds { $other }. Please give each station a folder of its own.
setting-one-folder = { $key } is also, lies within, or holds { $other }. Please give each of them a folder of its own.
setting-own-folder = { $key } is, lies within, or holds { $folder }, where the home keeps its own files. Please give the station a folder apart from it.
setting-evaluation-only = { $key } is allowed in evaluation only (mode = "evaluation"). Please remove the line.
setting-hours-backwards = { $key }: { $value } ends before it begins. Please split hours over midnight at 24:00.
setting-hours-overlap = { $key }: { $value } overlaps the hours before it. Please write them in order, without overlap.
setting-open-and-closed = { $date } is both closed and open. Please remove one of them.
setting-before-other = { $key }: { $value } lies before { $other }. Please correct it.

caution-window-beyond-principle = { $key } is { $found }. The principle is 1 business day (9.2-C1(1) and its Q&A). Please give the reason in the operating rules.
caution-placeholder-clause = { $key } is a placeholder for evaluation. Please enter the clause of the hospital's own rules.
caution-no-effect = { $key } has no effect because of { $other }.
caution-nothing-asked = { $key } is not set, so nothing is asked. Please check that this is meant.
caution-outside-validity = { $date } lies outside the days that the calendar covers.
