# コマンドの画面で使う言葉。

## 失敗。何が起き、なぜで、どうすればよいか。
cli-home-not-given = ホームフォルダーが指定されていません。--home DIR か環境変数 TORIKOMI_HOME で指定してください。まだないときは「torikomi init」で作れます。
cli-not-a-home = { $path } は Torikomi のホームフォルダーではありません。場所を確かめるか、「torikomi init」で作ってください。
cli-home = ホームフォルダーを使えません。次を直してから、もう一度実行してください。
cli-settings = 設定に誤りがあります。次を直してから、もう一度実行してください。
cli-patients = 患者マスター { $path } を使えません。{ $problem }
cli-journal-files = 起動しませんでした。ホームの中は何も変えていません。{ $journal_files }
cli-start = 始められませんでした：{ $problem }。ディスクの空きと権限を確かめてから、もう一度実行してください。
cli-cannot-sandbox = 始められませんでした：ファイルを読み解く作業プロセスを、このシステムでは隔離できません。設定（image.sandbox）は隔離を求めています。このサービスに seccomp を許すか（コンテナーやサービス管理の設定で禁じられていることがあります）、torikomi.toml の [image] に sandbox = "best-effort" と書いてください。ただし、本番のホームでは使えません。
cli-evaluation-authority = 始められませんでした：torikomi.toml の authority.{ $authority }.policies が、評価用の時刻認証局の方針を挙げています。本番のホームはその局のタイムスタンプを受け付けません。契約している時刻認証局の方針を書いてください。
cli-key-file = 始められませんでした：{ $path } を読めません（{ $problem }）。バックアップから戻すか、権限を確かめてください。
cli-key-locked = 始められませんでした：{ $path } を開けません（{ $problem }）。この鍵の秘密（journal.secret_file に書かれたファイル、またはサービス管理の資格情報）が合っているか確かめてください。
cli-not-certificates = 始められませんでした：{ $path } は PEM 形式の証明書ではありません。バックアップから戻すか、発行元にもう一度送ってもらってください。
cli-mode-changed = 始められませんでした：このホームは mode = "{ $made }" で作られていますが、torikomi.toml には "{ $found }" とあります。元に戻すか、「torikomi init」で別のホームを作ってください。
cli-database-foreign = 始められませんでした：データベースは別のホームのものです（{ $expected } ではなく { $found }）。このホームのものに戻してください。
cli-database-unfinished = 始められませんでした：データベースが作りかけです。「torikomi init」をもう一度実行してください。
cli-database-half-rebuilt = 始められませんでした：データベースの作り直しが途中で止まっています。「torikomi store check --rebuild」をもう一度実行してください。サーバーの場合は、空のデータベースに替えてから実行します。
cli-no-timestamping = このホームには評価用の時刻認証局の鍵がありません。本番のホームでは外部の局を使い、torikomi.toml の [authority] に書きます。
cli-objects = { $objects }
cli-database = データベースを読めませんでした：{ $problem }。ディスクと権限を確かめ、もう一度実行してください。直らないときは、常駐プログラムを止めて「torikomi store check --rebuild」を実行すると、残っているものからデータベースを作り直します（前のものは残します）。
cli-journal-damaged = store/journal/ にある記録簿のファイルで、{ $index } 番（またはそれより前）の項目がないか、書かれたときと違っています。データベースは作り直していません。ファイルをバックアップから戻し、もう一度実行してください。
cli-journal-files-damaged = store/journal/ にある記録簿のファイルで、{ $index } 番（またはそれより前）の項目がないか、書かれたときと違っています。データベースは作り直していません。元のデータベースはまだ読め、その項目も残っています。store/journal/ の entries-*・private-*・checkpoints.txt を証拠として別の場所に移し（stamped/ は残します）、もう一度実行してください。ファイルは元のデータベースから書き直されます。
cli-against-anchor = { $path } にある節目（{ $size } 件）と、store/journal/ にある記録簿のファイルが合いません。ファイルが短くなったか、古いものに戻されたか、書き換えられています。データベースは作り直していません。より新しいバックアップからファイルを戻し、もう一度実行してください。バックアップがなければ { $path } を証拠として残し、原因が分かったら journal.anchor に別のフォルダーを指定してください。
cli-against-stamped = 時刻認証局のタイムスタンプが付いた次の節目が、store/journal/ にある記録簿のファイルと合わず（足りないか、違っています）、復元したという項目もありません：{ $paths }。どれも並んでいる .tst とともに、その時までに記録簿にあったものを証明し、最も新しいものは { $size } 件のものです。データベースは作り直していません。より新しいバックアップからファイルを戻し、もう一度実行してください。バックアップがないとき、または承知のうえで古いデータベースに替えたときは、これらの節目と .tst を証拠として別の場所に移してから、もう一度実行してください。その場合、それらに含まれていた項目は失われます。
cli-newer-measurements = このホームには、より新しい torikomi が測定した結果があり（{ $object }、版 { $found }）、このプログラムでは読み取れません。データベースは作り直していません。新しいほうの torikomi で実行してください。
cli-no-journal = { $folder } に記録簿がないため、データベースを作り直せません。何も変えていません。バックアップからフォルダーを戻してください。
cli-database-not-empty = サーバーのデータベースが空ではないため、置き換えません。何も変えていません。空のデータベースを作り、torikomi.toml の store.database に指定して、もう一度実行してください。
cli-database-not-copied = 元のデータベース（{ $path }）にあって store/journal/ の記録簿のファイルにない項目を、ファイルに写せませんでした：{ $problem }。データベースは作り直していません。原因を除き、もう一度実行してください。元のデータベースがもう使えなければ、証拠として、並んでいる -wal と -shm のファイルとともに別の場所に移してから、もう一度実行してください。その場合、元のデータベースにしかない内容は失われます。
cli-database-forked = 元のデータベース（{ $path }）の記録簿の先頭 { $size } 件が、store/journal/ のファイルと一致しません。データベースは作り直していません。ファイルが正しければ、データベースを証拠として、並んでいる -wal と -shm のファイルとともに別の場所に移してから、もう一度実行してください。データベースが正しければ、作り直さずに、store/journal/ の entries-*、private-*、checkpoints.txt を証拠として別の場所に移し、常駐プログラムを起動してください。
cli-no-daemon = 常駐プログラムが動いていません（{ $socket } に応答がありません）。「torikomi serve」で始めてから、もう一度実行してください。
cli-not-shown = 閲覧した人は記録簿に残します。常駐プログラムが動いていない（{ $socket } に応答がない）ため、残せないので表示しません。「torikomi serve」で始めてから、もう一度実行してください。
cli-not-in-custody = { $document } は登録または廃棄が済み、ページはもう受付の保管場所にありません。記録のページは「torikomi record export」で取り出してください。
cli-broken-off = 常駐プログラムとの通信が途切れました：{ $problem }。済んだことは「torikomi journal show」で確かめられます。
cli-passphrase-file = パスフレーズのファイル { $path } を読めませんでした：{ $problem }。1 行目にパスフレーズを書いてください。
cli-no-terminal = パスフレーズを入力する端末がありません。--passphrase-file FILE で指定してください。
cli-passphrases-differ = 2 回の入力が一致しません。もう一度実行してください。
cli-shown-for-each = 対象 { $named } 件に対し、--shown が { $shown } 件分しかないか、多すぎます。対象と同じ順に一つずつ指定するか、省いてください。
cli-not-found = { $what } は見つかりませんでした。番号や名前を確かめてください。
cli-unknown-profile = { $name } というプロファイルはありません。使えるもの: { $known }
cli-file-missing = { $path } がありません。名前と場所を確かめてください。
cli-not-a-file = { $path } は通常のファイルではありません。ファイルそのものを指定してください。
cli-file-exists = { $path } はすでにあります。何も変えていません。別の名前を指定するか、よそへ移してください。
cli-file = { $path } を読み書きできませんでした：{ $problem }。権限とディスクの空きを確かめてください。
cli-bad-value = 「{ $value }」を読み取れませんでした：{ $problem }
cli-strange-answer = 常駐プログラムの返事を読めませんでした（{ $problem }）。プログラムを入れ替えたあとは「torikomi serve」を始め直してください。
cli-listen = { $address } で待ち受けられませんでした：{ $problem }。ほかのプログラムが使っていないか確かめ、--listen で別のアドレスを指定してください。
cli-init = { $problem }
cli-output = 結果を書き出せませんでした：{ $problem }。出力先とディスクの空きを確かめてください。

