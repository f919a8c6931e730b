# `torikomi store check`: one sentence for each code of `StoreFinding`. What is wrong, where, and what to do.
store-finding-object-damaged = { $path } has other bytes than it was stored with{ $named ->
    [record] : it belongs to filed records ({ $records })
    [document] : a document's measurements or sidecar
    [calendar] : a calendar by which documents were judged
    [profile] : a version of a profile
    [certificate] : the certificate of somebody's key
   *[nobody] ; nobody names it
}. Put the file back from a backup, and check the disk.
store-finding-object-missing = { $path } is missing{ $named ->
    [record] : it belongs to filed records ({ $records })
    [document] : a document's measurements or sidecar
    [calendar] : a calendar by which documents were judged
    [profile] : a version of a profile
    [certificate] : the certificate of somebody's key
   *[nobody] { "" }
}. Put the file back from a backup.
store-finding-object-unreadable = { $path } cannot be read ({ $problem }). Check the disk and the permissions.
store-finding-object-orphan = { $path } is named by no record and no document. Nothing is lost by it: a step was broken off, or what names it was removed. Keep it until you know which.
store-finding-stranger-in-store = { $path } is no object of the store. Find out who put it there, and take it away.
store-finding-temporary-left = { $path } is what a stopped process left half-written; nothing counts on it. What lies in custody goes at the next start; anything else may be removed while the daemon is stopped.
store-finding-row-lost = Entry { $journal_index } of the journal says that a record ({ $record }) was filed, and the index has none. Stop the daemon and run `torikomi store check --rebuild`, which makes the index anew.
store-finding-row-unvouched = The index has a record { $record } of which no entry of the journal says that it was filed. Somebody may have put it in: do not rely on it, and find out who.
store-finding-row-differs = The index says something else of record { $record } than the record itself ({ $field }). The record counts. Stop the daemon and run `torikomi store check --rebuild`, which makes the index anew.
store-finding-document-lost = Document { $document } was taken in, and the ledger does not have it. Stop the daemon and run `torikomi store check --rebuild`, which makes the ledger anew.
store-finding-copy-missing = The ledger counts on copy { $copy } of delivery { $delivery }, and it is not in custody. Put it back from a backup; where the source still stands and nobody refused it, it is copied again at the next start.
store-finding-copy-damaged = Copy { $copy } of delivery { $delivery } in custody: { $file } is not what was taken in. Put it back from a backup, or have it scanned again; and check the disk.
store-finding-copy-orphan = Copy { $copy } of delivery { $delivery } lies in custody, and no row of the ledger counts on it. The next start takes it up, or removes it where a newer one counts; until then leave it there.
store-finding-copy-foreign = Copy { $copy } of delivery { $delivery } in custody was made by another home. Find out where it belongs.
store-finding-attempt-missing = The files of attempt { $attempt } to sign document { $document } are not in custody. Put them back from a backup.
store-finding-attempt-damaged = Attempt { $attempt } to sign document { $document }: { $file } is not what was signed. Put it back from a backup, and check the disk.
store-finding-attempt-orphan = Files of attempt { $attempt } to sign lie in custody, and no row of the ledger counts on them. The next start takes them up, removes them or sets them aside; until then leave them there.
store-finding-stranger-in-custody = { $path } in custody is nothing that was taken in or set aside. Find out who put it there.
store-finding-parts-not-kept = The journal's second copy (store/journal/) lacks the private parts of { $count } entries that the database has, or has others in their place, the first of entry { $first }. Restart the daemon, which writes them anew; and find out who changed the files.
store-finding-parts-not-erased = The journal's second copy (store/journal/) still holds the private parts of { $count } entries that were erased by an act, the first of entry { $first }. Restart the daemon, which erases them; and find out who put them there.
store-finding-journal-faulty = The journal does not hold in itself, or with what is beside it ({ $faults } faults). `torikomi journal verify` names each.

store-more-findings = and { $count } more
store-in-order = Everything is in its place: { $objects } objects, { $records } records, { $entries } entries of the journal, { $copies } copies and { $attempts } attempts in custody.
store-not-in-order = Found: { $count }. Nothing was changed.
store-looked-at = Looked at: { $objects } objects, { $records } records, { $entries } entries of the journal, { $copies } copies and { $attempts } attempts in custody.
store-in-the-making = { $count } files are being written or wait for a step that is under way. They are no finding.
store-set-aside = { $count } attempts to sign were set aside in custody/quarantine/, as the journal says. They are kept.

