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
control-changed-since-shown = 文書 { $document } は、表示された後に変わりました（現在：{ $state }{ $held ->
    [none] {""}
   *[other] 、{ $held }
}）。判断は受け付けていません。「torikomi queue show { $document }」で今の内容を確かめて、判断し直してください。
control-delivery-changed-since-shown = 届いたもの（受付番号 { $delivery }）は、表示された後に変わりました（現在：{ $state }）。判断は受け付けていません。「torikomi queue show { $delivery }」で今の内容を確かめて、判断し直してください。
control-clock-changed-since-shown = サーバーの時計は、表示された後に動かされたか、別の疑いが生じました。記録していません。「torikomi status」で今の時計を確かめて、同じ操作をやり直してください。
control-clock-behind-stamp = サーバーの時計は、ここにある最新のタイムスタンプの時刻（{ $stamped_at }）より遅れています。このままでは、これから届くものの日時がそのタイムスタンプより前になり、記録簿の検証が二度と通りません。記録していません。時計を正しく合わせてから、同じ操作をやり直してください。時計が正しければ時刻認証局の時刻が誤っています。時刻認証局に知らせ、{ $stamped_at } を過ぎるまで待ってください。評価用のホームでは、時刻認証局はホーム自身のもので、サーバーの時計と一緒に進んでいました。同じように待つか、ホームを新しく作り直してください。
control-profile-changed-since-shown = プロファイル { $profile } のファイルは、表示された後に変わりました。承認していません。今の内容（{ $found }）を読み、同じ操作をやり直してください。
control-no-exception = プロファイルは、この検査（{ $check }）の例外を認めていません。もう一度スキャンしてください。
control-reason-not-allowed = この理由（{ $reason }）では期限後に登録できません。やむを得ない理由でなければ、差し戻してください。
control-not-releasable = 患者・書類の種別、署名、必要なタイムスタンプは、例外として省けません。足りないものをそろえてください。
control-no-reason = 理由を「--reason」で示してください。
control-unknown-reason = 「{ $reason }」という理由はありません。次から選んでください：{ $valid }
control-day-to-come = { $day } はまだ来ていない日です。紙を受け取った日か作った日を確かめて、入力し直してください。
control-malformed-patient-id = 患者番号「{ $text }」は使えません。{ $patient_id }。紙の番号を確かめて、入力し直してください。
control-other-station = 文書は、届いたフォルダーのステーション（{ $station }）のものです。ほかのステーションは指定できません。
control-supersedes-anothers = 文書 { $document } は別の患者のものなので、この文書では差し替えられません。番号と、両方の患者を確かめてください。
control-supersedes-unidentified = この文書の患者が分かっていないため、差し替えてよいかを確かめられません。患者も一緒に入力してください。
control-superseded-by-anothers = 別の患者の文書 { $document } が、この文書を差し替えることになっています。先に `torikomi queue identify { $document }` を `--supersedes` なしで行い、取り消してください。
control-stated-in-part = 文書 { $document } は、取り込んだ後にファイルが変わったか、入力された内容が失われています。中身を確かめ、患者・種別・日付をまとめて入力してください。
control-looked-at-singly = 文書 { $document } のファイルは、取り込んだ後に変わっています。もう一方と見比べ、この文書だけを指定してください。
control-not-supersedable = 文書 { $document } は差し替えられません。差し替えられるのは、先に届いて判断を待っている文書か、差し戻した文書だけです。番号を確かめてください。
control-nothing-stated = 何も入力されていません。--patient-id など、入力することを一つ以上指定してください（「torikomi queue identify --help」）。
control-not-appointed = { $login } には、その時刻に終えられる { $role } の任命がありません。「torikomi operator list」で確かめてください。
control-begun-in-past = 任命は過去の時刻（{ $from }）からはできません。--from を省くか、これから先の時刻を指定してください。
control-not-possible-yet = 再び作業できるようになった時刻（{ $possible_again_at }）が、まだ来ていません。作業できるようになってから実行してください。
control-taken-in-before = 再び作業できるようになる前に取り込まれています（{ $taken_in_at }）。--possible-again-at の時刻を確かめてください。
control-documents-named = 文書は一度に 1 件から { $most } 件まで指定できます。分けて実行してください。
control-not-disposable = { $index } 番の説明は消去できません。{ $disposal ->
    [nothing-private] 説明がありません
    [erased] すでに消去されています
    [open] 対象の文書か受付の処理が終わっていません。終わってから実行してください
   *[people] 署名する人の氏名が含まれており、署名を確かめるのに要ります
}。
control-nothing-to-erase = 文書 { $document } についての記録には、説明がありません。
control-profile-refused = プロファイルを発効させられません。{ $profile_refusal }
control-profile-faulty = プロファイルのファイルに誤りがあります。次を直してから、もう一度実行してください。
profile-refusal-placeholder-clause = 条項が評価用の仮のもののままです。施設の運用管理規程の条項に書き換えてください。
profile-refusal-takes-effect-later = 適用開始日が { $day } です。その日に承認してください。
profile-refusal-in-force-already = この版はすでに発効しています。変えるときは、版の番号を上げてください。
profile-refusal-faulty = ファイルに誤りがあります。
control-profile-changed = プロファイル { $profile } の第 { $version } 版は、違う内容で発効済みです。版の番号を上げてください。
control-not-theirs = この文書は、あなたには確定できません。{ $unsigned }
control-people = 利用者・セッション・任命の決まりにより、できません：{ $problem }
control-bad-request = 依頼を読み取れませんでした：{ $problem }。コマンドと常駐プログラムの版が同じか確かめてください。
control-may-be-done = 変更の途中で機器やネットワークの不具合が起きました：{ $problem }。一部はすでに行われたかもしれません。もう一度行う前に、「torikomi journal show」と「torikomi queue show」で確かめてください。
control-environment = 機器やネットワークの不具合で、できませんでした：{ $problem }。何も変わっていません。時間をおいて、もう一度実行してください。
control-database-damaged = データベースが壊れています（{ $problem }）。何も変わっていません。取込・署名・保管は止まっています。管理者が「torikomi serve」を停止し、ディスクを確かめてから「torikomi store check --rebuild」を実行してください。
control-locked-out = { $login } のパスフレーズが続けて違っていました。{ $seconds } 秒待ってから、もう一度入力してください。
control-second-clock-over = 再び可能になった時から数えても、期限（{ $deadline }）を過ぎています。差し戻すか、紙のまま保存してください。
control-clock-in-doubt = 時刻が確かでない間は、利用者の登録、鍵の発行、任命はできません（その時刻から始まったものとして残るためです）。{ $clock }その後、もう一度操作してください。
control-deadline-not-told = 期限を計算できません：{ $calendar }。管理者に calendar.toml を直すよう依頼し、そのあと同じ操作をやり直してください。
