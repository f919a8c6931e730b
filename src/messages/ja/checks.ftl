### 検査の名前と、その理由の文言。
### 数値を求めるのは施設のプロファイルであって、ここでは何も定めない。

list-separator = 、

## 根拠の示し方
finding-rule = プロファイル { $profile } 第 { $version } 版（{ $clause }）による

## 検査
check-format-not-accepted = 認めていない形式
check-file-incomplete = 途中で切れたファイル
check-trailing-bytes = 余分なデータ
check-pdf-encrypted = 暗号化されたPDF
check-pdf-active-content = 仕掛けのあるPDF
check-pdf-attachments = 添付のあるPDF
check-pdf-signed-before = 署名済みのPDF
check-pdf-repaired = 補って読んだPDF
check-page-not-measured = 測定できないページ
check-page-limit-exceeded = ページ数の上限超過
check-page-count-differs = ページ数の不一致
check-double-feed-reported = 重送の報告
check-page-damaged = 壊れたページ
check-page-not-decodable = 読み取れないページ
check-page-not-scanned = スキャンでないページ
check-page-drawn-over = 描き加えのあるページ
check-page-partly-bare = 画像で覆われていないページ
check-paper-not-accepted = 認めていない用紙
check-resolution-below-minimum = 解像度の不足
check-resolution-declared-disagrees = 解像度の申告の食い違い
check-resolution-absurd = ありえない解像度
check-colour-below-minimum = 色・階調の不足
check-lossy-compression-forbidden = 認めていない非可逆圧縮
check-jpeg-quality-below-minimum = JPEG品質の不足
check-symbol-coding = 文字を置き換える圧縮
check-page-in-layers = 層に分けたページ
check-blank-page = 白紙
check-skewed = ページの傾き
check-prescription-not-dispensed = 調剤済みでない処方箋
check-obtained-in-future = 未来の入手日
check-scanned-in-future = 未来のスキャン時刻
check-scanned-before-obtained = 入手前のスキャン
check-scan-window-exceeded = 読取り期限の超過

## 見たことの呼び名
format-name = { $found ->
    [tiff] TIFF
    [jpeg] JPEG
    [png] PNG
    [pdf] PDF
    [jpeg-2000] JPEG 2000
    [dicom] DICOM
   *[other] 不明な形式
}
colour-name = { $found ->
    [bitonal] 白黒二値
    [grey] グレー
    [colour] カラー
    [cmyk] CMYK
    [palette] 色見本方式
    [other] 特殊な色
   *[unknown] 不明な色
}
compression-name = { $compression ->
    [jpeg] JPEG
    [old-jpeg] 旧式のJPEG
    [jpeg-2000-reversible] JPEG 2000（可逆変換）
    [jpeg-2000-irreversible] JPEG 2000（非可逆）
    [jbig2-symbol] JBIG2（文字の置換え）
   *[other] 不明な圧縮
}
limit-name = { $limit ->
    [file-bytes] ファイルの大きさ
    [pages] ページ数
    [pixels-per-page] 1ページの画素数
    [nesting] 入れ子の深さ
    [operations] 処理の手数
   *[decoded-bytes] 展開後の大きさ
}
basis-name = { $basis ->
    [paper] 紙の寸法から計算
    [placement] PDF上の寸法から計算
   *[declared] ファイルの申告値
}

