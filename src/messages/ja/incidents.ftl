## 続いた不調
incident-authority = 時刻認証局 { $name } からタイムスタンプを得られない
incident-clock = 時計が信用できない
incident-disk = フォルダーまたはディスクの不調
incident-database = データベースの不調
incident-store = 記録の保存先の不調
incident-workers = 画像を読み取れない
incident-anchor = 記録簿の節目をホームの外に写せない
incident-none = 障害の記録はありません。
incident-lasts = 継続中
incident-more = ほかにもあります。--most を増やしてください。
column-until = 終わり
column-what = 内容
column-incident = 障害番号
status-incident = { $since } から障害が続いています：{ $what }
journal-incident-opened = 障害の始まりを記録しました
journal-incident-closed = 障害の終わりを記録しました
help-incident = 続いた障害
help-incident-list = 障害と、その始まりと終わりの時刻を新しい順に表示する
arg-incident-list-open = 続いているものだけ

## 期限
status-raised = { $count ->
   *[other] 期限が近い文書が { $count } 件あります（最初の期限 { $due }）。{ $to_do }
}
queue-raised = 期限が近い文書：{ $document }。{ $to_do }
deadline-do-identifying = 患者・種別の確認中です。続くときは「torikomi status」を見てください。
deadline-do-inspecting = 検査中です。続くときは「torikomi status」を見てください。
deadline-do-review = 人が決裁してください（「torikomi queue show」で確かめられます）。
deadline-do-awaiting-confirmation = 「torikomi queue confirm」で確定してください。
deadline-do-signing = まもなく署名します。続くときは「torikomi status」を見てください。
deadline-do-stamping = タイムスタンプをまだ得られていません。管理者が時刻認証局の状態を確かめてください（「torikomi status」）。期限を過ぎると署名からやり直します。
deadline-do-filing = 登録中です。続くときは「torikomi status」を見てください。

control-incident-lasts = 障害 { $incident } はまだ続いているため、いつから作業できるようになったかを決められません。終わるのを待ってください（「torikomi incident list」）。
control-incident-at-other-time = 障害 { $incident } は文書 { $document } が届く前に終わったか、期限を過ぎてから始まったため、遅れの原因ではありません。別の障害を示すか、--reason と --possible-again-at で理由を示してください。
arg-queue-release-late-incident = 遅れの原因となった障害（「torikomi incident list」の番号）。--reason と --possible-again-at の代わりに示す