## 入力
cli-passphrase-prompt = { $whose } のパスフレーズ:{" "}
cli-new-passphrase-prompt = { $whose } の新しいパスフレーズ:{" "}
cli-passphrase-again-prompt = { $whose } の新しいパスフレーズ（もう一度）:{" "}

## 短い言い回し
cli-journalled = 記録簿 { $index } 番
cli-value-from = { $value }（{ $source }）
cli-due = { $time }（{ $left }）
cli-with-problem = { $what }：{ $problem }
cli-profile = { $id } 第 { $version } 版
unknown = 不明
held-for = 保留：{ $reason }
actor-system = 自動
actor-socket = 制御ソケットからの要求、ユーザー番号 { $uid }

time-left-minutes = あと { $first } 分
time-left-hours = あと { $first } 時間 { $second } 分
time-left-days = あと { $first } 日 { $second } 時間
time-over-minutes = { $first } 分超過
time-over-hours = { $first } 時間 { $second } 分超過
time-over-days = { $first } 日 { $second } 時間超過

## 表の見出し
column-time-left = 残り時間
column-state = 状態
column-patient = 患者
column-kana = フリガナ
column-birth-date = 生年月日
column-kind = 書類の種別
column-obtained = 入手日・作成日
column-document-date = 書類の日付
column-scanned-at = スキャナーの時刻
column-operator = 実施者
column-pages = ページ数
column-station = ステーション
column-document = 文書番号
column-delivery = 受付番号
column-record = 記録番号
column-clock = 時計
column-since = いつから
column-file = ファイル
column-taken-in = 取込時刻
column-due = 期限
column-assigned = 担当
column-supersedes = 差し替える文書
column-filed = 登録時刻
column-signed = 署名時刻
column-stamped = タイムスタンプ
column-version = 版
column-profile = プロファイル
column-record-digest = 記録のハッシュ値
column-journal = 記録簿
column-backup = 最新のバックアップ（欠けなし）
column-time = 作成日時
column-files = ファイル
column-objects = 保存物
column-name = 名前
column-generation = 世代
column-bytes = バイト
column-object = ハッシュ値
column-count = 件数
column-mode = モード
column-software = ソフトウェア
column-now = 現在時刻
column-sandbox = 画像処理の隔離
column-information-manager = 情報作成管理者
column-records = 登録済みの記録
column-watching = 監視
column-session = セッション
column-folder = フォルダー
column-login = ログイン名
column-person = 氏名
column-occupation = 職種
column-department = 所属
column-roles = 役割
column-certificate = 証明書の期限
column-expires = 終了
column-signed-count = 署名数
column-attested = 確認の表明