## 理由
reason-check-crashed = この検査の途中で不具合が起き、判断できませんでした。画像を目で確かめてください。
reason-format-not-accepted = { format-name }のため、プロファイルで認めた形式（{ $accepted }）に当たりません。スキャナーの保存形式を変えて読み取り直してください。
reason-format-not-told = 形式を調べられませんでした（{ $fault }）。ファイルを確かめるか、読み取り直してください。
reason-file-incomplete = ファイルが途中で切れています（{ $missing ->
    [header] 先頭部分がありません
    [directory] ページの目次がありません
    [image-data] 画像データが足りません
   *[end-marker] 終わりの印がありません
}、{ $at_byte } バイト目）。スキャナーからもう一度送ってください。
reason-completeness-not-told = ファイルが最後までそろっているかを判断できませんでした（{ $fault }）。ファイルを確かめるか、読み取り直してください。
reason-trailing-bytes = 画像の終わりの後ろに { $bytes } バイトの余分なデータがあります。スキャナーの詰め物でなければ、内容を確かめてください。
reason-pdf-encrypted = PDFが{ $encryption ->
    [password] パスワードで保護
   *[empty-password] 暗号化
}されています。スキャナーの暗号化を切って読み取り直してください。
reason-pdf-active-content = PDFに{ $scripts ->
    [true] { $launch_actions ->
        [true] スクリプトと、何かを起動・送信する仕掛け
       *[false] スクリプト
    }
   *[false] 何かを起動・送信する仕掛け
}が含まれています。紙そのものを読み取ってください。
reason-pdf-attachments = PDFに { $files } 個のファイルが添付されています。紙そのものを読み取るか、添付を別の書類として取り込んでください。
reason-pdf-signed-before = PDFには取込み前からの署名が { $signatures } 個あります（改訂 { $revisions } 回）。電子の原本でないかを確かめてください。
reason-pdf-repaired = PDFの目次が壊れており、補って読みました。ページがすべてそろっているかを確かめてください。
reason-pdf-not-read = PDFの構造を読めなかったため、判断できません。別のソフトで開けるかを確かめ、読み取り直してください。
reason-no-pages = ページが一つも見つかりません。ファイルを確かめ、読み取り直してください。
reason-pages-not-measured = { $asked } ページのうち { $measured } ページしか測定できませんでした。ファイルを確かめ、読み取り直してください。
reason-too-many-pages = { $found } ページあり、プロファイルの上限 { $most } ページを超えています。一つの書類かどうかを確かめてください。
reason-pages-beyond-limit = ファイルのページ数が、読み取れる上限を超えています。{ $read } ページ目より後は調べていません。書類ごとに分けて読み取り直してください。
reason-page-count-differs = サイドカーでは { $expected } ページですが、{ $found } ページあります。枚数を数え、読み取り直すか記載を直してください。
reason-double-feed-reported = スキャナーが二枚重ねの送りを報告しています。紙をさばいて読み取り直してください。
reason-page-damaged = ページの画像が壊れています{ $rows ->
    [none] {""}
   *[other] （{ $height_px } 行のうち { $rows } 行まで）
}。このページを読み取り直してください。
reason-decoder-lacking = このページの形式（{ $feature }）は、ここでは読めません。壊れているとは限りません。一般的な形式で読み取り直してください。
reason-decoding-refused = このページは大きさの制限（{ limit-name }）を超えるため、調べていません。スキャナーの設定を確かめてください。
reason-decoding-failed = このページを調べている途中で失敗しました（{ $fault }）。画像を目で確かめるか、読み取り直してください。
reason-page-drawn = ソフトで描かれたページで、紙のスキャンではありません。紙を読み取るか、電子文書として保存してください。
reason-page-empty = 何も描かれていないページです。紙を確かめ、読み取り直してください。
reason-page-drawn-over = 画像のほかに描き加えられたもの（{ $text ->
    [true] 文字
   *[false] {""}
}{ $lines ->
    [true] { $text ->
        [true] 、線や塗り
       *[false] 線や塗り
    }
   *[false] {""}
}{ $annotations ->
    [true] { $text ->
        [true] 、注釈
       *[false] { $lines ->
            [true] 、注釈
           *[false] 注釈
        }
    }
   *[false] {""}
}）がページに見えます。紙そのものを読み取り直してください。
reason-page-partly-bare = 画像で覆われているのはページの { $covered_percent } % で、紙の寸法の差として許す { $least_percent } % に足りません。紙の全体が写っているかを確かめ、用紙の設定を合わせて読み取り直してください。
reason-resolution-below = 解像度が { $found_dpi } dpi で、プロファイルの下限 { $minimum_dpi } dpi に足りません（{ basis-name }）。{ $minimum_dpi } dpi 以上で読み取り直してください。
reason-no-resolution = 解像度の申告がなく、紙の寸法も分からないため、解像度を判断できません。用紙寸法をサイドカーで示すか、スキャナーの設定を確かめてください。
reason-paper-size-not-told = 紙の寸法が分からず、申告値だけでは判断しない決まりのため、解像度を判断できません。用紙寸法をサイドカーで示してください。
reason-several-papers = 紙の寸法の候補（{ $candidates }）が複数あり、解像度を判断できません。用紙寸法をサイドカーで示すか、解像度を記録するようスキャナーを設定してください。
reason-paper-does-not-fit = { $width_px } × { $height_px } 画素の形が、用紙（{ $candidates }）のどれにも合いません。用紙と読取り範囲を確かめてください。
reason-paper-not-accepted = 示された用紙 { $claimed } は、プロファイルの用紙（{ $accepted }）に含まれません。サイドカーの用紙を確かめてください。
reason-page-size-does-not-fit = PDFのページの寸法 { $width_mm } × { $height_mm } mm が、用紙（{ $candidates }）のどれにも合いません。スキャナーの用紙設定を確かめてください。
reason-placement-not-told = PDFのページ上で画像が置かれた寸法が分からず、判断できません。別の形式で読み取り直してください。
reason-declared-resolution-disagrees = ファイルの申告は { $declared_dpi } dpi ですが、画素数からは { $effective_dpi } dpi で、プロファイルの許す { $tolerance_percent } % を超えて食い違います。用紙の設定を確かめてください。
reason-resolution-absurd = 解像度 { $found_dpi } dpi（{ basis-name }）は、プロファイルがありうるとする { $least_dpi }～{ $most_dpi } dpi を外れています。スキャナーの設定と用紙を確かめてください。
reason-colour-below = { colour-name }（{ $found_bits } ビット）で、プロファイルの下限 { $minimum } に足りません。色の設定を変えて読み取り直してください。
reason-colour-not-told = { colour-name }のため、色と階調を判断できません。画像を目で確かめるか、一般的な設定で読み取り直してください。
reason-lossy-forbidden = { compression-name }で圧縮されていますが、プロファイルは可逆圧縮だけを認めています。スキャナーの圧縮の設定を変えて読み取り直してください。
reason-compression-not-told = { compression-name }のため、情報が失われていないかを判断できません。一般的な可逆圧縮で読み取り直してください。
reason-jpeg-quality-below = JPEG品質が{ $exact ->
    [true] {" "}
   *[false] およそ{" "}
}{ $found_quality } で、プロファイルの下限 { $minimum_quality } に足りません。品質を上げて読み取り直してください。
reason-jpeg-quality-not-told = JPEGの品質を読み取れませんでした。画像を目で確かめるか、読み取り直してください。
reason-symbol-coding = 似た文字を置き換える圧縮が使われており、文字や数字が変わっているおそれがあります。この圧縮を切って読み取り直してください。
reason-page-in-layers = ページが { $images } 枚の層に分けて圧縮されており、薄い書込みや印影が失われるおそれがあります。高圧縮PDFを切って読み取り直してください。
reason-several-images = ページに { $images } 枚の画像があり、層に分けた圧縮かどうかを判断できません。画像を目で確かめてください。
reason-blank-page = 暗い部分が { $dark_percent } % で、プロファイルが白紙とみなす { $limit_percent } % を下回ります。裏返しでないか、紙を確かめてください。
reason-blank-or-faint = 白黒の画像に何も写っていません（暗い部分 { $dark_percent } %、基準 { $limit_percent } %）。薄い字が消えたのかもしれません。紙を確かめてください。
reason-tone-not-told = 画素を調べられなかったため、白紙かどうかを判断できません。画像を目で確かめてください。
reason-skewed = 文字や罫線が{ $found_degrees }度傾いており、プロファイルで許す{ $limit_degrees }度を超えています。紙をまっすぐにして読み取り直してください。
reason-skew-not-told = { $because ->
    [too-little-ink] ほとんど何も写っていないため、傾きを判断できません。画像を目で確かめてください。
    [no-direction] 向きの分かる行や罫線がないため、傾きを判断できません。画像を目で確かめてください。
    [turned-too-far] 大きく傾いているため、角度を判断できません。紙をまっすぐにして読み取り直してください。
   *[none] 画素を調べられなかったため、傾きを判断できません。画像を目で確かめてください。
}
reason-not-dispensed = 調剤済みではないと示されています。調剤済みとなってから読み取ってください。
reason-dispensed-not-told = 調剤済みかどうかが示されていません。紙を確かめ、サイドカーで示してください。
reason-obtained-in-future = 入手日・作成日（{ $obtained_on }）が、取込み（{ $taken_in_at }）より後になっています。日付を正してください。
reason-scanned-in-future = スキャン時刻（{ $scanned_at }）が、取込み（{ $taken_in_at }）より後になっています。スキャナーの時計を合わせてください。
reason-scanned-before-obtained = スキャン時刻（{ $scanned_at }）が、入手日・作成日（{ $obtained_on }）より前になっています。日付か、スキャナーの時計を正してください。
reason-scan-window-exceeded = 入手日・作成日（{ $obtained_on }）から { $allowed_business_days } 営業日の期限（{ $deadline }）を過ぎて取り込まれました（{ $taken_in_at }）。情報作成管理者の判断を待ってください。
reason-obtained-on-not-told = 入手日・作成日が分からないため、期限を判断できません。紙を確かめて日付を入力してください。
reason-clock-in-doubt = サーバーの時計では { $taken_in_at } に取り込みましたが、そのとき時計に疑いがあったため（{ $problem ->
    [jumped] 時計が動かされた
    [behind] それまでの記録より遅れていた
   *[other] 時刻同期されていなかった
}）、期限内かどうか判断できません。管理者の判断をお待ちください。
reason-deadline-not-told = 期限を計算できません（{ $calendar }）。管理者に連絡してください。

## 作業が返事をしなかったわけ
fault-timed-out = { $after_seconds } 秒たっても終わらない
fault-out-of-memory = メモリーの上限を超えた
fault-killed = 強制終了（シグナル { $signal }）
fault-exited = 異常終了（状態 { $status }）
fault-bad-answer = 結果を信用できない
fault-unknown-format = 知らない形式
fault-unsupported-format = この版では読めない形式
fault-panicked = 画像を読む途中で不具合が起きた
fault-limit-reached = 制限（{ limit-name }）を超えた
fault-encrypted = パスワードで開けない

## 暦
calendar-beyond-calendar = 暦が { $valid_until } で終わっています。翌年の休日を登録してください
calendar-before-calendar = 暦は { $valid_from } からです
calendar-time-of-day-unknown = 日付からは { $span } を数えられません
calendar-never-staffed = { $station } には業務時間がありません
calendar-out-of-range = 日付が範囲を外れています
calendar-expiry-far = 暦はまだ十分に先まであります。
calendar-expiry-near = 暦があと { $days_left } 日（{ $valid_until } まで）で終わります。翌年の休日を calendar.toml に登録してください。
calendar-expiry-past = 暦が { $valid_until } で終わり、期限を判断できません。休日を calendar.toml に登録してください。
