### 利用者・任命・鍵・セッション・決裁。何が起き、何をすればよいか。

role-name = { $role ->
    [operator] 実施者
    [information_manager] 情報作成管理者
    [admin] 管理者
    [auditor] 監査者
   *[viewer] 閲覧者
}
roles-operator = 実施者
roles-information-manager = 情報作成管理者
roles-admin = 管理者
roles-auditor = 監査者
roles-viewer = 閲覧者
roles-separator = 、

act-name = { $act ->
    [genesis] ホームの開設
    [add-person] 利用者の登録
    [change-person] 氏名・職種・所属の変更
    [enrol] 証明書の発行
    [revoke] 鍵の失効
    [appoint] 任命
    [end-appointment] 任命の終了
    [absent] 不在の登録
    [back] 不在の終了
    [suspend] 利用の停止
    [resume] 利用の再開
    [approve-profile] プロファイルの承認
    [open-session] セッションの開始
    [attest-batch] まとまりの確認
    [take-as-is] 届いたファイルをそのまま取り込むこと
    [refuse-delivery] 届いたファイルを断ること
    [identify] 患者・種別の指定
    [accept] 承認
    [exception] 例外の承認
    [confirm] 確定
    [late-release] 遅れた文書の登録
    [send-back] 差し戻し
    [discard] 取り消し
    [assign] 担当の割り当て
    [dispose-private-parts] 記録に添えられた説明の消去
    [acknowledge-clock] 時計の確認
   *[retry] 再試行
}

