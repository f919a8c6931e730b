"""Hospital forms as they look on paper. Every hospital, person and number here is invented."""

import math

from sheet import Sheet, px

HOSPITAL = "医療法人 見本会 架空総合病院"
CLINIC = "例示内科クリニック"


def referral_letter(rng, patient, number="R8-0417"):
    """診療情報提供書, two pages, print with one seal."""
    first = Sheet("A4", rng)
    first.text(105, 18, "診 療 情 報 提 供 書", 20, anchor="ma")
    first.text(190, 31, "令和8年11月18日", 10.5, anchor="ra")
    first.text(20, 38, "紹介先医療機関", 9, "gothic")
    first.text(20, 43.5, f"{HOSPITAL}　循環器内科", 12)
    first.text(20, 51, "担当医　御中", 12)
    first.text(190, 60, "紹介元　〒000-0000　例示県見本市架空町1-2-3", 9.5, anchor="ra")
    first.text(190, 65.5, CLINIC, 12, anchor="ra")
    first.text(190, 72.5, "電話 000-000-0000　医師　例示　一郎", 10.5, anchor="ra")
    first.round_seal(186, 80, "例示")
    _patient_box(first, 20, 88, patient)
    rows = [
        ("傷病名", "労作性狭心症の疑い、高血圧症、脂質異常症"),
        ("紹介目的", "胸部症状の精査および今後の治療方針についてご高診をお願いいたします。"),
        ("既往歴・家族歴", "50歳 胆石症手術。父：心筋梗塞（68歳）。薬剤アレルギー：なし。喫煙：10年前に中止。"),
        (
            "症状経過および\n検査結果",
            "本年9月頃より、坂道や階段を上る際に前胸部の絞扼感を自覚。安静により3分ほどで消失します。"
            "10月下旬からは平地の歩行でも月に数回みられるようになりました。\n"
            "11月16日受診時、血圧 148/86 mmHg、脈拍 72/分・整。心雑音なく、下腿浮腫を認めません。"
            "安静時心電図ではV4からV6で軽度のST低下がみられます。胸部X線：CTR 48％、肺うっ血なし。"
            "採血結果は次頁をご参照ください。",
        ),
        (
            "治療経過",
            "アムロジピン 5 mg、ロスバスタチン 2.5 mg を継続中です。今回ニトログリセリン舌下錠を頓用として処方し、"
            "症状が続く場合には救急要請するよう説明しております。",
        ),
        ("現在の処方", "アムロジピン錠5mg　1錠 朝食後\nロスバスタチン錠2.5mg　1錠 夕食後\nニトログリセリン舌下錠0.3mg　胸痛時"),
        ("備考", "キーパーソン：長女（同居）。来院時はご家族の付き添いがあります。"),
    ]
    y = 112
    for title, text in rows:
        bottom = first.paragraph(54, y + 2.5, 133, text, 10) + 2
        height = max(11, bottom - y)
        first.box(20, y, 31, height, 0.2)
        first.box(51, y, 139, height, 0.2)
        for index, line in enumerate(title.split("\n")):
            first.text(22, y + 3 + index * 5, line, 9.5, "gothic")
        y += height
    first.text(20, 279, "（様式11）", 8, "gothic")
    first.text(190, 279, f"{number}　1 / 2", 8, "gothic", anchor="ra")

    second = Sheet("A4", rng)
    second.text(20, 18, f"診療情報提供書（続き）　{patient['name']} 様　ID {patient['id']}", 11, "gothic")
    second.line(20, 26, 190, 26, 0.3)
    second.text(20, 32, "検査結果（令和8年11月16日 採血）", 11, "gothic")
    results = [
        ("項目", "結果", "単位", "基準値", "判定"),
        ("白血球数", "6,200", "/μL", "3,300 - 8,600", ""),
        ("ヘモグロビン", "13.1", "g/dL", "11.6 - 14.8", ""),
        ("血小板数", "22.4", "万/μL", "15.8 - 34.8", ""),
        ("総蛋白", "7.1", "g/dL", "6.6 - 8.1", ""),
        ("AST", "24", "U/L", "13 - 30", ""),
        ("ALT", "19", "U/L", "7 - 23", ""),
        ("クレアチニン", "0.82", "mg/dL", "0.46 - 0.79", "H"),
        ("LDLコレステロール", "151", "mg/dL", "65 - 139", "H"),
        ("HDLコレステロール", "48", "mg/dL", "40 - 103", ""),
        ("中性脂肪", "168", "mg/dL", "30 - 149", "H"),
        ("HbA1c", "5.9", "％", "4.9 - 6.0", ""),
        ("トロポニンT", "0.008", "ng/mL", "0.014 以下", ""),
        ("NT-proBNP", "96", "pg/mL", "125 以下", ""),
    ]
    y = second.table(20, 39, (52, 28, 26, 44, 20), results)
    second.text(20, y + 8, "添付資料", 11, "gothic")
    y = second.paragraph(24, y + 15, 160, "・安静時12誘導心電図（11月16日）　1枚\n・胸部X線写真（CD-R）　1枚\n・お薬手帳の写し　1枚")
    second.text(20, y + 6, "患者さまへの説明", 11, "gothic")
    second.paragraph(
        24,
        y + 13,
        162,
        "心臓の血管が狭くなっている可能性があり、専門の医療機関で詳しい検査を受けていただく必要があることを、ご本人と長女に説明し、"
        "ご了解をいただいています。検査の結果、治療を要する場合は貴院での加療をお願いいたします。"
        "状態が落ち着きましたら、引き続き当院で経過を拝見いたします。",
    )
    second.text(190, 279, f"{number}　2 / 2", 8, "gothic", anchor="ra")
    return [first, second]


