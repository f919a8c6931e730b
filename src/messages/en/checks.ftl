### The names of the checks, and their reasons.
### Numbers are asked by the hospital's profile; nothing is laid down here.

list-separator = {", "}

## How a finding names its ground
finding-rule = Under profile { $profile }, version { $version } ({ $clause })

## The checks
check-format-not-accepted = Format not accepted
check-file-incomplete = File incomplete
check-trailing-bytes = Trailing bytes
check-pdf-encrypted = Encrypted PDF
check-pdf-active-content = PDF with active content
check-pdf-attachments = PDF with attachments
check-pdf-signed-before = PDF signed before
check-pdf-repaired = PDF mended to be read
check-page-not-measured = Page not measured
check-page-limit-exceeded = Too many pages
check-page-count-differs = Page count differs
check-double-feed-reported = Double feed reported
check-page-damaged = Page damaged
check-page-not-decodable = Page not decodable
check-page-not-scanned = Page not scanned
check-page-drawn-over = Page drawn over
check-page-partly-bare = Page partly bare
check-paper-not-accepted = Paper not accepted
check-resolution-below-minimum = Resolution below minimum
check-resolution-declared-disagrees = Declared resolution disagrees
check-resolution-absurd = Absurd resolution
check-colour-below-minimum = Colour below minimum
check-lossy-compression-forbidden = Lossy compression
check-jpeg-quality-below-minimum = JPEG quality below minimum
check-symbol-coding = Letters replaced by look-alikes
check-page-in-layers = Page in layers
check-blank-page = Blank page
check-skewed = Page askew
check-prescription-not-dispensed = Prescription not dispensed
check-obtained-in-future = Obtained in the future
check-scanned-in-future = Scanned in the future
check-scanned-before-obtained = Scanned before obtained
check-scan-window-exceeded = Scan window exceeded

## What things are called
format-name = { $found ->
    [tiff] TIFF
    [jpeg] JPEG
    [png] PNG
    [pdf] PDF
    [jpeg-2000] JPEG 2000
    [dicom] DICOM
   *[other] an unknown format
}
colour-name = { $found ->
    [bitonal] black and white
    [grey] grey
    [colour] colour
    [cmyk] CMYK
    [palette] a table of colours
    [other] a special colour space
   *[unknown] an unknown colour space
}
compression-name = { $compression ->
    [jpeg] JPEG
    [old-jpeg] old-style JPEG
    [jpeg-2000-reversible] JPEG 2000 (reversible)
    [jpeg-2000-irreversible] JPEG 2000 (irreversible)
    [jbig2-symbol] JBIG2 (letters replaced)
   *[other] an unknown compression
}
limit-name = { $limit ->
    [file-bytes] size of the file
    [pages] number of pages
    [pixels-per-page] pixels on one page
    [nesting] depth of nesting
    [operations] amount of work
   *[decoded-bytes] size once unpacked
}
basis-name = { $basis ->
    [paper] worked out from the paper's size
    [placement] worked out from its size in the PDF
   *[declared] as the file declares
}

