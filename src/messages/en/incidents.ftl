## What failed for a while
incident-authority = time-stamping authority { $name } gave no stamp
incident-clock = the clock was not believed
incident-disk = a folder or its disk failed
incident-database = the database failed
incident-store = the store of records failed
incident-workers = pages could not be decoded
incident-anchor = checkpoints could not be copied out of the home
incident-none = No incident.
incident-lasts = lasts
incident-more = There are more. Raise --most.
column-until = until
column-what = what
column-incident = incident
status-incident = Incident since { $since }: { $what }
journal-incident-opened = incident opened
journal-incident-closed = incident closed: it works again
help-incident = What failed for a while
help-incident-list = List incidents with their times, the newest first
arg-incident-list-open = Only those that last

## Deadlines
status-raised = { $count ->
    [one] The time of one document ends soon ({ $due }). { $to_do }
   *[other] The time of { $count } documents ends soon (the first at { $due }). { $to_do }
}
queue-raised = Ends soon: { $document }. { $to_do }
deadline-do-identifying = It is being identified; if that lasts, see `torikomi status`.
deadline-do-inspecting = It is being inspected; if that lasts, see `torikomi status`.
deadline-do-review = A person decides about it (`torikomi queue show`).
deadline-do-awaiting-confirmation = A person confirms it (`torikomi queue confirm`).
deadline-do-signing = It is about to be signed; if that lasts, see `torikomi status`.
deadline-do-stamping = No time-stamping authority has stamped it. An administrator sees to the authorities (`torikomi status`); once its time is over it is signed anew.
deadline-do-filing = It is being filed; if that lasts, see `torikomi status`.

control-incident-lasts = Incident { $incident } lasts, so nobody can say yet from when the work is possible again. Please wait until it is closed (`torikomi incident list`).
control-incident-at-other-time = Incident { $incident } was over before document { $document } was there, or began when its time had passed: it did not make it late. Please name another, or a reason with --reason and --possible-again-at.
arg-queue-release-late-incident = The incident that made them late (`torikomi incident list`), in place of --reason and --possible-again-at