def consent(rng, patient):
    """手術同意書: print, blue pen and red seals."""
    page = Sheet("A4", rng)
    page.text(105, 17, "手術・検査 説明書 兼 同意書", 18, "gothic", anchor="ma")
    page.date_by_hand(136, 29, "説明日　令和", (8, 11, 20))
    page.text(20, 36, f"{HOSPITAL}　病院長 殿", 11)
    _patient_box(page, 20, 45, patient)
    page.text(20, 72, "1．予定する手術・検査", 11, "gothic")
    page.box(24, 78, 166, 12, 0.2)
    page.pen(28, 84.3, "冠動脈造影検査（必要時 経皮的冠動脈形成術）", 13)
    page.text(20, 95, "2．麻酔の方法", 11, "gothic")
    page.text(26, 102, "局所麻酔　　・　　静脈麻酔　　・　　全身麻酔　　・　　その他（　　　　　　）", 10.5)
    page.ring(33.5, 104, 20, 8)
    page.text(20, 111, "3．説明を受けた事項（該当する□に印をつけてください）", 11, "gothic")
    items = [
        "病名および現在の病状",
        "手術・検査の目的、方法、所要時間と予想される効果",
        "予想される合併症および危険性（出血、感染、造影剤によるアレルギー、脳梗塞など）",
        "他に選ぶことのできる治療法と、その利点・欠点",
        "手術・検査を受けない場合に予想される経過",
        "輸血を必要とする可能性、および血液製剤の使用",
        "同意した後でもいつでも撤回できること",
    ]
    y = 119
    for index, item in enumerate(items):
        page.box(26, y, 4, 4, 0.25)
        page.text(33, y - 0.4, item, 10.5)
        if index != 5:
            page.tick(26.3, y + 2.0)
        y += 7.6
    y = page.paragraph(
        20,
        y + 4,
        170,
        "　私は、上記の手術・検査について担当医師から十分な説明を受け、質問する機会を与えられ、その内容を理解しました。"
        "つきましては、その実施に同意します。実施中に緊急の処置を行う必要が生じた場合には、適宜その処置を受けることにも同意します。",
        11,
    )
    page.date_by_hand(24, y + 8, "同意日　令和", (8, 11, 20))
    for label, name, offset, seal in (
        ("本人氏名", patient["name"], 19, patient["name"].split()[0]),
        ("代諾者氏名", "", 32, None),
        ("説明医師", "例示 次郎", 45, "例示"),
    ):
        page.text(24, y + offset, label, 11)
        page.line(52, y + offset + 6, 130, y + offset + 6, 0.2)
        page.seal_place(124.5, y + offset + 2)
        if name:
            page.pen(57, y + offset + 2.0, name.replace(" ", "　"), 19)
        if seal:
            page.round_seal(124.5, y + offset + 2, seal)
    page.square_seal(170, y + 34, ("架空総", "合病院", "長之印"))
    page.text(20, 281, "本書は2部作成し、1部を患者さま控えとします。", 8.5, "gothic")
    page.text(190, 281, "手同-03　2026.04改訂", 8.5, "gothic", anchor="ra")
    return [page]


