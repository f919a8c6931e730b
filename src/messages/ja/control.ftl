# 常駐プログラムが断ったとき。何も変わっていない。

control-unknown = { $what } は見つかりませんでした。番号や名前を確かめてください。
control-not-proven = { $login } の本人確認ができませんでした。ログイン名とパスフレーズを確かめてください。鍵がまだのときは「torikomi operator enrol { $login }」で作れます。
control-suspended = { $login } は停止されています。管理者に確かめてください。
control-role-needed = この操作は{ $role }だけができます。今日その役割にある人に依頼してください。
control-second-person-needed = もう一人の承認が必要です。--second LOGIN で指定してください。ご自身や、ご自身が登録した人は承認できません。
control-wrong-state = 今の状態（{ $state }）ではこの操作はできません。{ $held ->
    [none] 「torikomi queue show」で状態を確かめてください。
   *[other] 保留の理由：{ $held }。「torikomi queue show」で確かめてください。
}
control-no-exception = プロファイルは、この検査（{ $check }）の例外を認めていません。もう一度スキャンしてください。
control-reason-not-allowed = この理由（{ $reason }）では期限後に保存できません。やむを得ない理由でなければ、差し戻してください。
control-not-releasable = 患者・書類の種別、署名、必要なタイムスタンプは、例外として省けません。足りないものをそろえてください。
control-profile-refused = プロファイルを発効させられません：{ $problem }
control-profile-changed = プロファイル { $profile } の第 { $version } 版は、違う内容で発効済みです。版の番号を上げてください。
control-people = 利用者・セッション・任命の決まりにより、できません：{ $problem }
control-bad-request = 依頼を読み取れませんでした：{ $problem }。コマンドと常駐プログラムの版が同じか確かめてください。
control-environment = 機器やネットワークの不具合で、できませんでした：{ $problem }。何も変わっていません。時間をおいて、もう一度実行してください。
control-locked-out = { $login } のパスフレーズが続けて違っていました。{ $seconds } 秒待ってから、もう一度入力してください。
control-second-clock-over = 再び可能になった時から数えても、期限（{ $deadline }）を過ぎています。差し戻すか、紙のまま保存してください。
control-deadline-not-told = 期限を計算できません：{ $problem }。暦の更新を管理者に依頼してください。