## 文書の状態
state-identifying = 患者・書類の種別の確認中
state-inspecting = 画像の検査中
state-review = 確認待ち
state-awaiting-confirmation = 確定・署名待ち
state-signing = 署名待ち
state-stamping = タイムスタンプ待ち
state-filing = 登録中
state-filed = 登録しました
state-sent-back = 差し戻し
state-discarded = 取り消し
state-disposed = 廃棄済み

## 受付の状態
delivery-state-arriving = 受け取り中
delivery-state-in-custody = お預かり中
delivery-state-taken = 受け取りました
delivery-state-incomplete = ファイルが途中で切れています
delivery-state-completeness-unknown = 全部そろっているか分かりません
delivery-state-refused = 受け取れません

## 保留の理由
hold-identity = 患者・書類の種別・日付のどれかが足りません
hold-conflict = 出どころによって内容が食い違っています
hold-unknown-patient = 患者番号が患者マスターにありません
hold-no-profile = このステーションで使えるプロファイルがありません
hold-findings = 検査の結果を人が見る必要があります
hold-rejected = 検査で不合格になりました
hold-late = 期限を過ぎています
hold-not-carried = この規程の種類には、まだ対応していません
hold-equal-bytes = 同じファイルが以前にも届いています
hold-other-operator = セッションの人とは別の実施者が示されています
hold-no-session = 署名できる人のセッションが開いていません
hold-no-information-manager = 情報作成管理者が任命されていません
hold-no-attestation = 貼り付けや読み取り範囲外がないことの確認が済んでいません
hold-clock = 時計が信用できません
hold-no-deadline = 期限を計算できません
hold-clock-ahead = 進みすぎた時計で受け取り・署名・タイムスタンプが行われました
hold-stage-failed = 同じ処理が 3 回失敗しました
hold-source-changed = 取り込んだ後にファイルが変わったか、以前に届いたものの続きです
hold-asked-anew = 人が入力したことや決めたことがデータベースとともに、または復元によって失われたか、受け付けた写しがないか、失効していた鍵による決裁または署名に基づいています

## 保留のとき、どうすればよいか
todo-identity = 「torikomi queue identify」で患者・書類の種別・入手日を入力してください。
todo-conflict = どちらが正しいかを確かめ、「torikomi queue identify」で入力してください。
todo-unknown-patient = 患者番号を確かめ、「torikomi queue identify」で入力してください。新しい患者のときは患者マスターの更新を待ってください。
todo-no-profile = 書類の種別が違うときは「torikomi queue identify」で直してください。正しいときは、管理者にステーションの設定を依頼してください。
todo-findings = 画像を見て（「torikomi queue show DOCUMENT --to DIR」で書き出せます）、読めるなら情報作成管理者が「torikomi queue accept」で認め、読めないなら「torikomi queue reject」で差し戻してください。
todo-rejected = もう一度スキャンしてください。「torikomi queue reject」で差し戻します。
todo-late = やむを得ない理由があれば、情報作成管理者が「torikomi queue release-late」で認めます。なければ、紙を保存する種別（9.5）として identify し直すか、「torikomi queue reject」で差し戻してください。
todo-not-carried = 登録はできません。紙を保管し、管理者に知らせてください。
todo-equal-bytes = 二重のスキャンなら情報作成管理者が「torikomi queue discard」で取り消し、別の文書なら「torikomi queue identify」で患者・書類の種別・入手日を入力してください。以前のものがまだ登録されていなければ、そのまま待つこともできます。
todo-other-operator = 示された本人と情報作成管理者のうち、プロファイルが署名を認めている人が「torikomi queue confirm」で確定し、自分のセッションで署名してください。名前が違うときは「torikomi queue identify --operator」で直してください。
todo-no-session = 署名する人が「torikomi session open」でセッションを開いてください。
todo-no-information-manager = 管理者が「torikomi operator appoint」で任命してください。
todo-no-attestation = セッションを開いている人が「torikomi session attest」で確認してください。
todo-clock = 管理者か情報作成管理者がサーバーの時計を確かめ、「torikomi clock acknowledge」で記録してください。
todo-no-deadline = 管理者が calendar.toml を直してください。直すと、この文書は検査からやり直され、自動で先へ進みます。
todo-clock-ahead = その時刻になれば自動で先へ進みます。待てないときは、タイムスタンプ待ち・登録待ちのものは情報作成管理者が「torikomi queue retry」で署名し直しにし、署名待ちのものは「torikomi queue reject」で差し戻してスキャンし直してください。
todo-stage-failed = 原因を除いてから「torikomi queue retry」でやり直してください。直せないものは、情報作成管理者が「torikomi queue reject」で差し戻すか、「torikomi queue discard」で取り消してください。
todo-source-changed = 同じファイルのもう一方と画像を見比べてください（「torikomi queue show DOCUMENT --to DIR」で書き出せます）。別の文書なら「torikomi queue identify」で患者・書類の種別・入手日を入力し、署名待ち以降なら「torikomi queue retry」でこの文書だけを進めます。途中までのものなら情報作成管理者が「torikomi queue discard」で取り消します。
todo-asked-anew = 画像を確かめ（「torikomi queue show DOCUMENT --to DIR」で書き出せます）、「torikomi queue identify」で患者・書類の種別・入手日をもう一度入力してください。復元の報告で差し戻しや取り消しになっていた文書は、もう一度そうしてください。

## 内容の出どころ
source-sidecar = サイドカー
source-filename = ファイル名
source-station = ステーションの設定
source-batch = 実施者の申告
source-barcode = バーコード
source-person = 担当者の入力
source-master = 患者マスター

## 検査結果の重さ
severity-pass = 合格
severity-warn = 注意
severity-hold = 保留
severity-reject = 不合格

## 役割
role-operator = 実施者
role-information-manager = 情報作成管理者
role-information_manager = 情報作成管理者
role-admin = 管理者
role-auditor = 監査者
role-viewer = 閲覧者