def admission_plan(rng, patient):
    """入院診療計画書, one colour page with a department's seal."""
    page = Sheet("A4", rng)
    page.text(105, 17, "入 院 診 療 計 画 書", 18, "gothic", anchor="ma")
    page.text(190, 30, "令和8年11月19日", 10.5, anchor="ra")
    _patient_box(page, 20, 38, patient)
    rows = [
        ("病棟（病室）", "東5階病棟（512号室）"),
        ("主治医以外の担当者", "看護師　架空 春子　　管理栄養士　見本 夏子　　薬剤師　例示 秋子"),
        ("在宅復帰支援担当者", "社会福祉士　見本 冬子"),
        ("病名", "市中肺炎"),
        ("症状", "発熱、湿性咳嗽、右側胸部痛、労作時の息切れ"),
        ("治療計画", "抗菌薬の点滴静注を5日間行い、解熱と炎症反応の改善をみて内服に切り替えます。酸素投与は状態に応じて減量します。"),
        ("検査内容および日程", "入院日：血液検査、胸部X線、喀痰培養。3日目・7日目：血液検査、胸部X線。"),
        ("手術内容および日程", "予定はありません。"),
        ("推定される入院期間", "10日間"),
        ("特別な栄養管理の必要性", "有　　・　　無"),
        ("看護計画", "体温と呼吸状態の観察、排痰の援助、転倒を防ぐ環境の整備"),
        ("リハビリテーション", "2日目から病室で開始し、歩行の自立を目標とします。"),
        ("退院後の見通し", "自宅退院を予定。かかりつけ医での経過観察を計画しています。"),
    ]
    y = 66
    for title, text in rows:
        bottom = page.paragraph(76, y + 2.8, 111, text, 10.5) + 2
        height = max(12, bottom - y)
        page.box(20, y, 53, height, 0.2)
        page.box(73, y, 117, height, 0.2)
        page.text(22, y + 3, title, 10, "gothic")
        if title.startswith("特別な栄養"):
            page.ring(98, y + 4.8, 8, 7.5)
        y += height
    page.paragraph(20, y + 4, 170, "注）病名等は現時点で考えられるものであり、今後の検査などにより変わることがあります。", 9)
    page.text(20, 255, "主治医氏名", 11)
    page.line(44, 261, 105, 261, 0.2)
    page.pen(49, 257, "例示　三郎", 17)
    page.round_seal(100, 257, "例示")
    page.text(20, 269, "本人・家族氏名", 11)
    page.line(50, 275, 105, 275, 0.2)
    page.pen(55, 271, patient["name"].replace(" ", "　"), 17)
    page.square_seal(166, 262, ("架空総", "合病院", "診療印"), 19)
    return [page]


