### Identification, sidecars and the patient master.
### Nested problems ({ $date }, { $sidecar }, { $patient_id }) and lists ({ $statements }) come as finished text.

identity-field = { $field ->
    [patient_id] patient id
    [document_type] kind of document
    [obtained_on] date of receipt or making
    [document_date] date on the document
    [scanned_at] time of scanning
    [operator] operator
    [station] station
    [paper] paper size
    [expected_pages] number of pages
    [double_feed] double-feed sensor
    [dispensed] dispensed mark
    [scanner] scanner
    [remarks] remarks
   *[other] { $field }
}

identity-from = { $from ->
    [sidecar] sidecar
    [filename] file name
    [station] station settings
    [batch] operator's statement
    [barcode] barcode
    [person] a person
    [master] patient master
   *[other] { $from }
}

statements-item = { $value } ({ identity-from })
statements-separator = {", "}

identity-missing = Held, because the { identity-field } is not known. Please enter it.
identity-not-admitted = The { identity-field } is stated by the { identity-from } only, which this document's profile does not accept alone. Please check and enter it.
identity-conflict = The { identity-field } does not agree: { $statements }. Please look at the page and choose the right one.
identity-malformed-patient-id = The patient id “{ $text }” ({ identity-from }) cannot be read: { $patient_id }. Please enter the right one.
identity-unknown-patient = Patient id “{ $id }” ({ identity-from }) is not in the patient master. Please check it, or wait until the master is updated.
identity-unreadable-date = The { identity-field } “{ $text }” ({ identity-from }) cannot be told: { $date }. Please enter the right date.
identity-unknown-operator = The { identity-from } names “{ $operator }” as the operator, and no person here has that login. Please state the operator with `torikomi queue identify --operator`, or have an administrator add the person (`torikomi operator add`), then `torikomi queue retry`.
identity-wrong-station = The { identity-from } names the station “{ $stated }”, but it arrived in the folder of “{ $station }”. Please check where it was scanned.
identity-unspoken = Neither a sidecar, nor a list, nor a file name says whose “{ $file }” is. Please check that no other patient's document is among these files.
identity-contested = Several sidecars speak of the same files. Please find out which is right.
identity-late-sidecar = The sidecar “{ $file }” may belong to an earlier scan of the same name, which came without it (delivery { $earlier }). Please compare both with the sidecar and enter whose this one is.
identity-late-row = The row for “{ $file }” in the list may belong to an earlier scan of the same name (delivery { $earlier }). Please compare both with the list and enter whose this one is.
identity-row-used = The row for “{ $file }” in the list has spoken for an earlier scan of the same name already (document { $earlier }). Please enter whose this one is.
identity-sidecar = The sidecar cannot be used: { $sidecar }. Please deliver it again corrected, or enter the facts by hand.

flag-merged-patient = Patient id “{ $id }” was merged into “{ $merged_into }”. The record keeps the id as delivered; a search finds it under both.
flag-temporary-patient = Patient id “{ $id }” is provisional. Please merge it once the final id is known.
flag-filled-patient-id = The patient id was written as “{ $text }” and filled with zeros to “{ $id }”. Please check against the name that no digit is missing.
flag-private-use-characters = The name has characters that only the hospital's own font shows; they may look wrong here.
flag-zone-assumed = The time of scanning came without an offset and was read in the time zone of calendar.toml.
flag-number-left-out = The names of its files leave out the number { $number }. Please check that no page is missing.
flag-overridden = The { identity-field } was decided by a person. Other statements: { $statements }.

date-unreadable = it is not written as a date (such as 2026-11-20, R8.11.20 or 令和8年11月20日)
date-two-digit-year = the year has two digits and no era, so it may mean several years
date-no-such-day = the calendar has no such day
date-era = { $era ->
    [meiji] Meiji
    [taisho] Taishō
    [showa] Shōwa
    [heisei] Heisei
    [reiwa] Reiwa
   *[other] { $era }
}
date-era-ended = the { date-era } era ended on { $ended_on }
date-era-not-begun = the { date-era } era began on { $began_on }
date-old-calendar = dates before 1873 follow the old Japanese calendar and cannot be used

patient-id-empty = the patient id is empty
patient-id-character = a patient id has only letters, digits and inner hyphens
patient-id-too-long = the patient id is longer than { $maximum } characters
patient-id-check-digit = the check digit of the patient id does not agree