people-login-taken = ログイン名「{ $login }」はすでに使われています。別の名前にしてください。
people-invalid-login = 「{ $login }」はログイン名にできません。英小文字・数字・途中のハイフンで63文字までにしてください。
people-unknown-person = ログイン名「{ $login }」の利用者はいません。torikomi operator list で確かめてください。
people-suspended = { $login } さんの利用は停止されています。管理者に確認してください。
people-incomplete-person = 氏名・職種・所属が必要です。記録に残るため、すべて入力してください。
people-not-entitled = { act-name }は、{ $roles }が行います。該当する方に依頼してください。
people-second-person-needed = { act-name }には、もう一人（{ $roles }）の署名が必要です。
people-same-person = 二人目は、別の方にしてください。
people-second-person-too-new = { $login } さんは { $until } まで、自分の登録や鍵の更新をした方の申請を承認できません。別の方に依頼してください。
people-certificate-for-evaluation = { $login } さんの証明書は評価用です。本番用のホームでは、院外の認証局の証明書を取り込むことにしか使えません。証明書の申請を作り（torikomi operator enrol { $login } --request ファイル）、認証局の発行した証明書を取り込んでください（torikomi operator import { $login } ファイル）。
people-evaluation-authority-shut = 本番用のホームでは、評価用の認証局は証明書を発行しません。申請を作り（torikomi operator enrol ログイン名 --request ファイル）、院外の認証局の発行した証明書を取り込んでください（torikomi operator import ログイン名 ファイル）。
people-unfit-certificate = { $login } さんの証明書は取り込めません。{ $unfit }
unfit-no-certificate = ファイルに PEM 形式の証明書がありません。認証局に PEM 形式で求めるか、変換してください。
unfit-unreadable = ファイルに読めない証明書があります（{ $detail }）。認証局に送り直してもらってください。
unfit-other-key = この方のためにここで申請した鍵の証明書がありません。申請に対して発行されたものを指定するか、申請をやり直してください。
unfit-of-evaluation = 評価用の認証局のもので、外部のだれも保証していません。院外の認証局に発行してもらってください。
unfit-of-an-authority = 認証局自身の証明書で、個人のものではありません。個人の署名用のものを発行してもらってください。
unfit-key-usage = 鍵の用途が署名（digitalSignature または contentCommitment）を許していません。署名用のものを発行してもらってください。
unfit-purpose = 用途に文書への署名が含まれていません。署名用のものを発行してもらってください。
unfit-expired = 有効期限（{ $not_after }）が過ぎています。発行し直してもらってください。
unfit-not-yet-valid = 有効期間は { $not_before } からです。そのときに取り込んでください。
unfit-other-name = 証明書の氏名は「{ $found }」、登録された氏名は「{ $account }」です。同じ方であれば、証明書のとおりの氏名を --named で指定してください。そうでなければ、認証局の取り違えです。
unfit-unknown-issuer = keys/roots.pem のどのルート証明書にもつながりません。フィンガープリントを確かめたうえで認証局のルート証明書を加え、中間の証明書をファイルに含めてください。
unfit-issuer-not-valid = 上位の認証局の証明書が、いま有効ではありません。認証局に有効な証明書の組を求めてください。
unfit-weak-algorithm = 上位の認証局が、もう認められない方式（SHA-1 など）で署名しています。SHA-256 以上で発行し直してもらってください。
unfit-signature = 上位の認証局の署名が正しくないか、鍵が短すぎます。送り直してもらうか、別の認証局に依頼してください。
unfit-critical-extension = この証明書か上位の証明書に、この版の扱えない必須の拡張があります。それを含まないものを認証局に求めてください。
unfit-not-as-planned = 発行の前に示した内容と違います。もう一度「torikomi operator enrol」で発行してください。
unfit-otherwise = 使えません（{ $detail }）。認証局に問い合わせてください。
people-no-certificate = { $login } さんの証明書がまだありません。torikomi operator enrol { $login } で発行してください。
people-certificate-not-valid = { $login } さんの証明書は、いま有効ではありません（期限 { $not_after }）。torikomi operator enrol { $login } で更新してください。
people-wrong-passphrase = { $login } さんの鍵が、このパスフレーズでは開きません。もう一度入力してください。忘れた場合は鍵を失効させ、作り直します。
people-key-unusable = { $login } さんの鍵ファイルを使えません（{ $detail }）。バックアップから戻すか、鍵を作り直してください。
people-key-set-aside = このホームの復元に使ったバックアップより後に、{ $login } さんの鍵が失効したか、{ $login } さんの利用が停止されたため、鍵のファイルを外してあります（{ $file }）。先に、失効または停止をもう一度行ってください。この鍵がなければそれを行えないときや、{ $login } さんの利用を再開するときは、ホームを管理する方がファイル名から「.aside」を取り、元の名前に戻してください。
people-weak-passphrase = パスフレーズが弱いため、使えません。{ $weaknesses }
people-key-in-force = { $login } さんには有効な鍵があります。更新は、本人が今のパスフレーズを入れて「torikomi operator enrol { $login } --renew」で行います。パスフレーズを失くしたときは、先に「torikomi operator revoke { $login }」で失効させてください。
people-revocation-of-past = 一人で失効できるのは今からです。過去の時刻（{ $since }）からの失効は、その後の署名がすべて無効になるため、本人以外の2名が行います。
people-revocation-too-early = 証明書の有効期間は { $since } に始まります。それ以後の時刻を指定してください。
people-revoked-before = この鍵は { $since } からすでに失効しています。変更できるのは、本人以外の2名がそれより前の時刻にする場合だけです。
people-stopped-by-you = { $login } さんの鍵は、あなたが一人で失効させました。一人で他人になり代わることのないよう、新しい鍵の発行はほかの人が行ってください。
people-ended-by-itself = { $login } さんの鍵は、有効期間が過ぎて終わりました。一人で他人になり代わることのないよう、本人以外の二人で作り直します。先に一人が「torikomi operator revoke」で古い鍵を失効させ、もう一人がこの操作をしてください。
people-last-key = この鍵がなくなると、以後だれの鍵も発行できず、だれも任命できなくなります。先にほかの管理者か情報作成管理者の鍵を「torikomi operator enrol」で発行するか、この鍵を「torikomi operator enrol --renew」で更新してください。
people-revocation-to-come = 失効の時刻には、現在または過去の時刻を指定してください（{ $since } はまだ来ていません）。
people-witness-needed = 認証局の鍵は二人で開きます。立会人を指定してください（--witness ログイン名）。立会人は、依頼する方でも鍵を受け取る方でもない、管理者または職務中の情報作成管理者です。いま立ち会えるのは次の方です: { $who }
people-nobody-to-witness = 認証局の鍵は二人で開きますが、いま立ち会える方がいません。立会人は、有効な鍵を持つ管理者または職務中の情報作成管理者で、依頼する方でも鍵を受け取る方でもなく、依頼する方が最近登録や鍵の発行をしていない方です。ほかの方が依頼し、あなたが立ち会うこともできます。情報作成管理者が不在なら、不在を届け出ると次の順位の方が職務に就きます（torikomi operator absent）。ほかにもう誰も在職していなければ、先にその任命を終えてください（torikomi operator appoint --end）。一日たつと、残る二人だけで立会人なしに行えます。
people-owner-is-the-second = ほかに有効な鍵を持つ在職者がいないため、{ $login } さん本人が二人目になります。--witness は付けないでください。
people-own-suspension = 自分自身の利用を停止することはできません。別の管理者に依頼してください。
people-not-suspended = { $login } さんの利用は停止されていません。
people-last-administrator = これを停止すると、終わりの決まっていない任命と有効な鍵を持つ管理者がいなくなり、以後だれの利用も再開できません。先に「torikomi operator appoint」で別の管理者を任命してください。
people-no-manager = この方は情報作成管理者ではないため、代理は要りません。
people-left-already = { $login } さんには、任命も有効な鍵ももうありません。
people-own-appointment = 自分自身を任命することはできません。別の管理者に依頼してください。
people-backwards-appointment = 任命の終わりは、始まりより後、かつこれから先の時刻にしてください。
people-nobody-left = これを終えると、以後だれも任命できなくなります。任命には管理者と、もう一人（管理者か情報作成管理者）が要り、うち一人には有効な鍵が要ります。先に「torikomi operator appoint」で、終わりを決めずに後任を任命してください。
people-invalid-rank = 順位は、本人が 1、代理が 2 以降です。
people-overlapping-appointment = { $login } さんは、その期間の一部ですでに{ role-name }です。期間を確かめてください。
people-rank-taken = { role-name }の順位 { $rank } は、その期間の一部で { $login } さんが務めています。順位か期間を変えてください。
people-station-busy = ステーション「{ $station }」では { $login } さんがセッションを開いています。先に閉じてください。
people-no-such-session = このセッションは開いていません。torikomi session open で開いてください。
people-session-ended = セッションは終わりました（{ session-reason }）。もう一度開いてください。
people-act-out-of-time = 決裁の時刻（{ $stated }）が、こちらの時計（{ $now }）と離れすぎています。時計を合わせ、もう一度署名してください。
people-act-of-another-home = この決裁は、別のホームのためのものです。
people-bad-signature = 決裁の署名が足りないか、正しくありません。もう一度署名してください。
people-malformed-act = 決裁の書式が正しくありません。この版の torikomi で作り直してください。