def lab_report(rng, patient):
    """検査報告書 on A5, with the patient's number as Code 39."""
    page = Sheet("A5", rng)
    page.text(74, 10, "臨床検査結果報告書", 14, "gothic", anchor="ma")
    page.text(12, 20, f"氏名　{patient['name']} 様", 11, "gothic")
    page.text(12, 26.5, f"{patient['kana']}　{patient['birth_ja']}生　{patient['sex_ja']}", 8.5, "gothic")
    page.text(12, 32.5, "診療科　内分泌代謝内科　　依頼医　例示 花代", 8.5, "gothic")
    page.text(12, 37.5, "採取日時　2026/11/19 09:12　　報告　2026/11/19 10:48", 8.5, "gothic")
    page.code39(97, 18.5, patient["id"])
    rows = [
        ("検査項目", "結果", "", "単位", "基準範囲"),
        ("空腹時血糖", "142", "H", "mg/dL", "73 - 109"),
        ("HbA1c (NGSP)", "7.4", "H", "％", "4.9 - 6.0"),
        ("尿素窒素", "15.2", "", "mg/dL", "8.0 - 20.0"),
        ("クレアチニン", "0.91", "", "mg/dL", "0.65 - 1.07"),
        ("eGFR", "66.8", "", "mL/分/1.73m2", "60.0 以上"),
        ("尿酸", "6.1", "", "mg/dL", "3.7 - 7.8"),
        ("総コレステロール", "198", "", "mg/dL", "142 - 248"),
        ("中性脂肪", "213", "H", "mg/dL", "40 - 234"),
        ("HDLコレステロール", "38", "", "mg/dL", "38 - 90"),
        ("AST (GOT)", "31", "H", "U/L", "13 - 30"),
        ("ALT (GPT)", "44", "H", "U/L", "10 - 42"),
        ("γ-GT", "52", "", "U/L", "13 - 64"),
        ("ナトリウム", "140", "", "mmol/L", "138 - 145"),
        ("カリウム", "4.3", "", "mmol/L", "3.6 - 4.8"),
        ("白血球数", "6.8", "", "10^3/μL", "3.3 - 8.6"),
        ("赤血球数", "4.91", "", "10^6/μL", "4.35 - 5.55"),
        ("ヘモグロビン", "15.0", "", "g/dL", "13.7 - 16.8"),
        ("尿蛋白 定性", "(±)", "", "", "(-)"),
        ("尿糖 定性", "(2+)", "H", "", "(-)"),
    ]
    y = page.table(12, 47, (42, 20, 9, 27, 26), rows, 6.1, 8.5)
    page.text(12, y + 4, "コメント", 8.5, "gothic")
    page.paragraph(14, y + 9, 118, "溶血：なし　乳び：（±）　検体の状態に問題はありません。", 8.5, "gothic")
    page.text(12, 193, f"{HOSPITAL}　中央検査部", 8.5, "gothic")
    page.text(136, 193, "検査責任者　見本", 8.5, "gothic", anchor="ra")
    page.round_seal(131, 186, "見本", 8.5)
    page.text(136, 200, "1 / 1", 7.5, "gothic", anchor="ra")
    return [page]


