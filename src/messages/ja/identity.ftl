### 患者・書類の特定、サイドカー、患者マスターについての文言。
### 入れ子の問題（{ $date }、{ $sidecar }、{ $patient_id }）と一覧（{ $statements }）は、文にしてから渡される。

identity-field = { $field ->
    [patient_id] 患者番号
    [document_type] 書類の種別
    [obtained_on] 入手日・作成日
    [document_date] 書類に書かれた日付
    [scanned_at] スキャン日時
    [operator] 実施者
    [station] ステーション
    [paper] 用紙サイズ
    [expected_pages] 枚数
    [double_feed] 重送の検知
    [dispensed] 調剤済みの印
    [scanner] スキャナー
    [remarks] 備考
   *[other] { $field }
}

identity-from = { $from ->
    [sidecar] サイドカー
    [filename] ファイル名
    [station] ステーションの設定
    [batch] 実施者の申告
    [barcode] バーコード
    [person] 担当者の入力
    [master] 患者マスター
   *[other] { $from }
}

statements-item = { $value }（{ identity-from }）
statements-separator = 、

identity-missing = { identity-field }が分からないため、保留しています。入力してください。
identity-not-admitted = { identity-field }は{ identity-from }にしかありませんが、この書類のプロファイルでは{ identity-from }だけで特定することを認めていません。確認して入力してください。
identity-conflict = { identity-field }が一致しません：{ $statements }。紙面を見て、正しいものを選んでください。
identity-malformed-patient-id = { identity-from }の患者番号「{ $text }」を読み取れません：{ $patient_id }。正しい番号を入力してください。
identity-unknown-patient = 患者番号「{ $id }」（{ identity-from }）は患者マスターにありません。番号を確かめるか、患者マスターの更新をお待ちください。
identity-unreadable-date = { identity-from }の{ identity-field }「{ $text }」を日付として決められません：{ $date }。正しい日付を入力してください。
identity-unknown-operator = { identity-from }に実施者として「{ $operator }」とありますが、そのログイン名の人は登録されていません。「torikomi queue identify --operator」で実施者を入力するか、管理者が「torikomi operator add」で登録してから「torikomi queue retry」でやり直してください。
identity-wrong-station = { identity-from }には「{ $stated }」とありますが、届いたのは「{ $station }」のフォルダーです。どちらのステーションでスキャンしたかを確かめてください。
identity-unspoken = 「{ $file }」がだれの文書か、どのサイドカーにも一覧にもファイル名にもありません。別の患者の文書が混ざっていないか確かめてください。
identity-contested = 同じファイルについて、複数のサイドカーが述べています。どれが正しいか確かめてください。
identity-late-sidecar = サイドカー「{ $file }」は、先に届いた同じ名前のスキャン（受付番号 { $earlier }）のものかもしれません。両方をサイドカーと見比べ、この文書がだれのものかを入力してください。
identity-late-row = 一覧の「{ $file }」の行は、先に取り込んだ同じ名前のスキャン（受付番号 { $earlier }）のものかもしれません。両方を一覧と見比べ、この文書がだれのものかを入力してください。
identity-row-used = 一覧の「{ $file }」の行は、先に取り込んだ同じ名前のスキャン（文書番号 { $earlier }）で使用済みです。この文書がだれのものかを入力してください。
identity-sidecar = サイドカーを使えません：{ $sidecar }。直したものを届け直すか、担当者が入力してください。

flag-merged-patient = 患者番号「{ $id }」は「{ $merged_into }」に統合されています。記録には届いたままの番号を残します。検索ではどちらの番号でも見つかります。
flag-temporary-patient = 患者番号「{ $id }」は仮番号です。本番号が決まったら、名寄せをお願いします。
flag-filled-patient-id = 患者番号は「{ $text }」と短く書かれていたため、前に 0 を補って「{ $id }」としました。桁の抜けがないか、氏名と合わせて確かめてください。
flag-private-use-characters = 氏名に外字が含まれています。この画面では正しく表示されないことがあります。
flag-zone-assumed = スキャン日時に時差の記載がないため、calendar.toml の時刻帯として読みました。
flag-number-left-out = ファイル名の番号が { $number } で抜けています。ページが欠けていないか確かめてください。
flag-overridden = { identity-field }は担当者が決めました。ほかの記載：{ $statements }。

date-unreadable = 日付として読める書き方ではありません（例：2026-11-20、R8.11.20、令和8年11月20日）
date-two-digit-year = 年が2桁で元号がないため、何年か決められません
date-no-such-day = 暦にない日付です
date-era = { $era ->
    [meiji] 明治
    [taisho] 大正
    [showa] 昭和
    [heisei] 平成
    [reiwa] 令和
   *[other] { $era }
}
date-era-ended = { date-era }は{ $ended_on }までです
date-era-not-begun = { date-era }は{ $began_on }からです
date-old-calendar = 1873年（明治6年）より前の日付は旧暦のため扱えません

patient-id-empty = 患者番号が空です
patient-id-character = 患者番号に使えるのは英数字と途中のハイフンだけです
patient-id-too-long = 患者番号が{ $maximum }文字を超えています
patient-id-check-digit = 患者番号のチェックデジットが合いません