sidecar-too-large = the file is too large (at most { $maximum_bytes } bytes)
sidecar-too-deep = line { $line }, column { $column }: nested too deeply (at most { $maximum } levels)
sidecar-not-utf8 = line { $line }, byte { $column }: not UTF-8
sidecar-not-json = line { $line }, column { $column }: not JSON
sidecar-duplicate-key = line { $line }, column { $column }: the key “{ $key }” stands twice
sidecar-not-an-object = it is not a JSON object
sidecar-missing-format = the key “format” is missing
sidecar-unknown-format = “{ $format }” is no format of a sidecar
sidecar-newer-format = the format “{ $format }” is newer than this Torikomi; please ask the administrator to update it
sidecar-unknown-key = the key “{ $key }” is not known; please check its spelling
sidecar-wrong-type = “{ $key }” must be { $expected ->
    [text] text in quotes
    [whole-number] a whole number
    [true-or-false] true or false
    [object] an object
    [list] a list of texts
   *[other] { $expected }
}
sidecar-empty-value = “{ $key }” is empty
sidecar-too-long = “{ $key }” is longer than { $maximum } characters
sidecar-unfit-character = “{ $key }” has a control character or one that turns the direction of text
sidecar-bad-name = “{ $key }” must be lower-case letters, digits and inner hyphens, at most 63
sidecar-unknown-paper = “{ $key }” is no paper size that is known here
sidecar-out-of-range = “{ $key }” must be from { $minimum } to { $maximum }
sidecar-bad-date = “{ $text }” in “{ $key }” cannot be told as a date: { $date }
sidecar-bad-instant = “{ $text }” in “{ $key }” is not a time such as 2026-11-20T09:30:00+09:00
sidecar-no-offset = “{ $text }” in “{ $key }” has no offset such as +09:00; please add it
sidecar-not-a-bare-name = the file “{ $file }” must be named without a folder
sidecar-repeated-file = the file “{ $file }” is named twice
sidecar-listed-but-absent = the file “{ $file }” is named but was not delivered
sidecar-present-but-unlisted = the file “{ $file }” was delivered but is not named
sidecar-no-heading = index.csv has no heading row
sidecar-missing-column = index.csv has no column “{ $heading }”
sidecar-repeated-column = index.csv has the column “{ $heading }” twice
sidecar-too-many-rows = index.csv has too many rows (at most { $maximum })
sidecar-wrong-number-of-cells = line { $line }: { $found } cells where the heading has { $expected }
sidecar-undecodable = line { $line }, column { $column }: cannot be read in the encoding that is set
sidecar-stray-quote = line { $line }, column { $column }: a quote out of place
sidecar-open-quote = line { $line }, column { $column }: the quote is not closed on this line; please use no line breaks in cells
sidecar-control-character = line { $line }, column { $column }: a control character, or one that turns the direction of text
sidecar-row = line { $line } of index.csv: { $sidecar }

patients-unreachable = The patient master cannot be read ({ $reason }). Please check its place and permissions.
patients-too-large = The patient master was not read, because it is larger than { $maximum_bytes } bytes.
patients-too-many-rows = The patient master was not read, because it has more than { $maximum_rows } rows.
patients-long-line = Line { $line } of the patient master is too long (at most { $maximum_bytes } bytes).
patients-changed-while-read = The patient master was rewritten while it was read. It is read again once it is finished.
patients-no-heading = The patient master has no heading row.
patients-missing-column = The patient master has no column “{ $heading }”. Please correct the heading or the settings.
patients-repeated-column = The patient master has the column “{ $heading }” twice.
patients-undecodable = Line { $line }, column { $column } of the patient master cannot be read in the encoding that is set.
patients-stray-quote = Line { $line }, column { $column } of the patient master: a quote out of place.
patients-open-quote = Line { $line }, column { $column } of the patient master: the quote is not closed on this line.
patients-control-character = Line { $line }, column { $column } of the patient master: a control character, or one that turns the direction of text.
patients-wrong-number-of-cells = Line { $line } of the patient master: { $found } cells where the heading has { $expected }.
patients-bad-id = Line { $line }, column { $column } of the patient master: { $patient_id }.
patients-no-name = Line { $line } of the patient master: no name, and the id is not provisional.
patients-bad-flag = Line { $line }, column { $column } of the patient master: please write 0 or 1.
patients-duplicate-id = Lines { $first_line } and { $line } of the patient master have the same patient id.
patients-merge-circle = Line { $line } of the patient master: the merges lead in a circle.
patients-shrank = { $missing } of { $before } patients are missing from the patient master (at most { $limit_permille } in a thousand may be). Please check that it is the right list and complete.

template-no-field = the file-name template names no field
template-too-long = the file-name template is longer than { $maximum } bytes
template-stray-brace = a brace of the file-name template stands alone
template-unknown-field = there is no field “{ $field }”; there are patient_id, document_type, obtained_on, document_date, operator and *
template-repeated-field = the field “{ $field }” stands twice
template-bad-width = the width of “{ $field }” must be from 1 to 64
template-ambiguous = nothing shows where “{ $field }” ends: put a character that it cannot contain between it and “{ $neighbour }”, or give it a width