## 記録簿
journal-home-founded = ホームフォルダーを作りました
journal-person-enrolled = 利用者を登録しました
journal-certificate-issued = 証明書を発行しました
journal-manager-absent = 情報作成管理者の不在を登録しました
journal-manager-back = 情報作成管理者の不在を終えました
journal-person-changed = 氏名・職種・所属を変更しました
journal-person-suspended = 利用を停止しました
journal-person-resumed = 利用を再開しました
journal-certificate-revoked = 証明書を失効させました
journal-appointed = 役割に任命、または任命を終えました
journal-profile-adopted = プロファイルを発効させました
journal-file-adopted = 患者マスターを読み直しました
journal-calendar-adopted = 暦を読み直しました
journal-file-refused = 変更された患者マスターまたは暦を受け付けませんでした
journal-daemon-started = 常駐プログラムが始まりました
journal-daemon-stopped = 常駐プログラムが終わりました
journal-clock-doubted = 時計に疑いがあります
journal-clock-acknowledged = 時計を確かめました
journal-intake-doubted = 取込み時の時計に疑いのあることが後で分かりました
journal-session-opened = セッションを開きました
journal-batch-attested = 貼り付けや読み取り範囲外がないことを確認しました
journal-session-closed = セッションを閉じました
journal-delivery-in-custody = 写しをお預かりしました（取込み）
journal-delivery-taken = 受け取りました
journal-delivery-received = 同じものをもう一度受け取りました
journal-delivery-refused = 受け取れませんでした
journal-delivery-incomplete = 途中で切れたファイルとして止めました
journal-delivery-decided = 受け取るかどうかを人が決めました
journal-document-held = 保留にしました
journal-document-inspected = 画像を検査しました
journal-document-identified = 患者・書類の種別を人が入力しました
journal-document-accepted = 検査の結果を認めました
journal-document-confirmed = 確定しました
journal-document-sent-back = 差し戻しました
journal-document-superseded = 差し替える文書が登録され、終わりました
journal-document-discarded = 取り消しました
journal-document-assigned = 担当を決めました
journal-document-reassigned = 担当を替えました（前の担当が離れたため）
journal-document-retried = やり直しました
journal-late-released = 期限後の登録を認めました
journal-document-signed = 署名しました
journal-signer-revoked = 証明書の失効により、署名を使いませんでした
journal-signer-not-valid = タイムスタンプ付与または登録の時点で証明書が有効期間外のため、署名を使いませんでした
journal-decision-revoked = 失効した鍵による決裁があったため、署名を使いませんでした
journal-confirmation-lapsed = 確定した人が署名できなくなったため、確定し直しになりました
journal-stamp-missed = タイムスタンプが期限に間に合いませんでした
journal-attempt-damaged = ファイルが壊れていたため、署名を使いませんでした
journal-attempt-ahead = まだ来ていない時刻が付いていたため、署名を使いませんでした
journal-attempt-quarantined = 署名の途中のファイルを隔離しました
journal-document-filed = 登録しました
journal-document-viewed = 文書を閲覧しました
journal-record-viewed = 記録を閲覧しました
journal-delivery-viewed = 届いたファイルの名前を閲覧しました
journal-records-searched = 患者の記録を検索しました
journal-private-parts-viewed = 記録に添えられた説明を閲覧しました
journal-private-parts-disposed = 記録に添えられた説明を消去しました
journal-record-exported = 写しを書き出しました
journal-checkpoint-stamped = 記録簿の節目にタイムスタンプを付けました
journal-home-backed-up = バックアップを作成しました
journal-epoch-opened = バックアップから復元し、新しい期を始めました
clock-acknowledged = 時計を確かめたと記録しました。待っていた文書の署名を再開します。
clock-shown = サーバーの時計は { $time } です。
clock-jumped = サーバーの時計が、起動からの経過時間と比べて { $by_milliseconds } ミリ秒ずれたため、署名を止めています。管理者か情報作成管理者が時計を確かめ、「torikomi clock acknowledge」で記録してください。
clock-behind = サーバーの時計が、ここで最後に記録した時刻より { $by_milliseconds } ミリ秒遅れているため、署名を止めています。管理者か情報作成管理者が時計を確かめ、「torikomi clock acknowledge」で記録してください。
clock-unsynchronised = サーバーの時計が時刻同期されていない（または確かめられない）ため、署名を止めています。管理者が時刻同期（chrony など）を設定してください。同期されれば署名を再開します。
clock-at-odds = 時刻認証局の示す時刻とサーバーの時計が食い違っているため、署名を止めています（差は { $by_milliseconds } ミリ秒。負の数はサーバーの時計の遅れ）。時計が違っていれば管理者が直し、認証局が違っていれば局に連絡してください。時刻の合うタイムスタンプが得られれば自動で再開します。時計が正しいときは、管理者か情報作成管理者が「torikomi clock acknowledge」で記録すると再開します。

journal-remark = 「{ $remark }」
journal-line = { $index }  { $time }  { $what }（{ $who }）
journal-empty = 記録はまだありません。
journal-size = 全部で { $size } 件
journal-disposed = { $count } 件の説明を消去しました。消去前に作成したバックアップには残っています。
journal-disposed-not-gone = ホームのファイルに、まだ写しが残っています（データベース、記録簿、作成中または途中で止まったバックアップ（store/.torikomi-tmp-backup.db）、再構築で取り置いたか作りかけのデータベース（store/torikomi.db.kept-…、store/torikomi.db.rebuilt）のいずれか）。データベースと記録簿の分は、常駐プログラムを再起動すると消えます。バックアップと再構築の残りは、次のバックアップと再構築が消します。取り置いたものは、不要になれば消してください。