## The reasons
reason-check-crashed = This check broke down, so it could not tell. Please look at the image.
reason-format-not-accepted = The file is { format-name }, and the profile accepts { $accepted }. Please change the scanner's file format and scan again.
reason-format-not-told = The format could not be found out ({ $fault }). Please check the file or scan again.
reason-file-incomplete = The file breaks off ({ $missing ->
    [header] its beginning is missing
    [directory] its list of pages is missing
    [image-data] image data is missing
   *[end-marker] its end marker is missing
}, at byte { $at_byte }). Please let the scanner send it again.
reason-completeness-not-told = Whether the file is complete could not be told ({ $fault }). Please check the file or scan again.
reason-trailing-bytes = { $bytes } bytes follow the end of the image. Unless the scanner pads its files, please check what they are.
reason-pdf-encrypted = The PDF is { $encryption ->
    [password] locked with a password
   *[empty-password] encrypted
}. Please switch encryption off at the scanner and scan again.
reason-pdf-active-content = The PDF contains { $scripts ->
    [true] { $launch_actions ->
        [true] scripts, and actions that start or send something
       *[false] scripts
    }
   *[false] actions that start or send something
}. Please scan the paper itself.
reason-pdf-attachments = The PDF has { $files } attached { $files ->
    [one] file
   *[other] files
}. Please scan the paper itself, or deliver the attachments as documents of their own.
reason-pdf-signed-before = The PDF was signed before it came here (signatures: { $signatures }, revisions: { $revisions }). Please check whether it is an electronic original.
reason-pdf-repaired = The PDF's table of contents is broken and was mended to read it. Please check that all pages are there.
reason-pdf-not-read = The PDF's structure could not be read, so this cannot be told. Please see whether another program opens it, and scan again.
reason-no-pages = No page was found. Please check the file and scan again.
reason-pages-not-measured = Only { $measured } of { $asked } pages could be measured. Please check the file and scan again.
reason-too-many-pages = There are { $found } pages, more than the profile's limit of { $most }. Please check whether it is one document.
reason-pages-beyond-limit = The file has more pages than can be read. Those after page { $read } were not examined. Please scan it again in separate documents.
reason-page-count-differs = { $expected } pages were stated and { $found } are there. Please count the sheets, then scan again or correct the statement.
reason-double-feed-reported = The scanner reports that two sheets went through together. Please separate them and scan again.
reason-page-damaged = The page's image is damaged{ $rows ->
    [none] {""}
   *[other] {" "}({ $rows } of { $height_px } rows could be read)
}. Please scan this page again.
reason-decoder-lacking = This page uses { $feature }, which cannot be read here. It need not be damaged. Please scan again in a common form.
reason-decoding-refused = This page was not examined, because it exceeds a limit ({ limit-name }). Please check the scanner's settings.
reason-decoding-failed = Examining this page failed ({ $fault }). Please look at the image or scan again.
reason-page-drawn = This page was drawn by a program and is no scan of paper. Please scan the paper, or keep the file as an electronic document.
reason-page-empty = There is nothing on this page. Please check the paper and scan again.
reason-page-drawn-over = Beside its image the page shows what a program drew ({ $text ->
    [true] text
   *[false] {""}
}{ $lines ->
    [true] { $text ->
        [true] {", "}lines or areas
       *[false] lines or areas
    }
   *[false] {""}
}{ $annotations ->
    [true] { $text ->
        [true] {", "}annotations
       *[false] { $lines ->
            [true] {", "}annotations
           *[false] annotations
        }
    }
   *[false] {""}
}). Please scan the paper itself again.
reason-page-partly-bare = Images cover { $covered_percent } % of the page, less than the { $least_percent } % that the allowed difference in size leaves. Please check that all of the paper is there, set the paper size and scan again.
reason-resolution-below = The resolution is { $found_dpi } dpi, below the profile's minimum of { $minimum_dpi } dpi ({ basis-name }). Please scan again at { $minimum_dpi } dpi or more.
reason-no-resolution = The file declares no resolution and the paper's size is not known, so the resolution cannot be told. Please name the paper in the delivery, or check the scanner's settings.
reason-paper-size-not-told = The paper's size is not known, and the profile does not accept the declared value alone, so the resolution cannot be told. Please name the paper in the delivery.
reason-several-papers = Several paper sizes are possible ({ $candidates }), so the resolution cannot be told. Please name the paper in the delivery, or let the scanner record its resolution.
reason-paper-does-not-fit = { $width_px } × { $height_px } pixels fit none of the papers ({ $candidates }). Please check the paper and the scanned area.
reason-paper-not-accepted = The paper named, { $claimed }, is none of the profile's ({ $accepted }). Please check the paper in the delivery.
reason-page-size-does-not-fit = The PDF page measures { $width_mm } × { $height_mm } mm and fits none of the papers ({ $candidates }). Please check the scanner's paper setting.
reason-placement-not-told = The size at which the PDF shows the image could not be found, so this cannot be told. Please scan again in another format.
reason-declared-resolution-disagrees = The file declares { $declared_dpi } dpi, its pixels make { $effective_dpi } dpi, and that is further apart than the { $tolerance_percent } % which the profile allows. Please check the paper setting.
reason-resolution-absurd = A resolution of { $found_dpi } dpi ({ basis-name }) lies outside the { $least_dpi } to { $most_dpi } dpi that the profile calls plausible. Please check the scanner's settings and the paper.
reason-colour-below = The page is { colour-name } with { $found_bits } bits, less than the profile's minimum of { $minimum }. Please change the colour setting and scan again.
reason-colour-not-told = The page is { colour-name }, so its colour cannot be judged. Please look at the image, or scan again with common settings.
reason-lossy-forbidden = The page is compressed with { compression-name }, and the profile accepts lossless compression only. Please change the scanner's compression and scan again.
reason-compression-not-told = The page is compressed with { compression-name }, so whether anything was lost cannot be told. Please scan again with a common lossless compression.
reason-jpeg-quality-below = The JPEG quality is { $exact ->
    [true] {""}
   *[false] about{" "}
}{ $found_quality }, below the profile's minimum of { $minimum_quality }. Please raise the quality and scan again.
reason-jpeg-quality-not-told = The JPEG quality could not be read. Please look at the image or scan again.
reason-symbol-coding = Look-alike letters are replaced by this compression, so letters or figures may have changed. Please switch it off and scan again.
reason-page-in-layers = The page is split into { $images } layers, and faint notes or seals may be lost. Please switch compact PDF off and scan again.
reason-several-images = There are { $images } images on the page, so whether it is split into layers cannot be told. Please look at the page.
reason-blank-page = { $dark_percent } % of the page is dark, less than the { $limit_percent } % below which the profile calls it blank. Please check that the sheet was not upside down.
reason-blank-or-faint = Nothing shows on this black-and-white page ({ $dark_percent } % dark, limit { $limit_percent } %). Faint writing may have vanished. Please look at the paper.
reason-tone-not-told = The pixels could not be examined, so whether the page is blank cannot be told. Please look at the image.
reason-skewed = The lines run { $found_degrees }° askew, further than the { $limit_degrees }° that the profile allows. Please straighten the sheet and scan again.
reason-skew-not-told = { $because ->
    [too-little-ink] Next to nothing shows on the page, so whether it lies straight cannot be told. Please look at the image.
    [no-direction] No lines stand out on the page, so whether it lies straight cannot be told. Please look at the image.
    [turned-too-far] The page lies far askew, so the angle cannot be told. Please straighten the sheet and scan again.
   *[none] The pixels could not be examined, so whether the page lies straight cannot be told. Please look at the image.
}
reason-not-dispensed = The prescription is stated not to be dispensed. Please scan it once it is.
reason-dispensed-not-told = Whether the prescription is dispensed is not stated. Please check the paper and state it in the delivery.
reason-obtained-in-future = The date of receipt or making ({ $obtained_on }) lies after it was taken in ({ $taken_in_at }). Please correct the date.
reason-scanned-in-future = The time of scanning ({ $scanned_at }) lies after it was taken in ({ $taken_in_at }). Please set the scanner's clock.
reason-scanned-before-obtained = The time of scanning ({ $scanned_at }) lies before the date of receipt or making ({ $obtained_on }). Please correct the date or set the scanner's clock.
reason-scan-window-exceeded = It was taken in ({ $taken_in_at }) after the window had closed ({ $deadline }): business days allowed from { $obtained_on }: { $allowed_business_days }. Please await the manager's decision.
reason-obtained-on-not-told = The date of receipt or making is not known, so the deadline cannot be told. Please check the paper and enter the date.
reason-clock-in-doubt = It was taken in at { $taken_in_at } by the server's clock, which was in doubt then ({ $problem ->
    [jumped] it had been set
    [behind] it lay behind what was written before
   *[other] nothing kept it right
}), so whether that was in time cannot be told. Please await the manager's decision.
reason-deadline-not-told = The deadline cannot be worked out ({ $calendar }). Please tell the administrator.

## Why the work gave no answer
fault-timed-out = not done after { $after_seconds } seconds
fault-out-of-memory = it needed more memory than allowed
fault-killed = ended by signal { $signal }
fault-exited = ended with status { $status }
fault-bad-answer = its result cannot be trusted
fault-unknown-format = an unknown format
fault-unsupported-format = a format that this version does not read
fault-panicked = a decoder broke down
fault-limit-reached = it exceeds a limit ({ limit-name })
fault-encrypted = locked with a password

## The calendar
calendar-beyond-calendar = the calendar ends on { $valid_until }; the next year's holidays must be entered
calendar-before-calendar = the calendar begins on { $valid_from }
calendar-time-of-day-unknown = { $span } cannot be counted from a day
calendar-never-staffed = station { $station } has no staffed hours
calendar-out-of-range = the date is out of range
calendar-expiry-far = The calendar reaches far enough.
calendar-expiry-near = The calendar ends in { $days_left } days ({ $valid_until }). Please enter the next year's holidays in calendar.toml.
calendar-expiry-past = The calendar ended on { $valid_until }, so deadlines cannot be told. Please enter the holidays in calendar.toml.