# `torikomi store check --rebuild`: one sentence for each code of `NotRebuilt`. What could not be made anew, and what follows.
store-old-database-unreadable = The old database cannot be read any more: nobody knows whether it had entries that the files in store/journal/ lack.
store-old-database-not-ours = The old database was another home's, or was never finished: it was not compared.
store-old-database-on-server = The old database on the server was not asked whether it has entries that the files in store/journal/ lack. Keep it until that is known.
not-rebuilt-private-part = The private part of entry { $journal_index } of the journal is nowhere on the disk. The entry stands; what it said in words is lost, unless a backup has it.
not-rebuilt-person = The name of person { $person } is nowhere on the disk: their account, keys and roles could not be made anew. Put store/journal/ back from a backup and run the command again.
not-rebuilt-certificate = Certificate { $certificate } of person { $person } is nowhere on the disk, and nothing can be signed with its key. Put store/objects/ back from a backup and run the command again, or have a new key made.
not-rebuilt-profile = Version { $version } of profile { $id } ({ $digest }) is nowhere on the disk. Put its file back into profiles/ and run the command again; until then nothing can be judged by it.
not-rebuilt-record = The record of entry { $journal_index } cannot be read ({ $object }), so the index lacks it. Put store/objects/ back from a backup and run the command again.
not-rebuilt-document = What was measured of document { $document } is not among the objects. Put store/objects/ back from a backup and run the command again; an open document waits for that.
not-rebuilt-copy = Document { $document } is open, and its copy is not in custody. If it was filed at the very end, its parts are among the objects that nobody names; otherwise put custody/ back from a backup, or have it scanned again.
not-rebuilt-very-copy = The copy that counted of document { $document } is not in custody. Another with the same scans is, and what was delivered beside them may be different there: put custody/ back from a backup and run the command again, or say what it is (`torikomi queue identify`).
not-rebuilt-delivery = Delivery { $delivery } was never taken, because it was not whole or a person refused it, and its copy is not in custody: the ledger knows nothing of it any more. Put custody/ back from a backup and run the command again, or have it scanned again. If its file still stands in the drop folder, it is taken in anew: whoever had refused it has to refuse it again.
not-rebuilt-refused-name = Delivery { $delivery } was refused before it was copied, and its name is lost. If the sidecar that was meant for it still stands in the drop folder, it would speak for the next scan of that name: look there before the line starts, and take such a sidecar away.
not-rebuilt-decisions = { $count } decisions about document { $document } count no more: it begins anew, and is asked about again. The journal keeps them.
not-rebuilt-identities = { $count } documents that were sent back or discarded are there again without what they had been known to be (the first is { $first }). Nobody is offered them as replaced by a rescan, and the same bytes delivered again wait for a person.
not-rebuilt-missed-signature = The files of signature { $attempt }, which came to nothing, are gone. The journal keeps that it was made.
not-rebuilt-signature = Signature { $attempt } was not filed. It is set aside, and the document is signed anew.

store-rebuilt = The database was made anew: { $records } records, { $documents } open documents, { $entries } entries of the journal. Start the daemon to go on.
store-kept-aside = The old one is kept as { $path }.

# Where objects are kept: one sentence for each code of `ObjectsProblem`. Who has to do what.
objects-away = The object store { $place } does not answer as it should ({ $problem }). If it lasts, ask whoever keeps it.
objects-refused = The object store { $place } refuses what is asked of it ({ $problem }). Ask whoever keeps it to let the key in objects.credentials_file list, read and write there.
objects-untrusted = The object store { $place } cannot prove that it is the right server ({ $problem }). Nothing was sent to it. Check the address, and the certificates in objects.tls_roots.
objects-no-key = The key for the object store cannot be read from { $path } ({ $problem }). Its first line has to be the key’s id, its second the secret.
objects-no-folder = There is no folder of objects, { $path }. If its disk is not connected, connect it. If this home was made with an object store on a server, put [objects] back into torikomi.toml as it was.
objects-unmarked = { $place } does not carry this home’s marker, so its objects are not there. Nothing in it was touched. Put objects.url in torikomi.toml as it was when the home was made; if the bucket was emptied, ask whoever keeps it to bring it back.
objects-foreign = { $place } belongs to another home ({ $found }). Give this home a prefix of its own in objects.url.
objects-not-empty = There is something in { $place } already. Choose a prefix under which nothing is.
objects-overwrites = The object store { $place } overwrites what should be stored only where nothing is (it does not heed If-None-Match), so a filed record would not be safe there. Use another store, or a newer version of it.
objects-not-locked = The object store { $place } does not keep objects for objects.retention_days: what it was to lock could be deleted, or it cannot lock. Ask whoever keeps it to make the bucket with Object Lock and to let the key set retention, or use another store.
