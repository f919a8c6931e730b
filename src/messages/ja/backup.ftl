# `torikomi store backup` と `store restore`。`Trouble` の code ごとに一つ。何が、どこで問題か、どうすればよいか。
backup-no-recipients = バックアップは暗号化しますが、設定に鍵がありません。「age-keygen -o ファイル」で鍵を作り、そのファイルはホームの外の、バックアップとは別の場所に保管してください。公開鍵（age1…）を torikomi.toml の backup.recipients に書きます。
backup-not-a-backup = { $path } には、バックアップの印がありません。ディスクや共有がつながっていなければ、つないでからもう一度実行してください。何も書いていません。ここで新しく始めるときは、--new を付けてください。
backup-other-home = { $path } にあるのは、別のホームのバックアップです（{ $found }。このホームは { $expected }）。別のフォルダーを指定してください。
backup-inside = { $path } とホームの一方が、もう一方の中にあります。同時に失われるおそれがあるので、別の媒体のフォルダーを指定してください。
backup-no-generation = { $path } に第 { $generation } 世代はありません。「torikomi store backup --list」で、ある世代を確かめてください。
backup-empty = { $path } には、まだ世代がありません。「torikomi store backup --to」で作ってください。
backup-newer = { $path } は、新しい版で作られています。その版を使ってください。
backup-identity-file = { $path } から秘密鍵を読めません（{ $problem }）。`age-keygen` が作ったファイルを指定してください。
backup-wrong-key = この秘密鍵では { $path } を開けません。バックアップを作ったときの backup.recipients の鍵に対応するものを使ってください。
backup-bad-name = { $path } の名前は、バックアップの一覧に書けません。名前を変えるか、ホームの外に出して、もう一度実行してください。
backup-not-empty = { $path } が空ではありません。ホームは空のフォルダーに復元します（設定が示す保存先と保管場所も同じです）。中のものを別の場所に移し、もう一度実行してください。
backup-no-checkpoint = --against で指定されたものに、このホームの記録簿が署名した節目がありません。journal.anchor が書いたファイルか、書き出した写しに付いていたものを指定してください。
backup-objects-elsewhere = このホームの保存物は S3 互換のサーバー（{ $place }）にあり、「store restore」では復元できません。何も復元していません。バケットを版の履歴や複製から元に戻すよう、サーバーの管理者に依頼してください。バックアップにはすべての保存物とほかのファイルが入っています。docs/backup.md のとおり、`age` で取り出せます。
backup-another-past = 外部に保管された節目（{ $size } 件）は、このバックアップの記録簿の過去と違います。どちらかが偽物か、別の時期のものです。何も復元していません。どちらが正しいかを確かめるか、別の世代を復元してください。
backup-damaged = { $path } の中身が、書いたときと違います。書き換えられたか、媒体が傷んでいます。別の世代か、別の媒体を使ってください。ホームが無事なら、このファイルを別の場所に移してから、新しい世代を作ってください。
backup-missing = { $path } がありません。別の世代か、別の媒体を使ってください。ホームが無事なら、新しい世代を作ってください。
backup-busy = { $path } は、ほかのバックアップか検査が使っています。終わってから、もう一度実行してください。
backup-disk-full = { $path } を書く空きがありません。空きを作って、もう一度実行してください。これまでの世代は無事です。
backup-changed = { $path } は、読んでいる間に変わりました。もう一度実行してください。
backup-journal-behind = store/journal/ にある記録簿の写しは { $in_files } 件、データベースは { $in_database } 件です。常駐プログラムを始めると足りない分を写すので、それからもう一度実行してください。
backup-disk = { $path } を読み書きできません（{ $problem }）。ディスクや共有があるか、書き込めるかを確かめ、もう一度実行してください。これまでの世代は無事です。
backup-database = データベースを読み書きできません：{ $problem }。ディスクを確かめ、もう一度実行してください。
backup-objects = 保存先を読み書きできません：{ $problem }。ディスクを確かめ、もう一度実行してください。
backup-home = ホームを今のままでは使えません。常駐プログラムを始めると、何が問題かが分かります。
backup-settings = バックアップの中の設定は使えません。

