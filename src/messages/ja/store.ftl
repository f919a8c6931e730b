# `torikomi store check`。`StoreFinding` の code ごとに一つ。何が、どこで、どうすればよいか。
store-finding-object-damaged = { $path } の内容が、保存したときと違います{ $named ->
    [record] （登録済みの記録 { $records } の一部です）
    [document] （文書の測定結果かサイドカーです）
    [calendar] （文書の判定に使ったカレンダーです）
    [profile] （プロファイルの版です）
    [certificate] （利用者の鍵の証明書です）
   *[nobody] （どこからも使われていません）
}。バックアップからファイルを戻し、ディスクを確かめてください。
store-finding-object-missing = { $path } がありません{ $named ->
    [record] （登録済みの記録 { $records } の一部です）
    [document] （文書の測定結果かサイドカーです）
    [calendar] （文書の判定に使ったカレンダーです）
    [profile] （プロファイルの版です）
    [certificate] （利用者の鍵の証明書です）
   *[nobody] { "" }
}。バックアップからファイルを戻してください。
store-finding-object-unreadable = { $path } を読めません（{ $problem }）。ディスクと権限を確かめてください。
store-finding-object-orphan = { $path } は、どの記録からも文書からも使われていません。これで失われたものはありません。処理が途中で止まったか、使っていた側が消されています。どちらか分かるまで、残しておいてください。
store-finding-stranger-in-store = { $path } は、保存先に置いたものではありません。だれが置いたかを確かめ、取り除いてください。
store-finding-temporary-left = { $path } は、止まったプロセスが書きかけで残したものです。使われていません。保管場所のものは次の起動で消えます。ほかのものは、常駐プログラムを止めてから取り除いてかまいません。
store-finding-row-lost = 記録簿の { $journal_index } 番では記録 { $record } を登録していますが、索引にありません。常駐プログラムを止めて「torikomi store check --rebuild」を実行すると、索引を作り直します。
store-finding-row-unvouched = 索引に記録 { $record } がありますが、登録したという項目が記録簿にありません。だれかが書き加えたおそれがあります。この記録に頼らず、だれが加えたかを確かめてください。
store-finding-row-differs = 記録 { $record } について、索引の内容（{ $field }）が記録そのものと違います。正しいのは記録です。常駐プログラムを止めて「torikomi store check --rebuild」を実行すると、索引を作り直します。
store-finding-document-lost = 取り込んだとある文書 { $document } が台帳にありません。常駐プログラムを止めて「torikomi store check --rebuild」を実行すると、台帳を作り直します。
store-finding-copy-missing = 台帳が使っている受付番号 { $delivery } の { $copy } 番目の写しが、保管場所にありません。バックアップから戻してください。元のファイルが残っていれば、断ったものを除き、次の起動でもう一度写します。
store-finding-copy-damaged = 保管場所にある受付番号 { $delivery } の { $copy } 番目の写しで、{ $file } が取り込んだときの内容と違います。バックアップから戻すか、もう一度スキャンしてください。ディスクも確かめてください。
store-finding-copy-orphan = 保管場所にある受付番号 { $delivery } の { $copy } 番目の写しは、台帳で使われていません。次の起動で台帳に載せるか、新しい写しがあれば取り除きます。それまで残しておいてください。
store-finding-copy-foreign = 保管場所にある受付番号 { $delivery } の { $copy } 番目の写しは、別のホームが作ったものです。どこのものかを確かめてください。
store-finding-attempt-missing = 文書 { $document } の署名（{ $attempt }）のファイルが、保管場所にありません。バックアップから戻してください。
store-finding-attempt-damaged = 文書 { $document } の署名（{ $attempt }）で、{ $file } が署名したときの内容と違います。バックアップから戻し、ディスクを確かめてください。
store-finding-attempt-orphan = 保管場所にある署名（{ $attempt }）のファイルは、台帳で使われていません。次の起動で台帳に載せるか、取り除くか、隔離します。それまで残しておいてください。
store-finding-stranger-in-custody = 保管場所の { $path } は、取り込んだものでも隔離したものでもありません。だれが置いたかを確かめてください。
store-finding-parts-not-kept = 記録簿の写し（store/journal/）に、データベースにある説明が { $count } 件分ないか、違っています（最初は { $first } 番）。常駐プログラムを起動し直すと書き直されます。だれがファイルを変えたかも確かめてください。
store-finding-parts-not-erased = 記録簿の写し（store/journal/）に、消去の記録がある説明が { $count } 件分残っています（最初は { $first } 番）。常駐プログラムを起動し直すと消去されます。だれがファイルを戻したかも確かめてください。
store-finding-journal-faulty = 記録簿が、それ自体またはほかのものと合いません（{ $faults } 件）。「torikomi journal verify」で一つずつ示します。

