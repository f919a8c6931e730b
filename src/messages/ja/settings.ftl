### 設定ファイル（torikomi.toml、プロファイル、calendar.toml）の問題。何が起き、何をすればよいか。

setting-at = { $file }、{ $line } 行 { $column } 文字目: { $what }

kind-expected = { $expected ->
    [string] 引用符で囲んだ文字列
    [integer] 整数
    [number] 数値
    [boolean] true または false
    [date] 日付
    [list] [ ] で囲んだ一覧
   *[table] 表
}
kind-found = { $found ->
    [string] 文字列
    [integer] 整数
    [number] 小数
    [boolean] true/false
    [date] 日付
    [list] 一覧
   *[table] 表
}
form-expected = { $expected ->
    [date] 日付（例 2026-11-20）
    [month-day] 月日（例 12-29）
    [interval] 時間（例 3s、10min、8h、30days）
    [size] 大きさ（例 512MiB）
    [url] http:// か https:// で始まるアドレス
    [listed-policy] policies に挙げた番号の一つ
    [https-url] https:// で始まるアドレス（tls_roots は https のときだけ使います）
    [postgresql-url] postgresql://利用者@ホスト/データベース の形のアドレス（パスワードは database_password_file に書きます。ほかの機械にあるときは ?sslmode=verify-full を付けます）
    [bucket-url] https://サーバー/バケット/接頭辞 の形のアドレス（英数字と . - _ だけ。http:// はこの機械にあるときだけです。鍵は credentials_file に書きます）
    [oid] 番号（例 1.2.392.200257.1）
    [age-recipient] age-keygen の表示する公開鍵（age1…）
    [instant] 時刻（例 2026-11-20T00:30:00.000000Z）
    [span] 期間（例 12h、8 staffed hours、1 business day）
    [name] 名前（英小文字・数字・途中のハイフンで63文字まで）
    [time-zone] 時間帯（例 Asia/Tokyo）
    [time-of-day] 時刻（例 17:15、24:00 まで）
    [hours] 時間帯（例 08:30-17:15）
   *[other] { $expected }
}

setting-too-long = ファイルが { $bytes } バイトあり、上限の { $most } バイトを超えています。正しいファイルか確かめてください。
setting-not-utf8 = UTF-8 の文字ではありません。UTF-8 で保存し直してください。
setting-syntax = TOML として読めません（{ $message }）。この行の書き方を直してください。
setting-unknown-key = { $key } という設定はありません。{ $suggestion ->
    [none] {""}
   *[other] 近い名前: 「{ $suggestion }」。
}綴りを確かめるか、行を消してください。
setting-missing-key = { $key } がありません。書き加えてください。
setting-wrong-type = { $key } は{ kind-expected }で書きます（今は{ kind-found }です）。
setting-bad-value = { $key } の「{ $value }」を読めません。{ form-expected }で書いてください。
setting-not-one-of = { $key } の「{ $value }」は使えません。次から選んでください: { $allowed }
setting-out-of-range = { $key } の { $value } は範囲外です。{ $least } から { $most } までにしてください。
setting-empty = { $key } が空です。内容を書いてください。
setting-repeated = { $key } に「{ $value }」が二度あります。一つにしてください。
setting-newer-format = ファイルの形式 { $found } は、このプログラムが読める { $newest } より新しいものです。プログラムを更新してください。
setting-cannot-read = ファイルを読めません（{ $message }）。場所と権限を確かめてください。
setting-window-too-long = { $key } の { $found } は長すぎます。施設が定められるのは { $longest } までです（9.2-C1(1)）。短くしてください。
setting-window-not-in-business-days = { $key } は日付から数えるため、{ $found } では数えられません。営業日（例 1 business day）で書いてください。
setting-regime-needs = 区分 { $regime } では { $key } が要ります。書き加えてください。
setting-not-for-regime = { $key } の { $value } は、区分 { $regime } では使えません。
setting-pointless = { $key } は { $other } がないと意味がありません。どちらかを直してください。
setting-not-in-plain-sight = { $key } は、{ $heading } の下に、{ $written } で始まる一行として書いてください。ほかに紛らわしい行があってもいけません。シェルだけで記録を検証する人は、この行を読みます。
setting-contradiction = { $key } と { $other } が矛盾しています。どちらかを直してください。
setting-needs = { $key } には { $other } が要ります。書き加えてください。
setting-cannot-tell-too-mild = { $key }: 判断できないものは必ず人が見ます。{ $found } ではなく hold か reject にしてください。
setting-severity-too-mild = { $key } の { $found } は軽すぎます。{ $mildest } 以上にしてください。
setting-same-profile-twice = プロファイル { $id } は { $other_file } にもあります。id を変えるか、片方を外してください。
setting-shared-folder = { $key } は { $other } と重なっています。ステーションごとに別のフォルダーにしてください。
setting-one-folder = { $key } は { $other } と重なっています。それぞれ別のフォルダーにしてください。
setting-own-folder = { $key } は、ホーム自身が使うフォルダー { $folder } と重なっています。ステーションには別のフォルダーを指定してください。
setting-evaluation-only = { $key } は評価用（mode = "evaluation"）でだけ使えます。行を消してください。
setting-hours-backwards = { $key } の { $value } は、終わりが始まりより前です。日をまたぐ時間は 24:00 で分けてください。
setting-hours-overlap = { $key } の { $value } は、前の時間帯と重なっています。早い順に、重ならないように書いてください。
setting-open-and-closed = { $date } が休みと診療日の両方にあります。どちらかを消してください。
setting-before-other = { $key } の { $value } は { $other } より前です。直してください。

caution-window-beyond-principle = { $key } は { $found } です。原則は 1 business day です（9.2-C1(1) とその Q&A）。理由を運用管理規程に書いてください。
caution-placeholder-clause = { $key } は評価用の仮の条項です。施設の運用管理規程の条項に書き換えてください。
caution-no-effect = { $other } のため、{ $key } は効きません。
caution-nothing-asked = { $key } がないため、何も求めません。これでよいか確かめてください。
caution-outside-validity = { $date } は、暦の有効期間の外にあります。
