### torikomi init と、ホームの置き場所。

init-already-a-home = { $path } はすでにホームです（{ $id }）。何も変えていません。
init-not-empty = { $path } は空ではありません（「{ $found }」があります）。空のフォルダーを指定してください。何も変えていません。
init-busy = { $path } では、別の torikomi がホームを作っています。終わるまで待ってください。
init-in-the-way = 作りかけのホームの途中に { $path } があります。よそへ移してから、もう一度 init を実行してください。
init-no-station = ステーションが一つもありません。--station で名前を指定してください。
init-station-twice = ステーション「{ $station }」が二度指定されています。
init-one-person = 管理者と情報作成管理者は、別々の方（別々のログイン名）にしてください。
init-founder-passphrase = { $login } のパスフレーズが弱いため、使えません。{ $weaknesses }
init-authority-passphrase = 認証局のパスフレーズが弱いため、使えません。{ $weaknesses }
init-profile = プロファイル { $file } に誤りがあります。「torikomi profile lint { $file }」で見て直し、もう一度 init を実行してください。
init-failed = ホームを作れませんでした: { $problem }。原因を取り除いてから、もう一度実行してください。
init-person-syntax = 「{ $text }」を読めません。「ログイン名,氏名,職種,所属」の順で、氏名・職種・所属を省かずに書いてください。
init-passphrase-file-syntax = 「{ $text }」を読めません。「ログイン名=ファイル」と書いてください。
init-no-person = { role-name }が指定されていません。端末から実行するか、{ $option } を指定してください。

init-ask-person = { role-name }（ログイン名,氏名,職種,所属）:{" "}
init-authority = 認証局（封をして保管）
init-made = ホームを作りました: { $path }
init-resumed = 作りかけのホームを仕上げました: { $path }
init-fingerprint = ルート証明書の SHA-256: { $fingerprint }。院外に公表し、検証する方が比べられるようにしてください。
init-evaluation = 評価用です。記録は法定の保存に使えません。
init-production = 本番用です。最初の二人の鍵は評価用で、院外の認証局の証明書を取り込むためだけに使えます。
init-next = 次は（別々の端末で）: torikomi --home { $path } timestamp serve と、torikomi --home { $path } serve
init-next-production = 次は: torikomi --home { $path } serve

home-not-a-home = { $path } はホームではありません。--home か TORIKOMI_HOME で指定するか、torikomi init で作ってください。
home-unreachable = { $path } に届きません（このホームの印がありません）。共有やディスクの接続を確かめてください。中のものには触れていません。
home-foreign = { $path } は別のホーム（{ $found }）のものです。torikomi.toml のパスを直してください。
home-bad-marker = 印のファイル { $path } を読めません。バックアップから戻してください。
home-in-use = 別の torikomi（このホームの複製など）が、今 { $path } を使っています。先にそちらを止めるか、torikomi.toml のパスを直してください。何もしていません。
home-taken-over = { $path } によると、このホームが前に使ってから、別の複製がこのフォルダーを使いました。何もしていません。どちらが正しいかを確かめ、もう一方は止めたままにしてください。こちらが正しければ、このファイルを消して起動してください。
home-locked = このホームでは別の torikomi（プロセス { $process }）が動いています。先に止めてください。
home-too-open = { $path } をほかの人が読めます（{ $found }）。次を実行してください: chmod { $allowed } { $path }
home-foreign-owner = { $path } の所有者が違います。所有者を、torikomi を動かす利用者に直してください。
home-not-writable = { $path } を書き込み用に開けません（{ $problem }）。ディスクや共有を書き込めるように接続し直すか、フォルダーとファイルの所有者を、torikomi を動かす利用者に直してください。
home-failed = { $problem }。ディスクや共有の接続、権限、空き容量を確かめてください。