store-more-findings = ほかに { $count } 件
store-in-order = すべて、あるべきところにあります（保存物 { $objects } 個、記録 { $records } 件、記録簿の項目 { $entries } 件、保管中の写し { $copies } 件と署名 { $attempts } 件）。
store-not-in-order = { $count } 件の問題があります。何も変更していません。
store-looked-at = 調べたもの：保存物 { $objects } 個、記録 { $records } 件、記録簿の項目 { $entries } 件、保管中の写し { $copies } 件と署名 { $attempts } 件。
store-in-the-making = { $count } 個のファイルは、書き込みや処理の途中のものです。問題ではありません。
store-set-aside = 記録簿にあるとおり、{ $count } 件の署名を custody/quarantine/ に隔離しています。そのまま残しています。

# `torikomi store check --rebuild`。`NotRebuilt` の code ごとに一つ。作り直せなかったものと、その結果。
store-old-database-unreadable = 元のデータベースは読めなくなっていました。store/journal/ のファイルにない項目があったかどうかは分かりません。
store-old-database-not-ours = 元のデータベースは別のホームフォルダーのものか、作りかけのものだったため、照合していません。
store-old-database-on-server = サーバーにある元のデータベースとは照合していません。store/journal/ のファイルにない項目があるかもしれないので、確かめるまで残しておいてください。
not-rebuilt-private-part = 記録簿の { $journal_index } 番に添えられた説明が、ディスクのどこにもありません。項目そのものは残っています。言葉で書かれていたことは、バックアップになければ失われています。
not-rebuilt-person = { $person } さんの氏名がディスクのどこにもないため、登録・鍵・役割を作り直せませんでした。store/journal/ をバックアップから戻し、もう一度実行してください。
not-rebuilt-certificate = { $person } さんの証明書 { $certificate } がディスクのどこにもないため、その鍵では署名できません。store/objects/ をバックアップから戻してもう一度実行するか、新しい鍵を作ってください。
not-rebuilt-profile = プロファイル { $id } の第 { $version } 版（{ $digest }）がディスクのどこにもありません。ファイルを profiles/ に戻し、もう一度実行してください。それまで、この版では判定できません。
not-rebuilt-record = 記録簿の { $journal_index } 番の記録を読めないため（{ $object }）、索引に載せられませんでした。store/objects/ をバックアップから戻し、もう一度実行してください。
not-rebuilt-document = 文書 { $document } の測定結果が保存先にありません。store/objects/ をバックアップから戻し、もう一度実行してください。処理の途中の文書は、それまで待ちます。
not-rebuilt-copy = 文書 { $document } は処理の途中ですが、写しが保管場所にありません。直前に登録されていれば、どこからも使われていない保存物の中にあります。そうでなければ、custody/ をバックアップから戻すか、もう一度スキャンしてください。
not-rebuilt-very-copy = 文書 { $document } の受け付けた写しが保管場所にありません。同じ画像の別の写しがありますが、添えられた情報は異なるかもしれません。custody/ をバックアップから戻してもう一度実行するか、「torikomi queue identify」で内容を入力してください。
not-rebuilt-delivery = 受付番号 { $delivery } は、最後まで届いていないか人が断ったため、受け付けていませんでした。写しが保管場所になく、台帳にも載せられません。custody/ をバックアップから戻してもう一度実行するか、もう一度スキャンしてください。元のファイルがステーションのフォルダーに残っていると、新しく受け付けられます。断ったものであれば、もう一度断ってください。
not-rebuilt-refused-name = 受付番号 { $delivery } は写す前に受け取れなかったもので、そのファイル名が失われています。それに添えられた情報ファイルがフォルダーに残っていると、次に同じ名前で届いた画像のものとみなされます。起動する前にフォルダーを確かめ、残っていれば取り除いてください。
not-rebuilt-decisions = 文書 { $document } についての決裁 { $count } 件は無効になりました。この文書は初めから処理し、もう一度お尋ねします。決裁は記録簿に残っています。
not-rebuilt-identities = 差し戻しまたは取り消しになった文書 { $count } 件は、患者・種別・日付が分からないまま戻りました（最初は { $first }）。再スキャンのときに差し替え候補として示されず、同じファイルがまた届くと保留になり、人が確かめます。
not-rebuilt-missed-signature = 使われずに終わった署名 { $attempt } のファイルがなくなっています。署名したことは記録簿に残っています。
not-rebuilt-signature = 署名 { $attempt } は、まだ登録されていませんでした。隔離し、文書には新しく署名します。

