# 取り込みフォルダーに置かれたが、取り込めないもの。`RefusalKind` の code ごとに一つ。
intake-symbolic-link = リンク（別の場所を指す印）のため、取り込めません。ファイルそのものを置いてください。
intake-fifo = ファイルではなくパイプのため、取り込めません。取り除いてください。
intake-socket = ファイルではなくソケットのため、取り込めません。取り除いてください。
intake-device = ファイルではなくデバイスのため、取り込めません。取り除いてください。
intake-other-file-system = フォルダーの中に別のディスクや共有が接続されているため、取り込めません。接続を外し、ファイルを直接置いてください。
intake-too-deep = フォルダーの入れ子が { $limit } 段を超えるため、フォルダー全体を取り込んでいません。浅く分けて置き直してください。
intake-too-many = フォルダーの中のファイルが { $limit } 個を超えるため、フォルダー全体を取り込んでいません。分けて置き直してください。
intake-unreadable = 読み取れないため、まだ取り込んでいません。ファイルはそのまま残っています。管理者に、読み取り権限とディスクの確認を依頼してください。

# 届いたが、まだ取り込みが済んでいないもの。`DeliveryProblem` の code ごとに一つ。
delivery-problem-incomplete = ファイルが途中で切れているため、取り込みを完了していません。送り元で送信をやり直すか、もう一度スキャンしてください。届いたファイルは残してあります。
delivery-problem-completeness-unknown = ファイルが最後まで届いたかを確かめられない形式のため、取り込みを完了していません。届いたファイルは残してあります。担当者が確認し、取り込むか、断るかを決めてください。
delivery-problem-no-document = サイドカーだけで、スキャン画像がありません。画像を送ってください。
delivery-problem-source-gone = 取り込む前に、ファイルが取り除かれました。必要であれば、もう一度送ってください。
delivery-problem-several-stations = 同じファイルが複数のステーションに置かれているため、どこでスキャンしたかが分からず、取り込んでいません。一か所だけに残してください。
delivery-problem-too-large = 合計が { $limit } バイトを超えるため、取り込んでいません。ファイルはそのまま残っています。分けて送るか、管理者に上限の変更を依頼してください。

# ステーションのフォルダーの不具合。`StationProblem` の code ごとに一つ。
station-gone = フォルダーが見つかりません。共有の接続を確かめてください。戻り次第、自動で再開します。
station-no-marker = フォルダーに目印のファイルがありません。設定したフォルダーではないか、共有が接続されていません。戻り次第、自動で再開します。
station-marker-unreadable = フォルダーの目印のファイルを読み取れません。書き換えられたか、新しい版が書いたものです。管理者に連絡してください。
station-foreign = このフォルダーは、別のホーム（{ $home }）のステーション { $station } のものです。設定を確かめてください。
station-replaced = フォルダーが別のものに替わりました。自動で開き直します。
station-unusable = フォルダーを使えません：{ $error }。管理者に連絡してください。自動で再試行します。
station-read-only = フォルダーに書き込めないため、取り込みが済んだファイルを取り除けません。管理者に、書き込み権限の確認を依頼してください。
station-copy-missing = 取り込み済みのものの写しが保管場所に見つからないため、元のファイルを残しています。管理者に連絡してください。
station-too-many-names = フォルダーのファイルが多すぎるため、一部だけを順に取り込んでいます。
station-ledger = 台帳に書き込めないため、取り込みを待っています：{ $error }。自動で再開します。

# ステーションの `_status` フォルダーに置くお知らせ。患者の情報は書かない。
note-delivery = { $seen } に届いたもの（受付番号 { $delivery }）について
note-document = { $taken_in } に取り込んだもの（文書番号 { $document }）について
note-hold-identity = 患者・書類の種別・日付のどれかが分からないため、保留しています。
note-hold-conflict = 患者・書類の種別・日付の記載が、出どころによって食い違うため、保留しています。
note-hold-unknown-patient = 患者番号が患者マスターにないため、保留しています。
note-hold-no-profile = この書類の種別のプロファイルがこのステーションにないため、保留しています。
note-hold-equal-bytes = 同じファイルが以前に別の患者で届いているため、保留しています。
note-hold-source-changed = 以前に届いたものの続きかもしれないため、保留しています。
note-hold-stage-failed = 処理に 3 回続けて失敗したため、保留しています。
note-folder-unfinished = 送信中を示す名前（.part、.tmp など）のままのファイルが { $count } 個あります。送信が途中で終わったようです。送り元を確かめ、もう一度送ってください。
note-folder-restless = 書き込みが終わらないため、取り込めないものが { $count } 件あります。送り元のプログラムが開いたままになっていないか、空のフォルダーがないかを確かめてください。
note-folder-orphans = サイドカーが { $count } 個ありますが、対応するスキャン画像が届いていません。画像を送るか、サイドカーを取り除いてください。

# Before a finding, where it is on one page.
note-page = { $page } ページ目：{""}

# 起動時に、保管場所と台帳が合わなかったもの。`CustodyFinding` の code ごとに一つ。
custody-stranger = 保管場所に、取り込んだものではない { $name } があります。そのまま残しています。内容を確かめてください。
custody-foreign-home = 保管場所に、別のホームが作った写し（受付番号 { $delivery }、{ $copy } 番目）があります。そのまま残しています。
custody-damaged = 受付番号 { $delivery } の { $copy } 番目の写しが、記録された内容と一致しません。台帳はこれを使っていません。そのまま残しています。ディスクを確かめてください。
custody-unexplained = 受付番号 { $delivery } の { $copy } 番目の写しは台帳で使われていませんが、これに代わる新しい写しもありません。そのまま残しています。内容を確かめてください。
custody-missing = 受付番号 { $delivery } の { $copy } 番目の写しが、保管場所に見つかりません。元のファイルが残っていれば、もう一度写します。なければ、もう一度スキャンしてください。