## 待ち行列
queue-empty = 待っている文書はありません。
queue-more = ほかにもあります。--most を増やすか、--station や --state で絞り込んでください。
queue-deliveries = 人の判断を待っている受付
queue-refused-deliveries = ステーションで取り込めずに残っているもの：{ $count } 件（新しい順）
queue-identity = 患者と文書
queue-shown = 表示内容：{ $digest }
pages-unconfirmed = 未確定
pages-written = 届いたままのファイル { $count } 個を { $folder } に書き出しました。見終わったら、フォルダーごと消してください。
pages-sheet = 【未確定】これは記録ではありません。
    文書 { $document } のページを、届いたままの形で書き出したものです（取込：{ $taken_in }、書き出した時刻：{ $written }、その時の状態：{ $standing }）。まだ登録されておらず、内容を保証する人はいません。患者の取り違えやページの抜けがあるかもしれず、差し戻されることもあります。
    診療録に綴じたり、人に渡したりしないでください。見終わったら、このフォルダーごと消してください。
queue-times = 時刻と期限
queue-findings = 検査の結果
queue-proposals = 差し替えの候補
queue-proposal = { $document }：{ $standing }、取込 { $taken_in }（{ $likeness }）
queue-proposal-how = この文書が差し替えのスキャンであれば、「--supersedes 文書番号」を付けて確定または入力してください。登録されると、前の文書は終わります。
likeness-same-identity = 患者・書類の種別・入手日が同じ
likeness-same-name = 同じステーションから同じ名前で届いた
queue-history = 経過
queue-sent-back = { $count } 件を差し戻しました。
queue-retried = { $count } 件をやり直します。
queue-assigned = { $count } 件の担当を決めました。
queue-discarded = 取り消しました。ファイルはお預かりしたままです。
queue-released = { $count } 件の期限後の登録を認めました。
queue-accepted = 検査の結果を認めました。
queue-retried-delivery = もう一度測定します。
queue-taken = このまま受け取りました。
queue-refused = 受け取らないことにしました。元のファイルはそのままです。
queue-identified = 入力しました。検査をやり直します。
queue-confirmed = 確定しました。署名とタイムスタンプへ進みます。

## 記録
record-none = 該当する記録はありません。
record-more = ほかにもあります。--after に最後の記録番号を指定すると続きを表示します。
record-keep-paper = 紙はまだ返却・廃棄しないでください
record-files = 中のファイル

## セッション
session-opened = セッションを開きました。{ $until } まで、{ $most } 件まで署名できます。
session-resumed = 待っていた { $count } 件を進めます。
session-attested = 「原本に貼り付けや重なりがなく、読み取り範囲の外に情報がないこと」を確認したと記録しました。
session-not-attested = 貼り付けや読み取り範囲外がないことの確認がまだです。確認するまで署名はされません（「torikomi session attest」）。
session-closed = セッションを閉じました。署名した文書：{ $count } 件
session-waiting = { $count } 件が次のセッションを待っています。
session-none = 開いているセッションはありません。
session-attested-short = 済み
session-not-attested-short = まだ

## 利用者
operator-ca = 認証局
ceremony-planned = 認証局が、次の証明書を1通発行しようとしています。
ceremony-whom = 発行先: { $name }（{ $login }）、{ $department }、{ $organization }
ceremony-time = 有効期間: { $from } から { $until } まで
ceremony-root = 認証局の証明書の SHA-256: { $fingerprint }
ceremony-two = 二人で開きます。依頼は { $by } さん、{ $second }。パスフレーズは、それぞれ本人だけが入力してください。
ceremony-witness = 立会人は { $login } さんです
ceremony-owner = ほかに在職者がいないため、鍵の本人 { $login } さんが二人目です
operator-added = { $whom } を登録しました。本人が「torikomi operator enrol { $whom }」で鍵を作ってください。
operator-changed = { $whom } さんの変更を登録しました。これからの記録に載ります。証明書には、更新したときに載ります（torikomi operator enrol { $whom } --renew）。
operator-enrolled = { $whom } の鍵を作り、証明書を発行しました。
operator-requested = { $whom } さんの鍵を作り、証明書の申請を { $path } に書きました。
operator-requested-next = 院外の認証局に提出し（公開鍵の SHA-256：{ $fingerprint }）、そのルート証明書を keys/roots.pem に加えてください。届いた証明書は torikomi operator import { $whom } ファイル で取り込みます。
operator-requested-key = { $whom }（申請した鍵）
operator-imported = { $whom } さんの証明書を取り込みました。今後の署名に使われます。
operator-revoked = { $whom } の鍵を失効させました。ほかに有効な鍵がなければ、「torikomi operator enrol」で新しい鍵を作れます。
operator-appointed = { $whom } を任命しました。
operator-appointment-ended = { $whom } の任命を終えます。
operator-retired = { $whom } さんの任命・鍵・セッションを終え、担当の文書を情報作成管理者に移しました。
operator-absent = { $whom } さんの不在を登録しました。その間は、次の順位の代理が情報作成管理者を務めます。
operator-back = { $whom } さんの不在を終えました。
operator-away = { $until ->
    [none] { $from } から不在
   *[other] { $from } から { $until } まで不在
}
operator-was-suspended = { $whom } さんの利用を停止し、セッションを閉じました。「torikomi operator resume { $whom }」で再開するまで、何も署名できません。
operator-resumed = { $whom } さんの利用を再開しました。終わっていない任命は、そのまま続きます。
operator-suspended = 停止中
operator-no-key = 鍵がまだありません
operator-certificate-over = 証明書の期限切れ
operator-substitute = { $role }（代理 { $rank }）
operator-until = { $role }（{ $until } まで）
session-closed-log-off = 閉じる操作による
session-closed-expired = 時間切れ
session-closed-idle = 操作がなかったため
session-closed-spent = 署名できる数に達したため
session-closed-suspended = 利用者の停止
session-closed-revoked = 鍵の失効
session-closed-restart = 常駐プログラムの再起動
session-closed-key-gone = 鍵が開かれていないため
session-closed-set-back = 時計が開始より前に戻されました
operator-none = 登録された利用者はいません。