backup-made = 第 { $generation } 世代を作りました（{ $time } 現在。記録簿の項目 { $entries } 件、ファイル { $files } 個、保存物 { $objects } 個）。
backup-sealed = このうち、新しく書いたものは { $count } 個です。
backup-without-database = データベースはサーバーにあり、ここには含まれません。ホームを復元するとき、索引と台帳は記録簿のファイルから作り直します。
backup-not-restored-to-a-server = 保存物は S3 互換のサーバーにあります。バックアップに含まれ、`age` で取り出せますが、このようなホームは「store restore」では復元できません。バケットでも版の履歴か複製を残してください。
backup-removed = 消した古い世代：{ $count }
backup-outside = { $path } はこのホームのものですが、ホームの外にあるため、バックアップに含まれません。別の方法で写しを保管してください。
backup-same-file-system = ホームとバックアップが同じファイルシステムにあります。ディスクが故障すると両方を失うので、別の媒体を使ってください。
backup-missing-in-home = { $path } がホームにないか壊れています。この媒体に以前からある保存物を除き、バックアップには入っていません。古い世代は消していません。「torikomi store check」で詳しく分かります。
backup-none = まだ世代がありません。
backup-unreadable = 第 { $generation } 世代を読めません。generation.json がないか、壊れています。
backup-unfinished = 途中で止まったもの：{ $count }。次のバックアップで片付けます。
backup-whole = 第 { $generation } 世代（{ $time }）は無事です（記録簿の項目 { $entries } 件、ファイル { $files } 個、保存物 { $objects } 個）。
backup-not-whole = 第 { $generation } 世代（{ $time }）には問題があります。
backup-opened = すべて開いて、入れたときの中身と比べました。
backup-not-opened = 暗号化されたファイルを読み直しました。--identity を付けると、開いて中身も確かめます。

restore-done = 第 { $generation } 世代（{ $time }）からホームを復元しました。記録簿の { $index } 番から、第 { $epoch } 期が始まります。
restore-lost-unknown = それより後に行われたことは失われています。どれだけあったかは、外部に保管されたもの（新しい世代、journal.anchor や --against の節目）がないため分かりません。
restore-unread-anchor = 外部に保管した節目 { $path } を読めません。失われたものは、ここに示すより多いかもしれません。この復元の項目にも、その節目は書かれていません。読めるようになったら、「torikomi journal verify --against」にそのファイルを指定して、どこまであったかを確かめてください。
restore-lost-entries = 失われたもの：記録簿の { $first } 番から { $last } 番まで（{ $count } 件）と、そこに記されたこと。
restore-lost-record = 失われたもの：記録 { $record }（文書 { $document }、{ $time } 登録）。紙をもう一度スキャンしてください。
restore-lost-record-only = 失われたもの：記録 { $record }（{ $time } 登録）。その文書 { $document } はバックアップの前に受け付けられていたので残っており、続きから処理します。
restore-lost-document = 失われたもの：文書 { $document }（{ $time } 受付、未登録）。紙をもう一度スキャンしてください。
restore-listed-up-to = { $index } 番以降の項目に何が記されていたかは、外部に保管されたものからは分かりません。
restore-station-away = ステーション { $station } のフォルダー（{ $folder }）に届かないか、このホームの印がありません。常駐プログラムを始める前に確かめてください。
restore-standing = ステーション { $station }（{ $folder }）に { $count } 個のファイルがあります。常駐プログラムを始めると受け付けます。

# ホームの複製が起動しない理由。`ClaimProblem` の code ごとに一つ。
claim-working = このホームの複製が、今 { $path } を使っています。両方が動くと、互いのスキャンを取り合い、記録簿が分かれてしまいます。何もしていません。どちらか一方を止め、止めたままにしてください。
claim-taken = このホームが前に使ってから、別の複製が { $path } を使いました。そこで行われたことは、この記録簿にはありません。何もしていません。どちらが正しいかを確かめ、もう一方は止めたままにしてください。こちらが正しければ、このファイルを消して起動してください。
claim-superseded = このホームはバックアップから復元され、別の場所で第 { $epoch } 期として続いています。こちらは第 { $ours } 期です（{ $path } による）。何もしていません。証拠として、止めたまま残してください。バックアップより後にここで行われたことは、復元されたホームにはありません。復元したほうを使わないことにしたときは、このファイルを消して起動してください。