def ecg(rng, patient):
    """心電図記録: twelve leads of an invented heart on pink millimetre paper."""
    page = Sheet("A5-landscape", rng)
    top, bottom, left, right = 24, 142, 6, 204
    for step in range(0, right - left + 1):
        weight, ink = (0.22, (233, 138, 138)) if step % 5 == 0 else (0.09, (247, 196, 196))
        page.line(left + step, top, left + step, bottom, weight, ink)
    for step in range(0, bottom - top + 1):
        weight, ink = (0.22, (233, 138, 138)) if step % 5 == 0 else (0.09, (247, 196, 196))
        page.line(left, top + step, right, top + step, weight, ink)
    page.text(6, 5, f"ID {patient['id']}　{patient['name']}　{patient['sex_ja']}　{patient['birth_ja']}生", 9.5, "gothic")
    page.text(6, 11, "2026/11/20 10:07:33　心拍数 68 bpm　PR 164 ms　QRS 92 ms　QT/QTc 396/421 ms　軸 48°", 8.5, "gothic")
    page.text(6, 16.5, "1100 洞調律　9110 ** 正常範囲内 **（医師未確認）", 8.5, "gothic")
    page.text(204, 5, f"{HOSPITAL}　生理検査室", 8.5, "gothic", anchor="ra")
    page.text(204, 143.5, "25 mm/s　10 mm/mV　0.05-150 Hz　AC 50 Hz", 8, "gothic", anchor="ra")
    # Height of P, Q, R, S and T in millivolts.
    leads = {
        "I": (0.10, -0.05, 0.8, -0.15, 0.25), "II": (0.15, -0.06, 1.2, -0.2, 0.32),
        "III": (0.07, -0.05, 0.5, -0.1, 0.12), "aVR": (-0.12, 0.05, -0.95, 0.12, -0.28),
        "aVL": (0.05, -0.04, 0.35, -0.12, 0.1), "aVF": (0.11, -0.05, 0.85, -0.14, 0.22),
        "V1": (0.06, 0.0, 0.25, -0.9, -0.1), "V2": (0.08, 0.0, 0.45, -1.2, 0.45),
        "V3": (0.09, -0.03, 0.85, -0.8, 0.5), "V4": (0.1, -0.07, 1.35, -0.45, 0.45),
        "V5": (0.1, -0.08, 1.2, -0.2, 0.38), "V6": (0.1, -0.07, 0.9, -0.1, 0.3),
    }
    columns = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))
    for row in range(4):
        base = 42 + row * 27.5
        _trace(page, [(12, 0), (13, 0), (13, 1), (17.5, 1), (17.5, 0), (18.5, 0)], base)
        if row == 3:
            _lead(page, "II", leads["II"], 19, 200, base)
        else:
            for column, names in enumerate(columns):
                _lead(page, names[row], leads[names[row]], 19 + column * 45.5, 19 + (column + 1) * 45.5 - 0.6, base)
    return [page]


def care_plan(rng, patient):
    """居宅サービス計画書: three bitonal pages."""
    head = f"利用者名　{patient['name']} 様　　ID {patient['id']}　　生年月日　{patient['birth_ja']}"
    first = Sheet("A4", rng)
    first.text(20, 14, "第1表", 9, "gothic")
    first.text(105, 18, "居宅サービス計画書（1）", 16, "gothic", anchor="ma")
    first.text(190, 14, "作成年月日　令和8年11月17日", 9, "gothic", anchor="ra")
    first.text(20, 30, head, 10, "gothic")
    first.text(20, 37, "居宅サービス計画作成者　例示 四郎　　事業所　見本居宅介護支援事業所", 10, "gothic")
    first.text(20, 44, "要介護状態区分　　要介護1 ・ 要介護2 ・ 要介護3 ・ 要介護4 ・ 要介護5", 10, "gothic")
    first.ring(80.5, 45.8, 17, 7, (30, 30, 34))
    sections = [
        (
            "利用者及び家族の\n生活に対する意向を\n踏まえた課題分析の結果",
            "本人：できるだけ長く自宅で暮らしたい。週に一度は近所の集まりに出かけたい。\n"
            "長女：日中は仕事で不在のため、転ばずに過ごしてほしい。入浴は手伝ってもらえると安心できる。\n"
            "下肢の筋力が落ち、屋内でも伝い歩きとなっている。薬の飲み忘れが週に数回みられる。",
        ),
        ("介護認定審査会の意見\n及びサービスの種類の指定", "特になし"),
        (
            "総合的な援助の方針",
            "転倒を防ぎながら歩く力を保ち、住み慣れた家での暮らしを続けられるよう支援します。"
            "服薬は訪問看護と長女で確認し、体調の変化は主治医へ早めに連絡します。\n"
            "緊急連絡先：長女 000-0000-0000　主治医：例示内科クリニック 000-000-0000",
        ),
    ]
    y = 56
    for title, text in sections:
        height = max(52, first.paragraph(74, y + 4, 112, text, 10.5) + 4 - y)
        first.box(20, y, 51, height)
        first.box(71, y, 119, height)
        for index, line in enumerate(title.split("\n")):
            first.text(23, y + 5 + index * 5.5, line, 10, "gothic")
        y += height

    second = Sheet("A4", rng)
    second.text(20, 14, "第3表", 9, "gothic")
    second.text(105, 18, "週間サービス計画表", 16, "gothic", anchor="ma")
    second.text(20, 30, head, 10, "gothic")
    days = ("", "月", "火", "水", "木", "金", "土", "日")
    hours = ["6:00", "8:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00", "22:00"]
    second.table(20, 40, (23,) + (21,) * 7, [days] + [(hour,) + ("",) * 7 for hour in hours], 20, 10)
    for day, row, span, title in (
        (1, 3, 2.3, "通所介護"), (3, 3, 1.0, "訪問看護"), (4, 3, 2.3, "通所介護"), (5, 5, 1.0, "訪問介護\n入浴介助"),
        (2, 5, 1.0, "訪問介護\n掃除・買物"), (6, 4, 1.4, "地域の\n集まり"),
    ):
        x, top = 43 + (day - 1) * 21, 40 + row * 20
        second.box(x + 0.8, top + 1, 19.4, span * 20 - 2, 0.3, (238, 238, 238))
        for index, line in enumerate(title.split("\n")):
            second.text(x + 10.5, top + span * 10 - 2.5 + index * 5, line, 9, "gothic", anchor="ma")
    second.text(20, 246, "週単位以外のサービス：福祉用具貸与（手すり、歩行器）、住宅改修（玄関）、短期入所（月に2日）", 9, "gothic")

    third = Sheet("A4", rng)
    third.text(105, 20, "居宅サービス計画についての説明・同意・交付", 15, "gothic", anchor="ma")
    third.text(20, 36, head, 10, "gothic")
    third.paragraph(
        20,
        50,
        170,
        "　居宅サービス計画（第1表から第3表まで）について、内容の説明を受けました。計画に同意し、その写しの交付を受けました。"
        "あわせて、サービス担当者会議において、計画の実施に必要な範囲で本人および家族の情報を用いることに同意します。",
        11.5,
    )
    third.date_by_hand(24, 92, "令和", (8, 11, 17), (30, 30, 34))
    for offset, label, name in ((112, "利用者　氏名", patient["name"]), (132, "家族（代理人）氏名", ""), (152, "説明者　氏名", "例示 四郎")):
        third.text(24, offset, label, 11.5)
        third.line(68, offset + 7, 160, offset + 7, 0.2)
        third.seal_place(152.5, offset + 2)
        if name:
            third.pen(76, offset + 2, name.replace(" ", "　"), 20, (30, 30, 34))
            third.round_seal(152.5, offset + 2, name.split()[0], 10.5, (60, 60, 60))
    third.text(190, 279, "3 / 3", 9, "gothic", anchor="ra")
    return [first, second, third]