weaknesses-too-short = { $length } 文字です。{ $shortest } 文字以上にしてください
weaknesses-no-letter = 英字がありません
weaknesses-no-digit = 数字がありません
weaknesses-no-symbol = 記号がありません
weaknesses-like-the-person = ログイン名か名前を含んでいます
weaknesses-repetitive = 同じ文字の繰り返しです
weaknesses-separator = 。

session-reason = { $reason ->
    [log-off] 終了の操作
    [expired] 時間の上限
    [idle] 使われない時間の上限
    [spent] 件数の上限
    [suspended] 利用の停止
    [revoked] 鍵が失効した
    [set-back] 時計が開始より前に戻された
   *[restart] システムの再起動
}

unsigned-no-information-manager = 情報作成管理者が任命されていないため、署名できません。管理者に任命を依頼してください。
unsigned-other-station = ステーション「{ $station }」に届いた文書です。そのステーションのセッションで署名してください。
unsigned-not-attested = 貼り重ねや読み取り範囲外の記載がないことの確認が、まだです。セッションで確認してください。
unsigned-not-confirmed = { $because ->
    [profile] このプロファイルは一件ごとの確認を求めています。
    [anonymous-writing] このステーションには本人以外も書き込めるため、
    [findings] 検査で気になる点があったか、承認を経たため、
   *[delivered-outside] セッションの外で届いたため、
}内容を見て確定してください。
unsigned-confirmed-by-another = 別の方が確定しました。確定した方のセッションで署名されます。その方が署名できないときは「torikomi queue confirm」で確定し直してください。
unsigned-other-operator = 実施者は { $operator } さんとなっています。{ $signed_by ->
    [operator] 本人
    [information-manager] 情報作成管理者
   *[either] 本人か情報作成管理者
}が「torikomi queue confirm」で確定し、自分のセッションで署名してください。名前が違うときは「torikomi queue identify --operator」で直してください。
unsigned-not-entitled = このプロファイルの文書に署名するのは{ $signed_by ->
    [operator] 実施者
    [information-manager] 情報作成管理者
   *[either] 実施者か情報作成管理者
}です。この方はその役割に任命されていません。

act-reason = { $code ->
    [readable] 必要な内容は読める
    [paper-condition] 紙そのものの状態
    [as-on-paper] 紙のとおり
    [rescan] 読み取り直し
    [wrong-patient] 患者の誤り
    [wrong-kind] 種別の誤り
    [wrong-date] 日付の誤り
    [duplicate] 重複
    [not-a-record] 記録ではない
    [disaster] 災害
    [system-failure] 停電・通信・機器の障害
    [authority-outage] 時刻認証局の障害
    [own-delay] 院内の遅れ
    [retention-over] 保存期間の満了
    [on-request] 本人の求め
    [ordered] 裁判所や行政機関の命令
    [entered-in-error] 誤記
   *[other] その他
}

warning-gap = { $until ->
    [none] { $from } から、
   *[other] { $from } から { $until } まで、
}{ $role ->
    [admin] 管理者がいなくなります。その間は、利用者の登録も、任命も、利用の再開もできません。後任を任命してください。
   *[information_manager] 情報作成管理者がいなくなります。その間は署名できません。後任か代理を任命してください。
}
warning-certificate = { $login } さんの証明書の有効期限は { $until } です。期限を過ぎると署名できず、全員の期限が切れるとだれも更新できなくなります。期限内に「torikomi operator enrol { $login } --renew」で更新してください（期限が過ぎたあとは --renew を付けません）。
export-reason = { $code ->
    [disclosure] 本人・家族への開示
    [audit] 監査・立入検査
    [referral] ほかの施設への提供
    [legal] 裁判所・警察などの求め
   *[other] その他
}