## 稼働状況
status-well = 動いています。
status-troubled = 止まっている処理があります。お預かりした文書は失われません。
status-no-manager = 任命されていません
status-missing = 法定保存に、まだ足りないもの
status-missing-line = { $what } ［{ $requirement }］
status-nothing-missing = このホーム自体に足りないものはありません。
lacking-evaluation-mode = このホームは評価用で、変えられません。torikomi init --mode production で別に作ってください。
lacking-information-manager = 情報作成管理者がいません。torikomi operator appoint で任命してください。
lacking-outside-certificate = { $login } さんに院外の認証局の証明書がありません。torikomi operator enrol { $login } --request ファイル で申請を作り、発行された証明書を torikomi operator import { $login } ファイル で取り込んでください。
lacking-authority-unset = authority.{ $authority } の問い合わせ先が、作成時のままです。利用する時刻認証局のものを torikomi.toml に書いてください。
lacking-authority-roots = authority.{ $authority } に、院外の認証局のルート証明書がありません。フィンガープリントを確かめてファイルに置き、authority.{ $authority }.roots に指定してください。
lacking-accredited-authority = 認定された時刻認証局が登録されていません。一覧にある局を選び、accredited = true としてください。
lacking-profile-in-force = ステーション { $station } のプロファイルは、どれも発効していません。施設の規程の条項を書き、二人の承認（torikomi profile approve）で発効させてください。
lacking-patient-list = 患者マスターが空です。patients.csv（または patients.path のファイル）を院内のシステムから書き出してください。
lacking-clock-source = この機械の時計を合わせているものがありません。時刻同期を設定してください。
lacking-journal-anchor = 記録簿の節目の写しが、ほかのどこにもありません。journal.anchor に、この機械の外のフォルダーを指定してください。
lacking-backup = 欠けのないバックアップがまだありません。torikomi store backup で作ってください。
lacking-backup-old = 欠けのない最新のバックアップが { $days } 日前のものです。torikomi store backup で作り、定期的に行ってください。
lacking-backup-ahead = 欠けのない最新のバックアップの日時が現在より後になっており、どれだけ前のものか分かりません。時計を確かめ、torikomi store backup で作り直してください。
lacking-backup-incomplete = 最新のバックアップ（第 { $generation } 世代）には、ホームにあるはずのファイルや保存物が { $count } 件欠けています。torikomi store check で何が欠けているかを調べ、直してから torikomi store backup で作り直してください。
lacking-object-lock = 保存先 { $place } は、記録の削除を防いでいません。オブジェクトロックのあるバケットを使い、objects.retention_days を設定してください。
not-built-revocation-of-others = この版は、院外の認証局が証明書を失効させたかを確かめず、その情報を記録に残しません。それまでは施設で確かめ、失効していればここでも失効させてください（torikomi operator revoke）。
not-built-renewal = この版は、タイムスタンプの証明書が期限を迎える前の更新を行いません。それまでは、期限を越える保存には使えません。
status-no-backup = まだありません
status-backup-ahead = 第 { $generation } 世代、{ $time }（現在の時計より後の日時）
status-backup-incomplete = 最新のバックアップ（第 { $generation } 世代、{ $time }）には、ホームにあるはずのファイルや保存物が { $count } 件欠けており、これからホーム全体は戻せません。torikomi store check で何が欠けているかを調べ、直してから作り直してください。
status-backup = 第 { $generation } 世代、{ $time }（{ $count } { $unit ->
    [hours] 時間
   *[days] 日
}前）
status-paused = { $stage }は { $since } から止まっています：{ $why }
status-clock = { $synchronised ->
    [true] 時刻同期済み（推定誤差 { $milliseconds } ミリ秒）
    [false] 時刻同期なし
   *[other] 時刻同期の有無は不明
}
status-stations = ステーション
status-documents = 文書
status-deadlines = 近い期限
status-session = { $login }（{ $until } まで）
status-weaker-completeness = { $watching }（書き込み中かどうかを確かめられません）
status-no-session = なし
warning-calendar = { $calendar_expiry }
warning-custody = { $custody }
warning-copied-ahead = 時計が進んでいる間に保管場所に写した受付が { $count } 件あり、その時刻になるまで先に進みません（最後のものは { $until }）。失われたものはありません。今の時計が遅れているのであれば、合わせてください。
warning-custody-more = 保管場所には、ほかにも説明のつかないものや足りないものが { $count } 件あります。一つずつの内容は、常駐プログラムの起動時のログにあります。
warning-late-sidecars = ステーション { $station } に、スキャンより後に届いたサイドカーが { $count } 個あります。「torikomi queue list」で患者の分からない文書を探し、「torikomi queue identify」で入力してから、サイドカーを取り除いてください。
warning-waiting-lists = ステーション { $station } に、行に対応するスキャンがまだ届いていないか、一覧として読み取れないバッチ一覧（index.csv）が { $count } 個あります。一覧はそのまま残しています。スキャンを送ってください。届く見込みがなければ、一覧を取り除いてください。
warning-lone-sidecars = ステーション { $station } に、スキャン画像のないサイドカーが { $count } 個あります。画像を送るか、サイドカーを取り除いてください。
warning-kept-sidecars = ステーション { $station } から登録した受付のうち { $count } 件に、どの記録にも入れていないサイドカー（または一覧の行）があります。別の患者を示すもの、読み取れないもの、同じ文書の再受付に付いていたもののいずれかです。スキャンとともに保管場所（custody）に残しています。スキャンと紙を見比べ、サイドカーを作る側を直してください。
warning-restless = ステーション { $station } に、いつまでも揃わないか書き込みが終わらないため、取り込めないものが { $count } 件あります。送り元のプログラムが開いたままになっていないか、サイドカーの挙げるページに届いていないものがないか、取り込む側に読む権限があるか、空のフォルダーがないかを確かめてください。
warning-unfinished-files = ステーション { $station } に、送信中を示す名前のままのファイルが { $count } 個あります。送り元を確かめ、もう一度送ってください。
warning-fault = { $fault }
fault-patients = 変更された患者マスターを取り込めないため、前の一覧を使い続けます。{ $patients }
fault-no-patients = 患者マスターを使えないため、患者番号のある文書はすべて保留しています。直せば自動で再開します。{ $patients }
fault-calendar = 変更された calendar.toml を取り込めないため、前のものを使い続けています。
fault-calendar-unreadable = { $path } を読めないため、前の暦を使い続けています。ファイルがあるか、権限があるかを確かめてください。
warning-journal-files = 記録簿の写し（store/journal）が遅れています。{ $journal_files }自動でやり直します。
journal-files-database = データベースを読めません。
journal-files-unreachable = { $folder } に書けません。フォルダーがあるか、権限と空きがあるかを確かめてください。
journal-files-shortened = { $folder } のファイルが、書いたときより短くなっています。だれが変えたかを確かめ、常駐プログラムを起動し直してください。足りない分が書き足されます。
journal-files-database-is-older = 記録簿の写し（store/journal）には { $in_files } 件ありますが、データベースには { $in_database } 件しかありません。データベースが古いものに戻されています。常駐プログラムを止めたまま、新しいものを戻してください。なければ「torikomi store check --rebuild」で作り直せます。今のデータベースを使うほかないときは、写しを証拠として残すため、このフォルダーの entries-*、private-*、checkpoints.txt を別の場所に移し（stamped/ は移しません）、起動してください。写しは新しく始まります。
journal-files-forked = 記録簿の写し（store/journal）の先頭 { $size } 件が、データベースのものと一致しません。別のデータベースに置き換えられたか、古いものに戻されてから続けられています。常駐プログラムを止めたまま、正しいデータベースを戻してください。失われていれば「torikomi store check --rebuild」で作り直せます。今のデータベースが正しければ、写しを証拠として残すため、このフォルダーの entries-*、private-*、checkpoints.txt を別の場所に移し（stamped/ は移しません）、起動してください。写しは新しく始まります。
warning-anchor = 記録簿の節目をホームの外へ写せません。{ $anchor }自動でやり直します。
anchor-database = データベースを読めません。
anchor-unreachable = { $path } に書けません。journal.anchor のフォルダーがあるか、権限と空きがあるかを確かめてください。
anchor-inside = journal.anchor（{ $folder }）がホームの中にあります。ホームの外のフォルダーを指定してください。
anchor-truncated = { $path } には { $promised } 件の節目がありますが、記録簿は { $found } 件しかありません。末尾が消されたか、古いものに戻されています。「torikomi journal verify --against」で確かめ、このファイルは残しておいてください。原因が分かったら、journal.anchor に別のフォルダーを指定してください。写しはそこで新しく始まります。
anchor-forked = { $path } の最後の節目（{ $size } 件）は、この記録簿の過去と違います。古いものに戻されてから続けられたか、書き直されています。「torikomi journal verify --against」で確かめ、このファイルは残しておいてください。原因が分かったら、journal.anchor に別のフォルダーを指定してください。写しはそこで新しく始まります。
anchor-shortened = { $path } には { $promised } 件の節目までありましたが、今は { $found } 件までしかありません。削られたか、持ち去られたか、ディスクがつながっていません。元のファイルを戻してください。失われたときは、journal.anchor に別のフォルダーを指定してください。写しはそこで新しく始まります。
warning-checkpoint-stamp = 今日の記録簿の節目に、タイムスタンプを付けられていません。{ $checkpoint_stamp }自動でやり直します。
checkpoint-stamp-no-authority = 時刻認証局が設定されていません。torikomi.toml の authority に加えてください。
checkpoint-stamp-authority = 時刻認証局からタイムスタンプを受け取れません（{ $problem }）。続くときは、管理者が接続と設定を確かめてください。
checkpoint-stamp-unreachable = { $path } に書けません。フォルダーがあるか、権限と空きがあるかを確かめてください。
checkpoint-stamp-database = データベースを使えません。
document-unreadable = 文書 { $document } を読み取れません（{ $problem }）。この文書だけ止まり、保管場所のファイルはそのままです。ほかの文書は進みます。データベースが変更されたか壊れています。管理者に連絡してください。
warning-unreadable = 文書 { $document } を読み取れません（{ $problem }）。保管場所のファイルはそのままです。管理者に連絡してください。
warning-keys-may-be-swapped = 開いているセッションの鍵をメモリーに固定できず、スワップに書き出されるおそれがあります。サービスの LimitMEMLOCK を増やしてください。
warning-objects-not-locked = 保存物のサーバー { $place } では、鍵を持つ人による保存物の削除を防げません。防ぐには、オブジェクトロックを有効にしたバケットを使い、objects.retention_days を指定してください。
warning-best-effort-sandbox = 画像処理の隔離が弱い設定です（image.sandbox = "best-effort"）。OS が対応しているなら "required" に戻してください。
away-disk = フォルダーかディスクを使えません（{ $problem }）。空きと接続を確かめてください。直れば自動で再開します
away-database = データベースを使えません（{ $problem }）。ディスクを確かめてください。直れば自動で再開します
away-database-damaged = データベースが壊れています（{ $problem }）。管理者が「torikomi serve」を停止し、ディスクを確かめてから「torikomi store check --rebuild」を実行してください
away-store = 記録の保存先を使えません（{ $problem }）。空きと接続を確かめてください。直れば自動で再開します
away-objects = { $objects }直れば自動で再開します
away-authority = 時刻認証局からタイムスタンプを受け取れません（{ $problem }）。{ $passing ->
    [true] 期限内は自動で再試行します。続くときは局とネットワークを確かめてください
   *[false] 再試行では直りません。管理者が局の設定を確かめ、局に問い合わせてください
}
away-workers = 画像を読む処理を始められません（{ $problem }）。管理者に連絡してください。直れば自動で再開します
away-crashed = 処理の途中で不具合が起きました。自動で再試行します。続くときは管理者に連絡してください
mode-evaluation = 評価用（法定の保存には使えません）
mode-production = 本番
sandbox-required = 必須
sandbox-best-effort = できる範囲で（弱い隔離）
watching-events = 通知で監視
watching-starting = 準備中
watching-polling = 定期的に確認
watching-unreachable = 届きません
stage-intake = 取り込み
stage-measuring = 測定
stage-identification = 患者・書類の種別の確認
stage-inspection = 検査
stage-signing = 署名
stage-stamping = タイムスタンプ
stage-filing = 登録