def blank(rng):
    return [Sheet("A4", rng)]


def _patient_box(page, x, y, patient):
    page.box(x, y, 170, 20, 0.35)
    page.line(x + 110, y, x + 110, y + 20, 0.2)
    page.text(x + 3, y + 2.2, f"{patient['kana']}", 8, "gothic")
    page.text(x + 3, y + 6.5, f"氏名　{patient['name']}　様", 13)
    page.text(x + 3, y + 14, f"生年月日　{patient['birth_ja']}　　性別　{patient['sex_ja']}", 9.5)
    page.text(x + 113, y + 3, "患者番号", 8.5, "gothic")
    page.text(x + 113, y + 8.5, patient["id"], 16, "gothic")


def _lead(page, name, waves, start, end, base):
    page.text(start + 1, base - 15, name, 8.5, "gothic")
    points = []
    x = start
    while x <= end:
        # 25 mm are one second; 68 beats a minute.
        phase = ((x - 19) / 25) % (60 / 68)
        value = 0.0
        for height, centre, width in zip(waves, (0.16, 0.245, 0.27, 0.297, 0.50), (0.028, 0.008, 0.011, 0.009, 0.055)):
            value += height * math.exp(-(((phase - centre) / width) ** 2) / 2)
        points.append((x, value + page.rng.normal(0, 0.006)))
        x += 0.16
    _trace(page, points, base)


def _trace(page, points, base):
    places = [(px(x), px(base - value * 10)) for x, value in points]
    page.draw.line(places, fill=(40, 40, 48), width=px(0.28), joint="curve")

