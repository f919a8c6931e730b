# 記録と記録簿の検証で言うこと。verify-<符号>、act-fault-<符号>、journal-fault-<符号>。

step-container = 容器
step-manifest = 目録
step-content = 内容
step-record = 記録の記載
step-signature = 署名
step-timestamp = タイムスタンプ
step-signer = 署名者
step-windows = 期限
step-releases = 決裁
step-session = セッション
step-journal = 記録簿
step-anchor = 外部の節目
step-index = 索引
verdict-passed = 検証しました。異常はありません。
verdict-indeterminate = 異常は見つかっていませんが、確かめられないことがあります。
verdict-failed = 異常があります。記録が変えられたか、必要なものが欠けています。
evidence-signed = 証拠の状態：署名済み（時刻は署名者の申告のみ）
evidence-stamped = 証拠の状態：タイムスタンプ済み（長期検証情報は未完）
verify-as-far-as-the-pack-tells = 渡されたものから分かる範囲の結果です。失効、任命・セッションの終わり、取込み時の時計への疑いの項目が抜かれていないこと、署名が登録の前に使わないことになっていないこと、署名の後に別の患者や種別のものと入力されていないことは、病院の記録簿全体（torikomi journal verify）でしか確かめられません。
verify-evaluation = 評価用の認証局によるものです。外部のだれも保証していません。
verify-not-held-against = 外部に保管された節目とは照合していません（未照合）。ホームの鍵をすべて持つ人がすべてを書き直していないことは、節目との照合（--against）でしか確かめられません。
verify-counts = 異常のないもの { $passed } 件、検証しきれないもの { $indeterminate } 件、異常のあるもの { $failed } 件、確かめられなかったもの { $unread } 件
record-exported = 書き出しました：{ $path }
verify-container-canonical = 容器は定めどおりに書かれています（{ $entries } 項目）。
verify-parts-complete = 必要なものだけがそろっています（{ $entries } 項目）。
verify-manifest-canonical = 目録は定めどおりで、{ $members } 個のファイルを挙げています。
verify-content-intact = { $members } 個のファイル（{ $bytes } バイト）は、署名された時のままです。
verify-record-consistent = 記録の記載は、原本 { $files } 個・{ $pages } ページ、プロファイル、暦と一致しています（第 { $version } 版）。
verify-signature-fits = 署名は目録に対するものです（署名時刻 { $signed_at }、{ $algorithm }）。
verify-timestamp-counts = { $authority } が { $timestamped_at } に付けました{ $accredited ->
    [true] （認定局）
    [false] （認定外）
   *[other] {""}
}。
verify-timestamp-not-asked = プロファイルはタイムスタンプを求めていません。
verify-signer-known = { $signer } の証明書は、信頼する認証局に至ります。
verify-signer-of-evaluation = { $signer } の証明書は、信頼する評価用の認証局に至ります。
verify-windows-kept = スキャン・署名・タイムスタンプは期限内です。
verify-lateness-released = スキャンまたは署名は期限後ですが、やむを得ない理由（{ $reason }）で認められています。
verify-nothing-to-release = 人の決裁が必要なものはありません。
verify-releases-proven = { $decisions } 件の決裁は、権限のある人が署名したものです。
verify-session-proven = 署名に使われたセッションは { $opened_at } に開かれ（{ $index } 番）、原紙の確認も済んでいます。
verify-entry-proven = 記録簿の { $index } 番に、{ $filed_at } にこの記録を登録したとあります（全 { $size } 件）。判定に使った暦は、{ $calendar } 番（{ $calendar_at }）から使われています。
verify-anchored = 記録簿は外部に保管された節目（{ $size } 件{ $stamped_at ->
    [none] {""}
   *[other] 、{ $stamped_at } のタイムスタンプ付き
}）から続いており、{ $index } 番はその中にあります。
verify-index-agrees = 索引は記録と一致しています。
verify-not-reached = 「{ $because ->
    *[container] 容器
     [manifest] 目録
     [content] 内容
     [record] 記録の記載
     [signature] 署名
     [timestamp] タイムスタンプ
     [signer] 署名者
     [windows] 期限
     [releases] 決裁
     [session] セッション
     [journal] 記録簿
     [anchor] 外部の節目
     [index] 索引
}」で止まったため、確かめられません。
verify-signer-unknown = 改変はありませんが、署名者が分かりません（{ $signer } と称しています）。--anchors で信頼する証明書を指定してください。
verify-authority-unknown = 改変はありませんが、時刻認証局が分かりません（{ $authority }、{ $claimed_at } と称しています）。--anchors で指定してください。
verify-evaluation-only = { $signer } の証明書は評価用で、外部のだれも保証していません。それでよければ --accept-evaluation を付けてください。
verify-newer-format = { $name } は新しい形式（{ $found }）です。この版は { $known } までしか読めません。新しい torikomi で検証してください。
verify-deadline-not-told = 期限を計算できません：{ $calendar }
verify-profile-not-carried = この版が扱えないプロファイルで登録された記録です：{ $not_carried }
verify-releases-not-at-hand = { $decisions } 件の決裁がありますが、記録簿が手元にないため確かめられません。
verify-founders-unknown = 施設の最初の利用者は、施設自身のルート証明書（{ $root }）のもとで登録されていますが、渡されたルート証明書の中にそれがありません。公表されているこの値を病院に尋ねて比べ、そのルート証明書も一緒に渡してください。
verify-journal-not-at-hand = 記録簿の証明（.proof.json）がありません。
verify-journal-unknown = 記録簿の鍵がないため、{ $index } 番を確かめられません。--anchors で指定してください。
verify-other-journal = 鍵の分からない別の記録簿（{ $origin }）のものです。
verify-not-anchored = { $index } 番は、外部に保管された節目（{ $size } 件）より後のもので、外部の節目に結び付いていません（未照合）。新しい節目を指定してください。
verify-not-comparable = 外部に保管された節目の中に、渡されたものの節目（{ $size } 件）がないため、照合できません（未照合）。元のホームで記録を検証するか、書き出し直してもらってください。
verify-not-a-container = ASiC-E 容器ではありません。
verify-container-changed = 容器の { $at_byte } バイト目が定めと違います。変更されたか、別のプログラムが書いたものです。
verify-entry-foreign = { $name } は記録の中にあってはならないものです。
verify-entry-twice = { $name } が二つあります。
verify-entry-missing = { $name } がありません。
verify-entry-too-long = { $name } が長すぎます（{ $limit } バイトまで）。
verify-too-many-entries = 項目が多すぎます（{ $entries }）。
verify-entry-out-of-order = { $name } の位置が目録の順と違います。
verify-manifest-wrong = 目録が定めどおりではありません（{ $detail }）。
verify-content-differs = { $name } が署名された時と違います{ $others ->
    [0] {""}
   *[other] （ほかに { $others } 個）
}。
verify-not-in-manifest = { $name } は目録にありません。
verify-record-unreadable = record.json を読めません（{ $detail }）。
verify-record-not-canonical = record.json が定めどおりに書かれていません。
verify-profile-wrong = profile.toml を読めません（{ $detail }）。
verify-other-profile = record.json が挙げるプロファイルと profile.toml が違います。
verify-calendar-wrong = calendar.toml を読めません（{ $detail }）。
verify-other-calendar = record.json が挙げる暦と calendar.toml が違います。
verify-files-differ = { $name } について、record.json と目録が一致しません。
verify-file-differs = { $name } の内容または長さが、record.json の記載と違います。
verify-pages-wrong = { $name } の { $first_page } ページからの範囲が正しくありません。
verify-file-unused = { $name } がどのページにも使われていません。
verify-page-count-wrong = ページ数は { $counted } ですが、record.json は { $said } としています。
verify-measurements-wrong = 内容 { $content } と測定結果が対応していません。
verify-dates-differ = 入手日の記載が二か所で違います。
verify-previous-version-wrong = 版の番号と前の版の記載が合いません。
verify-other-manifest = この目録に対する署名ではありません。
verify-signature-wrong = 署名が正しくありません（{ $detail }）。
verify-other-signer = 署名した証明書が、record.json の挙げる証明書と違います。
verify-signer-untrusted = 署名者の証明書は、信頼する認証局に至りません（{ $detail }）。
verify-signer-not-valid = 署名者の証明書は { $at } に有効ではありませんでした。
verify-capacity-not-allowed = プロファイルは、この立場（{ $capacity }）の署名を認めていません。
verify-timestamp-missing = タイムスタンプがありません。
verify-timestamp-of-another = 別の署名に対するタイムスタンプです。
verify-timestamp-policy = タイムスタンプのポリシー { $policy } は認められていません。
verify-timestamp-untrusted = 時刻認証局の証明書は、信頼する認証局に至りません（{ $detail }）。
verify-timestamp-wrong = タイムスタンプが正しくありません（{ $detail }）。
verify-timestamp-before-signature = タイムスタンプ（{ $timestamped_at }）が署名（{ $signed_at }）より前です。
verify-deadline-differs = 記載された{ $deadline ->
   *[scan] スキャン期限
    [sign] 署名期限
}（{ $said ->
    [none] なし
   *[other] { $said }
}）が、計算（{ $computed ->
    [none] なし
   *[other] { $computed }
}）と違います。
verify-stamp-window-differs = 記載されたタイムスタンプの猶予（{ $said ->
    [none] なし
   *[other] { $said }
} 秒）が、計算（{ $computed ->
    [none] なし
   *[other] { $computed }
} 秒）と違います。
verify-scanned-late = スキャン（{ $taken_in_at }）が期限（{ $scan_by }）を過ぎ、認められていません。
verify-scan-time-in-doubt = 取込み（{ $taken_in_at }）のときサーバーの時計に疑いがあり、期限後かもしれませんが、認められていません。
verify-signed-late = 署名（{ $signed_at }）が期限（{ $sign_by }）を過ぎ、認められていません。
verify-stamped-late = タイムスタンプ（{ $timestamped_at }）が期限（{ $stamp_by }）を過ぎています。
verify-signed-before-taken-in = 署名（{ $signed_at }）が取込み（{ $taken_in_at }）より前です。
verify-lateness-not-released = 遅れの理由の記載に、対応する決裁がありません。
verify-lateness-avoidable = この理由（{ $reason }）では、都度スキャンとして期限後に登録できません。
verify-second-clock-over = やむを得ない遅れとされていますが、再び可能になった時から数えても期限後です（{ $at }、期限 { $deadline }）。
verify-second-clock-ahead = やむを得ない遅れとされていますが、再び可能になった時（{ $possible_again_at }）が { $at } より後です。
verify-not-released = 検査 { $check } で止まったはずの文書に、決裁がありません。
verify-date-impossible = 受領日が取込みより先の日付です。決裁で認められるものではありません。
verify-exception-not-allowed = プロファイルは、検査 { $check } の例外を認めていません。
verify-supersedes-unsigned = 文書 { $document } を差し替えることについて、記録と署名された決裁が一致しません。
verify-not-confirmed = プロファイルが求める確定がありません。
verify-identity-incomplete = プロファイルが求める { $field } がありません。
verify-severity-differs = 検査 { $check } の扱いが、プロファイルと違います。
verify-check-missing = 検査 { $check } の結果が、判定にありません。
verify-finding-misplaced = 検査 { $check } の結果が、文書にない { $page } ページを指しています。
verify-other-decision = 記録簿の { $index } 番は、記録が挙げる決裁ではありません。
verify-other-state = 記録簿の { $index } 番の決裁は、記録とは違う状態の文書に対するものです。
verify-act-wrong = 記録簿の { $index } 番の決裁は無効です：{ $act_fault }
verify-decision-revoked = この記録は記録簿の { $index } 番の決裁によるものですが、その決裁に使われた鍵は { $since } から失効しています。
verify-session-not-opened = セッション { $session } を開いたという項目が、手元の記録簿にありません。
verify-session-differs = { $index } 番で開かれたセッションは、記録が挙げるものと違います（{ $field }）。
verify-signed-outside-session = 署名（{ $signed_at }）は、セッションが開いていた { $opened_at } から { $until } までの間のものではありません。
verify-attestation-not-proven = 原紙の確認が、記録の記載どおりには行われていません。
verify-operator-differs = 記録が挙げる実施者が、届いた情報の実施者とも署名した人とも違うか、情報作成管理者でない人が実施者に代わって署名しています。
verify-proof-unreadable = 記録簿の証明を読めません（{ $detail }）。
verify-checkpoint-wrong = 記録簿の節目の署名が正しくありません（{ $detail }）。
verify-not-in-journal = { $index } 番として示された項目は、記録簿にありません。
verify-entry-unreadable = 記録簿の { $index } 番を読めません。
verify-entry-differs = 記録簿の { $index } 番の { $field } が記録と違います。
verify-filed-without-signature = 記録簿の { $index } 番は、記録簿に書かれていない署名か、使わないことになった署名を登録しています。誰が書き込んだのか調べてください。
verify-identified-since = 記録の署名は、患者や種別などが入力された記録簿の { $index } 番より前のものです。なぜ登録されたのか調べてください。
verify-other-history = 記録が挙げる記録簿の節目（{ $size } 件）は、この記録簿のものではありません。
verify-certificate-not-issued = 署名した証明書を発行したという記録が、記録簿にありません。
verify-signer-revoked = 署名者の証明書は { $since } から失効しており、署名はその後のものです。
verify-signer-suspended = 署名者は { $since } から利用を停止されており、署名はその後のものです。
verify-signer-not-appointed = 署名者は、その時この立場（{ $capacity }）に任命されていませんでした。
verify-profile-not-adopted = 記録を判定したプロファイルは、承認されていません（{ $profile }）。
verify-profile-replaced = 記録を判定したプロファイル（{ $profile }）は、文書の受付時にはもう使われていません。{ $index } 番（{ $at }）で別の版に替わっています。
verify-calendar-not-adopted = 記録に入っている暦を施設で使っていたという項目が、署名より前の記録簿にありません（{ $calendar }）。期限の根拠になりません。どこから来たものか調べてください。
verify-calendar-replaced = 記録に入っている暦（{ $calendar }）は、文書の受付時にはもう使われていません。{ $index } 番（{ $at }）で別の暦に替わっています。
verify-not-attested = 貼り重ねや読み取り範囲外の記載がないことが、確認されていません。
verify-manager-not-in-force = 記録が挙げる情報作成管理者は、その時の情報作成管理者ではありません。
verify-truncated = 外部に保管された節目では { $promised } 件あった記録簿が、{ $found } 件しかありません。末尾が消されたか、古いものに戻されています。
verify-another-past = 記録簿の過去が、外部に保管された節目（{ $size } 件）と違います。書き直されたか、別のものに替えられています。
verify-against-stamp-wrong = 外部に保管された節目のタイムスタンプは無効です（{ $detail }）。
verify-named-otherwise = 記録にある{ $who ->
    [signer] 署名者
    [information-manager] 情報作成管理者
   *[operator] 実施者
}の記載（{ $field }）が、署名時の記録簿の内容と違います。
verify-index-differs = 索引の { $field } が記録と違います。
act-fault-act-missing = あるはずの署名付きの決裁がありません。
act-fault-act-unreadable = 決裁を読めません。
act-fault-act-differs = 決裁と項目の人・種類・対象・時刻が一致しません。
act-fault-act-repeated = 同じ決裁がすでに前の項目にあります。署名の効力は一回限りです。
act-fault-act-signers = 署名すべき人の署名がありません。
act-fault-act-certificate-unknown = その人に発行された証明書ではありません。
act-fault-act-certificate-not-valid = 証明書がその時有効ではありませんでした。
act-fault-act-certificate-missing = 証明書そのものが手元にありません。
act-fault-act-certificate-for-evaluation = 本番用のホームなのに、評価用の証明書で署名されています。
act-fault-act-certificate-untrusted = 証明書が信頼する認証局に至りません。
act-fault-act-signature-wrong = 署名が正しくありません。
act-fault-act-out-of-place = その位置で、その人が、またはその時期について行えることではありません
act-fault-act-not-independent = 二人目の登録または鍵の発行を、その少し前に一人目が行っています
act-fault-act-witness-missing = ホームの認証局が一人だけで開かれています。立会人の署名がありません。
act-fault-act-suspended = 署名した人は、その時すでに利用を停止されていました
act-fault-act-role-not-held = その人はその時、{ $act } の権限を持っていませんでした。
act-fault-act-private-differs = 添えられた説明が、署名されたものと違います。
journal-verified = 記録簿（{ $entries } 件）は、外部に保管された節目（{ $anchored } 件目）から続くものと検証できました。
journal-consistent = 記録簿（{ $entries } 件）はそれ自体で矛盾がありません。ただし外部に保管された節目とは照合していません（--against で指定できます）。
journal-restored = 記録簿（{ $entries } 件）はそれ自体で矛盾がありません。ただし、ホームがバックアップから復元されているため、記録簿はかつての全部ではありません。
journal-epoch = 第 { $epoch } 期は { $index } 番の項目（{ $at }）で始まりました。ホームが、バックアップの第 { $generation } 世代（{ $time }）から復元されています。{ $known ->
    [yes] 以前そこにあった { $index } 番から { $last } 番までの項目は失われています。
   *[no] その後に書かれた項目は失われています。何件あったかは、外部に保管されたものからは分かりませんでした。
}
journal-unreachable = 指定された節目（{ $size } 件）へは、この記録簿からたどれません。その項目は復元のときに失われました。復元に正当な理由があったかどうかは、ファイルからは分かりません。
journal-disposal = { $index } 番（{ $time }）で、二人の決裁により { $count } 件の説明が消去されています
journal-not-anchored = そのうち、外部に保管された節目より後の { $count } 件は、外部の節目に結び付いていません（未照合）。
journal-anchor-stamped = 外部に保管された節目（{ $size } 件）には、{ $time } のタイムスタンプがあります{ $of ->
    [evaluation] （評価用の局のもの）
   *[known] {""}
}。
journal-stamped = 先頭から { $size } 件は、{ $time } のタイムスタンプにより、その時までにあったと確かめられます{ $of ->
    [evaluation] （評価用の局のもの）
   *[known] {""}
}。
journal-unjudged = タイムスタンプ { $count } 個は、信頼する時刻認証局の証明書がないため、確かめられません（--anchors で指定できます）。
journal-unbelieved = 節目（{ $size } 件）のタイムスタンプは、信頼する時刻認証局のものではないため、証拠に数えません（{ $detail }）。時刻認証局を替えたときは、前の局の設定を残してください。
journal-stamp-of-lost = store/journal/stamped/ にあるタイムスタンプ付きの節目（{ $size } 件）には、復元のときに失われた項目が含まれます。それらがあったことの証拠になるので、残しておいてください。
journal-copy-ends = store/journal/ の控えは、{ $entries } 件のうち { $copied } 件までです。動いている間は少し遅れることがあります。いつまでも追いつかないときは、削られたか、持ち去られています。
journal-failed = 記録簿（{ $entries } 件）に異常があります。
journal-more-faults = ほかに { $count } 件の異常があります。
journal-fault-entries-missing = { $from } 番から { $until } 番がありません。
journal-fault-entries-removed = { $at } 番の前から { $count } 件が抜き取られ、番号が詰められています。
journal-fault-entries-inserted = { $at } 番に { $count } 件が差し込まれています。
journal-fault-entries-reordered = { $first } 番から { $last } 番の順序が入れ替えられています。
journal-fault-entry-misplaced = { $place } 番の位置に、{ $says } 番と名乗る項目があります。
journal-fault-entry-unreadable = { $index } 番を読めません。
journal-fault-newer-entry = { $index } 番は新しい形式（{ $found }）です。新しい torikomi で検証してください。
journal-fault-entry-of-another-home = { $index } 番は別のホームの項目です。
journal-fault-entry-changed = データベースの { $index } 番が書き換えられています。
journal-fault-file-entry-changed = store/journal/ のファイルの { $index } 番が書き換えられています（データベースは木と一致）。
journal-fault-entry-disputed = { $index } 番は、データベース、木、ファイルがそれぞれ違います。
journal-fault-lookup-differs = { $index } 番：データベースで添えてある列「{ $column }」が、項目の中身と違います。この列で探すと、項目が見つからないか、別のものと取り違えられます。常駐プログラムを止めて調べてください。
journal-fault-node-changed = 木の節（段 { $level }、{ $index } 番）が書き換えられています。
journal-fault-node-missing = 木の節（段 { $level }、{ $index } 番）がありません。
journal-fault-nodes-extra = 項目のない木の節が { $count } 個あります。
journal-fault-head-missing = 先頭の記録（head）がありません。
journal-fault-head-differs = 先頭の記録は { $head } 件、実際は { $entries } 件です。
journal-fault-head-root-differs = 先頭の記録が、項目から計算した値と違います。
journal-fault-checkpoint-wrong = 先頭の節目の署名が正しくありません（{ $detail }）。
journal-fault-database-shortened = ファイルには { $in_files } 件、データベースには { $in_database } 件しかありません。末尾が消されたか、古いものに戻されています。
journal-fault-files-shortened = store/journal/ のファイルには、最新の節目では { $promised } 件あったはずが、{ $found } 件しかありません。控えが削られています。フォルダーを保存してから調べてください。常駐プログラムを起動し直すと、データベースから補われます。
journal-fault-roots-not-at-hand = ルート証明書（keys/roots.pem）がないため、だれの証明書で署名されたのかを確かめられません。バックアップか、公表されたものから戻してください。
journal-fault-file-unreadable = ファイル { $name } までの途中が欠けています。
journal-fault-file-checkpoint-differs = ファイルの節目（{ $size } 件）が、この記録簿と合いません。
journal-fault-file-checkpoint-wrong = checkpoints.txt の { $number } 番目の署名が正しくありません。
journal-fault-against-unreadable = 外部の節目を確かめられません（{ $detail }）。
journal-fault-against-other-journal = 外部の節目は、鍵の分からない記録簿（{ $origin }）のものです。
journal-fault-truncated = 節目では { $promised } 件あったはずが、{ $found } 件しかありません。
journal-fault-another-past = { $size } 件の時点の節目と、この記録簿の過去が違います。
journal-fault-epoch-wrong = { $index } 番の項目は、ホームを復元したと記していますが、その前にある記録簿と合いません。
journal-fault-against-stamp-wrong = 外部に保管された節目のタイムスタンプは無効です（{ $detail }）。
journal-fault-stamp-missing = { $index } 番でタイムスタンプを付けたとある節目（{ $size } 件）のファイルがありません（store/journal/stamped/）。
journal-fault-stamp-differs = { $index } 番でタイムスタンプを付けたとある節目（{ $size } 件）と、store/journal/stamped/ のファイルが違います。
journal-fault-stamp-wrong = 節目（{ $size } 件）のタイムスタンプは無効です（{ $detail }）。
journal-fault-stamped-checkpoint-differs = タイムスタンプの付いた節目（{ $size } 件）が、この記録簿と合いません。
journal-fault-stamp-before-entry = 節目（{ $size } 件）のタイムスタンプ（{ $stamped_at }）が、それに含まれる { $index } 番（{ $at }）より前の時刻です。どちらかの日時が偽られています。
journal-fault-stamps-out-of-order = 節目（{ $size } 件）のタイムスタンプ（{ $stamped_at }）が、それより前の節目（{ $earlier } 件）のもの（{ $earlier_at }）より前の時刻です。
journal-fault-entry-back-dated = { $index } 番は、タイムスタンプの付いた節目（{ $size } 件、{ $stamped_at }）より後のものですが、それより前の時刻（{ $at }）になっています。日時がさかのぼっています。
journal-fault-private-differs = { $index } 番の説明が書き換えられています。
journal-fault-private-unexpected = { $index } 番には説明がないはずです。
journal-fault-private-missing = { $index } 番に添えられた説明がありません。消去されていますが、消去の記録はありません。
journal-fault-private-not-erased = { $index } 番の説明は { $by } 番で消去されたはずですが、残っています。だれかが元に戻しています。
journal-fault-act-wrong = { $index } 番の決裁は無効です：{ $act_fault }
journal-fault-record-missing = { $index } 番で登録したとある記録がありません。
journal-fault-record-differs = { $index } 番と索引の記録 { $record } が一致しません。
journal-fault-record-without-entry = 記録 { $record } を登録したという項目がありません。
journal-fault-signer-not-issued = { $index } 番の署名の証明書を発行したという項目がありません。
journal-fault-judged-by-none-in-force = { $index } 番：記録の判定に使った{ $judged_by ->
    [profile] プロファイル
   *[calendar] 暦
}は、採用したという項目がないか、文書の受付より前に別のものに替わっています（{ $digest }）。
journal-fault-profile-state-differs = プロファイル { $profile } の第 { $version } 版は、データベースでは{ $in_database ->
    [in-force] 使用中
    [retired] 旧版
    [draft] 下書き
   *[other] 「{ $in_database }」
}、記録簿では{ $in_journal ->
    [in-force] 使用中
    [retired] 旧版
   *[draft] 未承認
}です。常駐プログラムを止めて調べてください。
journal-fault-calendar-in-use-differs = データベースで使用中の暦（{ $in_database }）が、記録簿の内容（{ $in_journal ->
    [none] なし
   *[other] { $in_journal }
}）と違います。常駐プログラムを止めて調べてください。
journal-fault-filed-without-signature = { $index } 番：登録された文書 { $document } の署名は、最後に行われたものではないか、使わないことになったものです。誰が書き込んだのか調べてください。
journal-fault-signed-without-session = { $index } 番：署名した人が開いたセッションがありません。
journal-fault-signed-suspended = { $index } 番：署名した人は、その時すでに利用を停止されていました。
journal-fault-session-overspent = { $index } 番：セッションで署名できる { $most } 件を超えて署名されています。
journal-fault-register-differs = 利用者 { $person } の登録内容（{ $field }）が、記録簿の内容と違います。記録に載る氏名や権限が変わってしまいます。常駐プログラムを止めて調べてください。
journal-fault-certificate-without-entry = 証明書 { $certificate } を発行したという項目がありません。
journal-fault-certificate-missing = 発行したとある証明書 { $certificate } がありません。
journal-fault-taken-without-copy = { $index } 番：文書を受け取ったとありますが、その受付の最新の写しを保管した項目を示していません。いつ取り込んだものか確かめられません。
journal-fault-intake-doubt-omitted = { $index } 番：文書 { $document } の取込み時の時計には先に疑いが記録されていますが、登録された記録にそのことが書かれていません。
journal-fault-superseded-by-none = { $index } 番：文書 { $document } を差し替えた記録が、先に登録されていません。
journal-fault-ended-twice = { $index } 番：文書 { $document } は、取り込まれていないか、すでに終わっています。
journal-fault-act-on-ended = { $index } 番：取り込まれていないか、すでに終わった文書 { $document } についての決裁です。
journal-fault-receipt-of-nothing = { $index } 番：同じ書類の再受領とありますが、どの文書のことか書かれていません。
journal-fault-receipt-of-unfiled = { $index } 番：文書 { $document } の再受領とありますが、その文書は先に登録されていません。
journal-fault-receipt-of-another = { $index } 番：文書 { $document } の再受領とありますが、その文書とは内容か届いたステーションが違います。誰が書き込んだのか調べてください。
journal-fault-ledger-open = 文書 { $document } は記録簿では終わっていますが、台帳では処理の途中です。このままでは再び処理されるので、常駐プログラムを止めて調べてください。
journal-fault-ledger-ends-otherwise = { $index } 番：文書 { $document } は、記録簿では「{ $in_journal ->
    [filed] 登録
    [sent-back] 差し戻し
    [discarded] 取り消し
   *[disposed] 廃棄
}」、台帳では「{ $in_ledger ->
    [filed] 登録
    [sent-back] 差し戻し
    [discarded] 取り消し
   *[disposed] 廃棄
}」で終わっています。
journal-fault-ledger-closed = 文書 { $document } は台帳では終わっていますが、記録簿ではまだです。
journal-fault-ledger-lacks = 取り込んだとある文書 { $document } が台帳にありません。
journal-fault-ledger-counts = 台帳の文書は { $in_ledger } 件、記録簿では { $in_journal } 件です。