store-rebuilt = データベースを作り直しました（記録 { $records } 件、処理の途中の文書 { $documents } 件、記録簿の項目 { $entries } 件）。常駐プログラムを始めると、続きから処理します。
store-kept-aside = 前のデータベースは { $path } に残しています。

# 保存物を置く場所：`ObjectsProblem` のコードごとに一文。だれが何をするか。
objects-away = 保存物のサーバー { $place } から正しい応答がありません（{ $problem }）。続くときは、サーバーの管理者に連絡してください。
objects-refused = 保存物のサーバー { $place } に要求を拒まれました（{ $problem }）。objects.credentials_file の鍵で一覧・読み出し・書き込みができるよう、サーバーの管理者に設定を依頼してください。
objects-untrusted = 保存物のサーバー { $place } が正しい相手であると確かめられません（{ $problem }）。何も送っていません。アドレスと、objects.tls_roots の証明書を確かめてください。
objects-no-key = 保存物のサーバーの鍵を { $path } から読めません（{ $problem }）。1 行目に鍵の ID、2 行目に秘密の値を書いてください。
objects-no-folder = 保存物のフォルダー { $path } がありません。ディスクが外れていれば、接続してください。このホームを保存物のサーバーを使う設定で作ったのなら、torikomi.toml の [objects] を元に戻してください。
objects-unmarked = { $place } にこのホームの印がなく、保存物が見当たりません。中のものには触れていません。torikomi.toml の objects.url を、ホームを作ったときのとおりに戻してください。バケットが空にされたのなら、サーバーの管理者に復旧を依頼してください。
objects-foreign = { $place } は別のホーム（{ $found }）のものです。objects.url に、このホーム専用の接頭辞を指定してください。
objects-not-empty = { $place } には、すでに何かが置かれています。何も置かれていない接頭辞を選んでください。
objects-overwrites = 保存物のサーバー { $place } は、同じ名前のものがないときだけ書くという条件（If-None-Match）を守らず、上書きします。登録した記録を守れないため、使えません。別のサーバーか、新しい版を使ってください。
objects-not-locked = 保存物のサーバー { $place } は、objects.retention_days の間、削除を防げません。ロックを掛けたものが削除できたか、ロックの機能がありません。オブジェクトロックを有効にしてバケットを作り、鍵に保持期間の設定を許すよう、サーバーの管理者に依頼してください。できなければ、別のサーバーを使ってください。
