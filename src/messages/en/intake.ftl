# What stands in a drop folder and cannot be taken in: one message for each code of `RefusalKind`.
intake-symbolic-link = This is a link to another place and cannot be taken in. Please put the file itself here.
intake-fifo = This is a pipe, not a file, and cannot be taken in. Please remove it.
intake-socket = This is a socket, not a file, and cannot be taken in. Please remove it.
intake-device = This is a device, not a file, and cannot be taken in. Please remove it.
intake-other-file-system = Another disk or share is mounted inside this folder, so it cannot be taken in. Please unmount it and put the files here directly.
intake-too-deep = Folders lie in each other more than { $limit } deep, so nothing of this folder was taken in. Please divide it into flatter ones.
intake-too-many = There are more than { $limit } files in this folder, so nothing of it was taken in. Please divide it.
intake-unreadable = This cannot be read, so it was not taken in yet. It stays where it is. Please ask the administrator to check the right to read it, and the disk.

# What arrived and is not taken yet: one message for each code of `DeliveryProblem`.
delivery-problem-incomplete = The file breaks off, so it is not taken in yet. Please send it again, or scan it again. What arrived is kept.
delivery-problem-completeness-unknown = Nobody can tell from this kind of file whether all of it arrived, so it is not taken in yet. What arrived is kept. The information manager looks at it and takes it in (`torikomi queue take`), or it is refused (`torikomi queue refuse`).
delivery-problem-not-measured = The copy in custody cannot be measured ({ $error }), so nobody can tell whether it is whole. It is kept. Please have the administrator look at the disk, then use `torikomi queue retry --delivery`; or scan it again and refuse this one.
delivery-problem-no-document = There are only sidecar files and no scan. Please send the scan.
delivery-problem-source-gone = The file was taken away before it could be taken in. Please send it again if it is needed.
delivery-problem-several-stations = The same file stands in the folders of several stations, so nobody can tell where it was scanned, and it was not taken in. Please leave it in one of them only.
delivery-problem-too-large = All of it together is longer than { $limit } bytes, so it was not taken in. It stays where it is. Please send it in parts, or ask the administrator to raise the limit.

# What is wrong with a station's folder: one message for each code of `StationProblem`.
station-gone = The folder is not there. Please check whether the share is connected. Work resumes by itself once it is back.
station-no-marker = The folder does not bear its marker file: it is not the folder that was set up, or the share is not connected. Work resumes by itself once it is back.
station-marker-unreadable = The marker file in the folder cannot be read: it was altered, or a newer version wrote it. Please tell the administrator.
station-foreign = This folder belongs to station { $station } of another home ({ $home }). Please check the settings.
station-replaced = The folder has become another one. It is opened anew by itself.
station-anothers = Nothing is taken in here, because a copy of this home may work with the folder: { $error }. Please tell the administrator, who finds out which of the two is the right one and keeps the other stopped.
station-unusable = The folder cannot be used: { $error }. Please tell the administrator. It is tried again by itself.
station-read-only = The folder cannot be written to, so files that were taken in cannot be removed. Please ask the administrator to check the right to write there.
station-copy-missing = The copy of something that was taken in is missing or damaged, in custody or, where it is filed, in the store, so its source is left here. Please tell the administrator.
station-store-silent = Whether the store has what was filed could not be found out, again and again, so its source is left here: { $error }. Please tell the administrator. It is tried again by itself.
station-too-many-names = There are too many files in the folder; they are taken in bit by bit.
station-crashed = The program failed at this station and began anew by itself. Nothing is lost. Please tell the administrator.
station-ledger = The ledger cannot be written, so intake waits: { $error }. It resumes by itself.

# Notes in a station's `_status` folder. They hold no patient data.
note-delivery = About what arrived at { $seen } (number { $delivery })
note-document = About what was taken in at { $taken_in } (document { $document })
note-hold-identity = It waits, because patient, kind or date is not known.
note-hold-conflict = It waits, because two sources say different things of patient, kind or date.
note-hold-unknown-patient = It waits, because its patient id is not in the patient master.
note-hold-no-profile = It waits, because this station has no profile for its kind.
note-hold-equal-bytes = It waits, because the same file was delivered before.
note-hold-source-changed = It waits, because its file was changed after it was taken in, or goes on where an earlier one ended.
note-hold-asked-anew = It waits, because what a person had said or decided of it was lost, with the database or by a restore, or because the copy that was taken in is gone, or because it rests on a key that had been revoked.
note-hold-findings = It waits, because a check asks for a person's look (`torikomi queue show`).
note-hold-rejected = It waits, because a check rejected it (`torikomi queue show`).
note-hold-late = It waits, because the time in which it had to be scanned is over, or nobody can tell whether it is.
note-hold-not-carried = It waits, because this version does not carry the rules for its kind yet, and files nothing under them.
note-hold-stage-failed = It waits, because the same step failed three times.
note-folder-unfinished = Files still named as unfinished (.part, .tmp and the like): { $count }. Their upload seems to have been cut off. Please check the sender and send them again.
note-folder-restless = Files or folders that do not come to rest and so cannot be taken in: { $count }. Please check whether the sending program keeps them open, whether a page that a sidecar lists has not come, whether Torikomi has the right to read them, or whether a folder is empty.
note-folder-late-sidecars = Sidecar files that came after their scan had been taken in without them: { $count }. They will speak for no later scan. Please have patient, kind and date of the earlier scan entered, and remove the sidecars.
note-folder-lists = Batch lists (index.csv) with rows whose scans have not come, or that cannot be read as lists: { $count }. They stay here. Please send the scans; where none will come, remove the list.
note-folder-orphans = Sidecar files without a scan: { $count }. Please send the scans, or remove the sidecars.

# Where custody and ledger did not agree at start: one message for each code of `CustodyFinding`.
custody-stranger = Custody holds { $name }, which was not taken in. It is left as it is. Please look at it.
custody-foreign-home = Custody holds a copy that another home made (delivery { $delivery }, copy { $copy }). It is left as it is.
custody-damaged = Copy { $copy } of delivery { $delivery } is not what its description says. The ledger does not use it, and it is left as it is. Please check the disk.
custody-not-stored = Every document of delivery { $delivery } is filed, and the store lacks { $object }, which copy { $copy } in custody still has. The copy is kept. Please stop the line and run `torikomi store check --rebuild`, which puts it back, and find out what happened to the store.
custody-unexplained = Copy { $copy } of delivery { $delivery } is not used by the ledger, and no newer one replaces it. It is left as it is. Please look at it.
custody-missing = Copy { $copy } of delivery { $delivery } is not in custody. Where the source still stands it is copied again; otherwise please scan it again. One that was refused is to be put back from a backup.
