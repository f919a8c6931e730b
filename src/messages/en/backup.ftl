# `torikomi store backup` and `store restore`: one sentence for each code of `Trouble`. What is wrong, where, and what to do.
backup-no-recipients = Backups are encrypted, and the settings name no key for them. Make one with `age-keygen -o FILE`, keep that file outside the home and away from the backup, and write its public key (age1…) as backup.recipients in torikomi.toml.
backup-not-a-backup = { $path } bears no marker of a backup. If its disk or share is not mounted, mount it and run the command again; nothing was written. If backups are to begin there, add --new.
backup-other-home = { $path } holds the backups of another home ({ $found }, not { $expected }). Name another folder.
backup-inside = { $path } and the home lie within each other, where one mistake takes both. Name a folder on other media.
backup-no-generation = { $path } has no generation { $generation }. `torikomi store backup --list` shows those that are there.
backup-empty = { $path } holds no generation yet. Make one with `torikomi store backup --to`.
backup-newer = { $path } was made by a newer version. Please use that one.
backup-identity-file = The secret key cannot be read from { $path } ({ $problem }). It must be a file as `age-keygen` writes it.
backup-wrong-key = The secret key does not open { $path }. Use the one that belongs to a key of backup.recipients at the time when the backup was made.
backup-bad-name = The name of { $path } cannot be written into the list of a backup. Rename it, or take it out of the home, and run the command again.
backup-not-empty = { $path } is not empty. A home is restored into an empty folder, and so are the store and the custody that its settings name: put what is there elsewhere, and run the command again.
backup-no-checkpoint = What was given with --against holds no checkpoint that this home's journal signed. Name the file of checkpoints that journal.anchor wrote, or one that came with an export.
backup-objects-elsewhere = The objects of this home lie on an S3 server ({ $place }), and `store restore` cannot bring such a home back. Nothing was restored. Have the server's people bring the bucket back from its versions or its replica. The backup holds every object and every other file: they can be taken out with `age`, as docs/backup.md says.
backup-another-past = The checkpoint of { $size } entries that was kept elsewhere is of another past than this backup: one of the two was made up, or belongs to another time. Nothing was restored. Find out which, or restore another generation.
backup-damaged = { $path } is not what was written: it was changed, or the medium fails. Use another generation, or another medium. Where the home still stands: put the file elsewhere and make another generation.
backup-missing = { $path } is missing. Use another generation, or another medium. Where the home still stands, make another generation.
backup-busy = Another backup, or a check of one, works with { $path }. Wait until it has ended, and run the command again.
backup-disk-full = There is no room left for { $path }. Make room, and run the command again; the generations of before are whole.
backup-changed = { $path } changed while it was read. Run the command again.
backup-journal-behind = The journal's files in store/journal/ hold { $in_files } entries, the database { $in_database }. Start the daemon, which copies what is missing, and run the command again.
backup-disk = { $path } cannot be read or written ({ $problem }). See that its disk or share is there and may be written, and run the command again; the generations of before are whole.
backup-database = The database cannot be read or written: { $problem }. Check the disk and run the command again.
backup-objects = The store cannot be read or written: { $problem }. Check the disk and run the command again.
backup-home = The home cannot be used as it is. Starting the daemon tells what is wrong with it.
backup-settings = The settings in the backup cannot be used.

backup-made = Generation { $generation } is made, of { $time }: { $entries } entries of the journal, { $files } files, { $objects } objects.
backup-sealed = { $count } of them were not there yet.
backup-without-database = The database is on a server and is not in it: when the home is restored, index and ledger are made anew from the journal's files.
backup-not-restored-to-a-server = The objects lie on an S3 server. They are in the backup and can be taken out with `age`, but `store restore` cannot bring such a home back: have the bucket keep versions or a replica as well.
backup-removed = Older generations removed: { $count }
backup-outside = { $path } belongs to the home and lies outside it: it is in no backup. Keep a copy of it by other means.
backup-same-file-system = Home and backup lie on one file system: a disk that fails takes both. Use other media.
backup-missing-in-home = { $path } is missing in the home, or damaged. It is not in the backup, unless it is an object that was on this medium already. No older generation was removed. `torikomi store check` says more.
backup-none = There is no generation yet.
backup-unreadable = Generation { $generation } cannot be read: generation.json is missing or damaged.
backup-unfinished = Broken off: { $count }. The next backup clears that away.
backup-whole = Generation { $generation } of { $time } is whole: { $entries } entries of the journal, { $files } files, { $objects } objects.
backup-not-whole = Generation { $generation } of { $time } is not whole.
backup-opened = Everything was opened, and compared with what had gone in.
backup-not-opened = The encrypted files were read. With --identity they are opened as well.

restore-done = The home is restored from generation { $generation } of { $time }. Epoch { $epoch } begins with entry { $index } of its journal.
restore-lost-unknown = What was done after that moment is lost. How much that is, nothing kept elsewhere tells: no newer generation, no copy of the checkpoints (journal.anchor, --against).
restore-unread-anchor = The copy of the checkpoints { $path } cannot be read, so more may be lost than is told here, and the journal names no checkpoint of it. Once it can be reached, `torikomi journal verify --against` that file says how far the journal went.
restore-lost-entries = Lost: the entries { $first } to { $last } of the journal ({ $count }), and what they speak of.
restore-lost-record = Lost: record { $record } (document { $document }), filed { $time }. Have its paper scanned again.
restore-lost-record-only = Lost: record { $record }, filed { $time }. Its document { $document } had been taken in before, is there, and goes on from where it was.
restore-lost-document = Lost: document { $document }, taken in { $time } and not filed. Have its paper scanned again.
restore-listed-up-to = Of the entries from { $index } on nothing kept elsewhere says what they speak of.
restore-station-away = The folder of station { $station } ({ $folder }) cannot be reached, or does not bear the home's marker. See that it is there before the daemon starts.
restore-standing = { $count } files stand at station { $station } ({ $folder }). They are taken in when the daemon starts.

# Why a copy of a home does not start: one sentence for each code of `ClaimProblem`.
claim-working = A copy of this home works with { $path } just now. Two of them would take each other's scans, and their journals would part. Nothing was done. Stop one of them, and keep it stopped.
claim-taken = Another copy of this home has worked with { $path } since this one did: what it did is not in this journal. Nothing was done. Find out which of the two is the right one, and keep the other stopped. If it is this one, remove the file and start again.
claim-superseded = This home was restored from a backup and goes on elsewhere, in epoch { $epoch }; this one is of epoch { $ours } ({ $path } says so). Nothing was done. Keep it stopped, as evidence: what it has beyond the backup is not in the restored one. If the restored one was given up, remove the file and start again.