## 検査とプロファイル
column-check = 検査
column-looks-for = 見つけるもの
column-title = 名称
column-regime = 規程の区分
check-requirements = 根拠
finding-on-pages = { $count ->
   *[other] { $pages } ページ目：{ $said }
}
finding-none = 検査 { $count } 項目に合格しました。
finding-passed = 合格した検査：{ $checks }
finding-not-applicable = 当てはまらない検査：{ $checks }
inspect-result = 結果：{ $severity }（{ $pages } ページ）
inspect-no-date = 入手日が分からないため、していない検査：{ $checks }（入手日は --obtained-on で指定できます）
profile-in-force = 発効中
profile-draft = 下書き
profile-retired = 旧版
profile-file-only = 未承認
profile-good = { $file }：使えます（{ $profile }）
profile-faulty = { $file }：{ $count } か所を直してください。
profile-unreadable = { $file } は使えません。「torikomi profile lint」で理由を確かめてください。
profile-text = 内容
profile-approved = プロファイル { $whom } を発効させました。

## 保留の理由（一覧の短い言い方）
held-identity = 患者・種別・日付
held-conflict = 内容の食い違い
held-unknown-patient = 患者マスターにない番号
held-no-profile = プロファイルなし
held-findings = 検査結果
held-rejected = 不合格
held-late = 期限超過
held-not-carried = 未対応の規程
held-equal-bytes = 同じファイル
held-other-operator = 別の実施者
held-no-session = セッションなし
held-no-information-manager = 情報作成管理者なし
held-no-attestation = 表明がまだ
held-clock = 時計
held-no-deadline = 期限が不明
held-clock-ahead = 進んだ時計
held-stage-failed = 処理の失敗
held-source-changed = ファイルの変更
held-asked-anew = 再入力待ち