sidecar-too-large = ファイルが大きすぎます（上限{ $maximum_bytes }バイト）
sidecar-too-deep = { $line }行{ $column }文字目：入れ子が深すぎます（上限{ $maximum }段）
sidecar-not-utf8 = { $line }行{ $column }バイト目：UTF-8ではありません
sidecar-not-json = { $line }行{ $column }文字目：JSONとして読めません
sidecar-duplicate-key = { $line }行{ $column }文字目：項目「{ $key }」が二度あります
sidecar-not-an-object = JSONのオブジェクトではありません
sidecar-missing-format = 項目「format」がありません
sidecar-unknown-format = 形式「{ $format }」はサイドカーの形式ではありません
sidecar-newer-format = 形式「{ $format }」は、このTorikomiより新しいものです。管理者に更新を依頼してください
sidecar-unknown-key = 項目「{ $key }」は定められていません。綴りを確かめてください
sidecar-wrong-type = 項目「{ $key }」は{ $expected ->
    [text] 引用符で囲んだ文字列
    [whole-number] 整数
    [true-or-false] true か false
    [object] オブジェクト
    [list] 文字列の一覧
   *[other] { $expected }
}でなければなりません
sidecar-empty-value = 項目「{ $key }」が空です
sidecar-too-long = 項目「{ $key }」が{ $maximum }文字を超えています
sidecar-unfit-character = 項目「{ $key }」に制御文字または文字の向きを変える文字があります
sidecar-bad-name = 項目「{ $key }」に使えるのは英小文字・数字・途中のハイフンで、63文字までです
sidecar-unknown-paper = 項目「{ $key }」の用紙サイズは登録されていません
sidecar-out-of-range = 項目「{ $key }」は{ $minimum }から{ $maximum }までです
sidecar-bad-date = 項目「{ $key }」の「{ $text }」を日付として決められません：{ $date }
sidecar-bad-instant = 項目「{ $key }」の「{ $text }」は日時として読めません（例：2026-11-20T09:30:00+09:00）
sidecar-no-offset = 項目「{ $key }」の「{ $text }」に時差（+09:00 など）がありません。付けてください
sidecar-not-a-bare-name = ファイル名「{ $file }」は、フォルダーを含まない名前でなければなりません
sidecar-repeated-file = ファイル「{ $file }」が二度書かれています
sidecar-listed-but-absent = 書かれているファイル「{ $file }」が届いていません
sidecar-present-but-unlisted = 届いたファイル「{ $file }」が書かれていません
sidecar-no-heading = index.csv に見出しの行がありません
sidecar-missing-column = index.csv に列「{ $heading }」がありません
sidecar-repeated-column = index.csv に列「{ $heading }」が二度あります
sidecar-too-many-rows = index.csv の行が多すぎます（上限{ $maximum }行）
sidecar-wrong-number-of-cells = { $line }行目：見出しは{ $expected }列ですが、{ $found }列あります
sidecar-undecodable = { $line }行{ $column }列目：設定された文字コードでは読めません
sidecar-stray-quote = { $line }行{ $column }列目：引用符の位置が正しくありません
sidecar-open-quote = { $line }行{ $column }列目：引用符がこの行で閉じていません。セルの中で改行しないでください
sidecar-control-character = { $line }行{ $column }列目：制御文字または文字の向きを変える文字があります
sidecar-row = index.csv の{ $line }行目：{ $sidecar }

patients-unreachable = 患者マスターを読めません（{ $reason }）。置き場所と権限を確かめてください。
patients-too-large = 患者マスターが{ $maximum_bytes }バイトを超えているため、読み込みませんでした。
patients-too-many-rows = 患者マスターが{ $maximum_rows }行を超えているため、読み込みませんでした。
patients-long-line = 患者マスターの{ $line }行目が長すぎます（上限{ $maximum_bytes }バイト）。
patients-changed-while-read = 読んでいる間に患者マスターが書き換えられました。書き終わってから読み直します。
patients-no-heading = 患者マスターに見出しの行がありません。
patients-missing-column = 患者マスターに列「{ $heading }」がありません。見出しか設定を直してください。
patients-repeated-column = 患者マスターに列「{ $heading }」が二度あります。
patients-undecodable = 患者マスターの{ $line }行{ $column }列目は、設定された文字コードでは読めません。
patients-stray-quote = 患者マスターの{ $line }行{ $column }列目：引用符の位置が正しくありません。
patients-open-quote = 患者マスターの{ $line }行{ $column }列目：引用符がこの行で閉じていません。
patients-control-character = 患者マスターの{ $line }行{ $column }列目：制御文字または文字の向きを変える文字があります。
patients-wrong-number-of-cells = 患者マスターの{ $line }行目：見出しは{ $expected }列ですが、{ $found }列あります。
patients-bad-id = 患者マスターの{ $line }行{ $column }列目：{ $patient_id }。
patients-no-name = 患者マスターの{ $line }行目：仮番号でないのに氏名がありません。
patients-bad-flag = 患者マスターの{ $line }行{ $column }列目：0か1で書いてください。
patients-duplicate-id = 患者マスターの{ $first_line }行目と{ $line }行目の患者番号が同じです。
patients-merge-circle = 患者マスターの{ $line }行目：統合先をたどると元に戻ります。
patients-shrank = 患者マスターから{ $before }人中{ $missing }人がなくなっています（上限は千人あたり{ $limit_permille }人）。別の一覧や書きかけでないか確かめてください。

template-no-field = ファイル名の型に項目がありません
template-too-long = ファイル名の型が{ $maximum }バイトを超えています
template-stray-brace = ファイル名の型の波括弧が対になっていません
template-unknown-field = 「{ $field }」という項目はありません。使えるのは patient_id、document_type、obtained_on、document_date、operator、* です
template-repeated-field = 項目「{ $field }」が二度あります
template-bad-width = 項目「{ $field }」の桁数は1から64までです
template-ambiguous = 項目「{ $field }」がどこで終わるか決められません。「{ $neighbour }」との間に、その項目に現れない文字を置くか、桁数を指定してください