## 時刻認証局
timestamp-serving = 評価用時刻認証局を { $url } で始めました。終えるには Ctrl-C を押してください。

## serve と demo
serve-started = 動いています。操作の窓口: { $socket }
demo-column-sample = 見本
demo-column-became = 結果
demo-column-found = 検査で見つかったもの
demo-summary = { $of } 件のうち { $count } 件が予定どおりの結果になりました。
demo-try =
    続けて試せます。ファイルを { $drop } に置くと取り込まれます。
    別の端末で: torikomi --home { $home } status
    　　　　　　torikomi --home { $home } queue list
    利用者は admin、manager、clerk、パスフレーズはどれも { $passphrase } です。終わるには Ctrl-C を押してください。
## 何を待っているか
held-detail-no-profile = 書類の種別 { $document_type } のプロファイルが、このステーションにはありません。
held-detail-regrown = 同じファイルの続きかもしれません。以前の受付番号：{ $earlier }
held-detail-equal-bytes = 以前の文書：{ $earlier }
held-detail-equal-page = この文書の { $number } 番目のファイルは、以前の文書 { $earlier } のファイルとまったく同じ内容です。以前の文書は別の患者のものか、だれのものか分からなくなったものです。両方を見比べて、この文書がだれのものかを指定してください。
held-detail-equal-bytes-untold = 以前の文書：{ $earlier }。データベースを作り直したため、だれのものだったか分からなくなっています。
held-detail-equal-bytes-open = 以前の文書 { $earlier } は、まだ登録されていません。登録されれば、こちらは重ねて届いたものとして扱います。差し戻されるか取り消されれば、こちらの処理を自動で続けます。
held-detail-source-grew = 取り込んだあとに、ステーションにある元のファイルが変わりました（受付番号 { $delivery }）。今あるファイルは、別の受付として取り込みます。
held-detail-stage-failed = 失敗した処理：{ $stage }
held-detail-clock-ahead = 付いている時刻：{ $until }
held-needs = これから要るもの：{ $needs }
need-identity = 患者・書類の種別・日付の入力
need-carried = この版では対応していない設定の解消
need-late-release = 期限後の登録の承認（情報作成管理者）
need-exception = 例外の承認（情報作成管理者）
need-accept = 検査結果の確認
need-confirm = 確定・署名
