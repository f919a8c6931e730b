#!/bin/sh
# Verifies an unpacked record with openssl (3.0 or newer) and POSIX tools, without the program that made it.
# 取り出した記録を、作成したプログラムを使わずに openssl（3.0 以降）と POSIX の道具だけで検証する。
#
#   sh verify.sh ANCHORS [PACK]
#
# Take this script from where the program is published: one that came with a record says what whoever made the record
# wants. PACK is the unpacked record (absent: the folder in which this script lies).
# このスクリプトは、プログラムの公表元から入手する。記録に付いてきたものは、記録を作った人の言いたいことを言う。
# PACK は取り出した記録のフォルダー（なければ、このスクリプトのあるフォルダー）。
#
# ANCHORS is a folder with what you believe in, and have from elsewhere than from here:
#   roots.pem               the root certificates to which the signer's certificate must lead
#   timestamp-roots.pem     those of time-stamping authorities (absent: roots.pem)
#   timestamp-policies.txt  the policies under which a time-stamp counts, one a line (absent: any)
#   journal.vkey            the key of the hospital's journal
#   checkpoints.txt         checkpoints of that journal that were kept outside the hospital (absent: whoever has all of the
#                           hospital's keys could have written the journal anew, and it is said that nothing speaks against it)
# The exit status is 0 if everything holds; the first thing that does not is said, and the status is 1. It is 2 where there is
# a checkpoints.txt and nothing in it can be compared with this pack. A record of an evaluation is said to be one: that
# everything holds gives it no legal value.
set -eu
LC_ALL=C
export LC_ALL

# Where it is set, `cd` goes to other folders than those that are named.
unset CDPATH

anchors=${1:?usage: sh verify.sh ANCHORS [PACK] / 使い方：sh verify.sh ANCHORS [PACK]}
here=$(cd "${2:-$(dirname "$0")}" && pwd)
anchors=$(cd "$anchors" && pwd)
work=$(cd "${TMPDIR:-/tmp}" && pwd)/verify.$$
(umask 077 && mkdir "$work")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
record=$here/record
manifest=$record/META-INF/ASiCManifest001.xml
p7s=$record/META-INF/signature001.p7s

# Each sentence comes in English and in Japanese.
fail() { printf 'FAILED: %s\n異常があります：%s\n' "$1" "$2" | tr -d '\000-\011\013-\037\177' >&2; exit 1; }
good() { printf 'ok: %s\n    %s\n' "$1" "$2"; }
# From the standard input, for openssl writes digests otherwise where a name has a line break.
sha256() { openssl dgst -sha256 -r < "$1" | cut -d ' ' -f 1; }
# Bytes of hexadecimal digits, through printf's octal escapes.
unhex() {
    # shellcheck disable=SC2059
    printf "$(printf '%s' "$1" | tr 'A-F' 'a-f' | awk '{
        digits = "0123456789abcdef"
        for (i = 1; i < length($0); i += 2) {
            value = 16 * (index(digits, substr($0, i, 1)) - 1) + index(digits, substr($0, i + 1, 1)) - 1
            printf "\\%o%o%o", int(value / 64), int(value / 8) % 8, value % 8
        }
    }')"
}
# A file of its own: no folder, no pipe, no link to something elsewhere.
plain() { test -f "$1" && test ! -L "$1"; }
# What the pack says is a number, or a digest, is looked at before a shell reckons with it: some would run what stands there.
number() {
    case $1 in '' | *[!0-9]* | 0?*) return 1 ;; esac
    test ${#1} -le 18
}
digest() {
    case $1 in *[!0-9a-f]*) return 1 ;; esac
    test ${#1} = 64
}
unbase64() { printf '%s\n' "$1" | openssl base64 -d -A; }
hex() { od -An -v -tx1 | tr -d ' \n'; }

cd "$work"

# 1. What you believe in. Compare these fingerprints with those that the hospital and the authorities publish.
#
# Copies the certificates of a PEM file, and nothing else, into a file for openssl, and shows each of them. openssl takes what
# stands below other headings for certificates too, so whoever looks at some headings alone sees less than it believes.
believe() {
    rm -f believed*.pem
    awk '
        { sub(/[ \t\r]+$/, "") }
        !inside && $0 == "-----BEGIN CERTIFICATE-----" { inside = 1; file = "believed" ++count ".pem"; print > file; next }
        inside && $0 == "-----END CERTIFICATE-----" { print > file; close(file); inside = 0; next }
        inside ? $0 ~ /[^A-Za-z0-9+\/=]/ : $0 ~ /-----BEGIN/ { wrong = 1; exit }
        inside { print > file }
        END { exit wrong || inside || !count }
    ' "$1" || fail "$1 holds something else than certificates in PEM (-----BEGIN CERTIFICATE-----)" "$1 に証明書（-----BEGIN CERTIFICATE-----）以外のものがあります"
    : > "$2"
    for file in believed*.pem; do
        openssl x509 -in "$file" >> "$2" 2> /dev/null ||
            fail "$1 holds something that is no certificate" "$1 に証明書でないものがあります"
        openssl x509 -in "$file" -noout -fingerprint -sha256
    done
}
test -s "$anchors/roots.pem" || fail "$anchors/roots.pem is missing" "$anchors/roots.pem がありません"
test -s "$anchors/journal.vkey" || fail "$anchors/journal.vkey is missing" "$anchors/journal.vkey がありません"
echo "You rely on these (compare them with a publication elsewhere):"
echo "信頼の拠り所は次のとおりです（ほかで公表されたものと比べてください）："
roots=$work/roots.pem
believe "$anchors/roots.pem" "$roots"
stamp_roots=$roots
# One that is there and empty may be a download that failed; it must not let anything count.
for file in "$anchors/timestamp-roots.pem" "$anchors/timestamp-policies.txt" "$anchors/checkpoints.txt"; do
    test ! -e "$file" || test -s "$file" || fail "$file is empty" "$file が空です"
done
if test -s "$anchors/timestamp-roots.pem"; then
    stamp_roots=$work/timestamp-roots.pem
    believe "$anchors/timestamp-roots.pem" "$stamp_roots"
fi
# Of the journal's keys, too, only what is shown counts: name, key id and key, without anything that a terminal would obey.
awk '
    { sub(/^[ \t]+/, ""); sub(/[ \t\r]+$/, "") }
    /^$/ || /^#/ { next }
    /[^!-~]/ || !/^[^+]+\+[0-9a-f]+\+[A-Za-z0-9+\/]+=*$/ { wrong = 1; exit }
    { print; count++ }
    END { exit wrong || !count }
' "$anchors/journal.vkey" > journals || fail "$anchors/journal.vkey holds a line that is no journal's key (name+key id+base64)" "$anchors/journal.vkey に、記録簿の鍵（名前+鍵の番号+base64）でない行があります"
cat journals

# 2. Every file is what the manifest says, and nothing else is there.
sed -n 's/^<asic:DataObjectReference URI="\([a-z0-9.-]*\)" .*<ds:DigestValue>\([A-Za-z0-9+\/=]*\)<\/ds:DigestValue>.*$/\1 \2/p' \
    "$manifest" > members
test "$(grep -c 'DataObjectReference URI' "$manifest")" = "$(wc -l < members | tr -d ' ')" || fail "the manifest" "目録を読めません"
while read -r name digest; do
    plain "$record/$name" || fail "$name is missing" "$name がありません"
    test "$(openssl dgst -sha256 -binary < "$record/$name" | openssl base64 -A)" = "$digest" ||
        fail "$name is not what was signed" "$name が署名された時と違います"
done < members
# What the manifest does not name: a container's type, and the manifest and the signature themselves.
printf %s application/vnd.etsi.asic-e+zip > mimetype
{ plain "$record/mimetype" && cmp -s mimetype "$record/mimetype"; } || fail "mimetype is not that of a record" "mimetype が記録のものではありません"
{ plain "$manifest" && plain "$p7s" && test ! -L "$record/META-INF"; } || fail "record/META-INF" "record/META-INF の中身が定めと違います"
{ cut -d ' ' -f 1 members; echo META-INF; echo mimetype; } | sort > expected
ls -A "$record" | sort > found
cmp -s expected found || fail "record/ holds more or less than the manifest names: $(diff expected found | tr '\n' ' ')" "record/ の中身が目録と違います"
test "$(ls -A "$record/META-INF" | tr '\n' ' ')" = "ASiCManifest001.xml signature001.p7s " || fail "record/META-INF" "record/META-INF の中身が定めと違います"
good "$(wc -l < members | tr -d ' ') files are those that the manifest names" "$(wc -l < members | tr -d ' ') 個のファイルは目録のとおりです"

# 3. The signature over the manifest. `place DEPTH KIND` finds values: offset, length of the header, of the content.
openssl asn1parse -inform DER -in "$p7s" > listing || fail "the signature is not DER" "署名を読めません"
place() { sed -n "s/^ *\([0-9]*\):d=$1 *hl= *\([0-9]*\) *l= *\([0-9]*\) $2.*/\1 \2 \3/p"; }
bytes() { dd if="$p7s" bs=1 skip="$1" count="$2" 2> /dev/null; }
# shellcheck disable=SC2046
set -- $(place 5 'cons: cont \[ 0 \]' < listing)
test $# = 3 || fail "the signature has no signed attributes" "署名属性がありません"
# They are signed as a SET, whose first byte is 0x31, the character 1.
{ printf 1; bytes "$1" "$(($2 + $3))" | tail -c +2; } > attributes.der
# shellcheck disable=SC2046
set -- $(place 5 'prim: OCTET STRING' < listing)
test $# = 3 || fail "there is not exactly one signature" "署名が一つではありません"
bytes "$(($1 + $2))" "$3" > signature.bin
openssl asn1parse -inform DER -in attributes.der > attributes
named() { awk -v name="$1" '$0 ~ name { found = 1 } found && /OCTET STRING/ { sub(/.*:/, ""); print tolower($0); exit }' attributes; }
openssl pkcs7 -inform DER -in "$p7s" -print_certs |
    awk '/^-----BEGIN/ { n++ } /^-----BEGIN/, /^-----END/ { print > ("certificate" n ".pem") }'
wanted=$(named ':id-smime-aa-signingCertificateV2')
: > others.pem
for file in certificate*.pem; do
    digest=$(openssl x509 -in "$file" -outform DER | openssl dgst -sha256 -r | cut -d ' ' -f 1)
    if test "$digest" = "$wanted"; then cp "$file" signer.pem; else cat "$file" >> others.pem; fi
done
test -s signer.pem || fail "the signer's certificate did not come along" "署名者の証明書がありません"
openssl x509 -in signer.pem -noout -pubkey > signer-key.pem
case $(openssl pkey -pubin -in signer-key.pem -noout -text | head -n 1) in
    ED25519*) hash=sha512 ;;
    *) hash=sha256 ;;
esac
test "$(named ':messageDigest')" = "$(openssl dgst -$hash -r < "$manifest" | cut -d ' ' -f 1)" ||
    fail "the signature was made over another manifest" "別の目録に対する署名です"
if test $hash = sha512; then
    openssl pkeyutl -verify -rawin -in attributes.der -sigfile signature.bin -pubin -inkey signer-key.pem > /dev/null ||
        fail "the signature is wrong" "署名が正しくありません"
else
    openssl dgst -sha256 -verify signer-key.pem -signature signature.bin attributes.der > /dev/null ||
        fail "the signature is wrong" "署名が正しくありません"
fi
grep -q "\"certificate\":\"sha256:$wanted\"" "$record/record.json" || fail "record.json names another certificate" "record.json が挙げる証明書と違います"
for file in profile.toml calendar.toml; do
    grep -q "sha256:$(sha256 "$record/$file")" "$record/record.json" || fail "record.json names another $file" "record.json が挙げる $file と違います"
done
good "signed by $(openssl x509 -in signer.pem -noout -subject -nameopt utf8,esc_ctrl,sep_comma_plus | sed 's/^subject=//')" "署名を確かめました"

# 4. The time-stamp over the signature, and its time.
# Seconds since 1970 of "2026 11 20 9 30 0", by the rules of the calendar.
since_1970() {
    awk '{
        year = $1; month = $2
        if (month <= 2) { year--; month += 12 }
        days = 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + $3 - 719469
        printf "%.0f\n", ((days * 24 + $4) * 60 + $5) * 60 + $6
    }'
}
# shellcheck disable=SC2046
set -- $(sed -n '/:id-smime-aa-timeStampToken/,$p' listing | place 8 'cons: SEQUENCE' | head -n 1)
# The profile says whether there must be one: `policy` below `[timestamp]`.
policy=$(awk '/^\[/ { inside = ($0 ~ /^\[timestamp\]/) } inside && /^policy *=/ { split($0, part, "\""); print part[2] }' "$record/profile.toml")
if test $# = 0 && test "$policy" = none; then
    : > token.txt
    # Written as YYMMDDHHMMSSZ up to 2049 and YYYYMMDDHHMMSSZ from 2050 on.
    said=$(awk '/:signingTime/ { found = 1 } found && /(UTCTIME|GENERALIZEDTIME)/ { sub(/.*:/, ""); print; exit }' attributes)
    seconds=$(printf '%s\n' "$said" | awk '{
        if (length($0) == 13) { $0 = (substr($0, 1, 2) < 50 ? "20" : "19") $0 }
        print substr($0, 1, 4), substr($0, 5, 2), substr($0, 7, 2), substr($0, 9, 2), substr($0, 11, 2), substr($0, 13, 2)
    }' | since_1970)
    good "the profile asks for no time-stamp, and there is none: nothing but the signer's word ($said) says when it was signed" \
        "プロファイルはタイムスタンプを求めておらず、付いていません。署名の時刻（$said）は署名者の申告のみです"
else
test $# = 3 || fail "there is no time-stamp" "タイムスタンプがありません"
bytes "$1" "$(($2 + $3))" > token.der
openssl ts -reply -token_in -in token.der -token_out -text > token.txt 2> /dev/null || fail "the time-stamp is none" "タイムスタンプを読めません"
time=$(sed -n 's/^Time stamp: //p' token.txt)
# "Nov 20 09:30:00.25 2026 GMT"
seconds=$(printf '%s\n' "$time" | awk '{
    split($3, clock, "[:.]")
    print $4, (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3, $2, clock[1], clock[2], clock[3]
}' | since_1970)
openssl ts -verify -token_in -in token.der -data signature.bin -CAfile "$stamp_roots" -attime "$seconds" > ts.txt 2>&1 ||
    fail "the time-stamp: $(cat ts.txt)" "タイムスタンプが正しくありません"
if test -s "$anchors/timestamp-policies.txt"; then
    policy=$(sed -n 's/^Policy OID: //p' token.txt)
    grep -qxF "$policy" "$anchors/timestamp-policies.txt" || fail "the time-stamp's policy $policy is not on the list" "タイムスタンプのポリシー $policy は一覧にありません"
fi
good "time-stamped at $time" "タイムスタンプの時刻は $time です"
fi

# 5. The signer's certificate leads to a root, at the time of the stamp. What the system believes in counts for nothing here.
# Where the root itself issued it, nothing lies between, and openssl takes no empty file.
set --
if test -s others.pem; then set -- -untrusted others.pem; fi
openssl verify -CAfile "$roots" -no-CApath -no-CAstore "$@" -attime "$seconds" signer.pem > verify.txt 2>&1 ||
    fail "the signer is not known: $(cat verify.txt)" "署名者の証明書が、信頼する認証局に至りません"
# Where certificates of the path name purposes (extKeyUsage), e-mail protection, document signing or any must be among them;
# where the signer's names what its key may do, signing must. A time-stamping authority's key speaks for nobody else.
for file in certificate*.pem; do
    purposes=$(openssl asn1parse -in "$file" |
        awk '/OBJECT *:X509v3 Extended Key Usage$/ { found = 1 } found && /OCTET STRING/ { sub(/.*:/, ""); print; exit }')
    case $purposes in
        '' | *06082B06010505070304* | *06082B06010505070324* | *0604551D2500*) ;;
        *) fail "a certificate of the signer's is not for signing documents" "署名者の証明書は、文書に署名するためのものではありません" ;;
    esac
done
case $(openssl x509 -in signer.pem -noout -ext keyUsage 2>&1) in
    *'Digital Signature'* | *'Non Repudiation'*) ;;
    *'Key Usage'*) fail "the signer's certificate is not for signing" "署名者の証明書は、署名するためのものではありません" ;;
esac
good "the signer's certificate was valid at that time" "署名者の証明書は、その時に有効でした"

# 6. The journal: its signed checkpoint, and the entry of this record in it.
checkpoint=$here/journal/checkpoint.txt
entry=$here/journal/entry.json
origin=$(head -n 1 "$checkpoint")
sed '/^$/,$d' "$checkpoint" > text
signed=no
while IFS= read -r line; do
    case $line in "$origin+"*) ;; *) continue ;; esac
    # SubjectPublicKeyInfo of Ed25519 is these twelve bytes and the key; the verifier key has one byte before it.
    key=$(unbase64 "$(printf '%s\n' "$line" | cut -d + -f 3-)" | hex)
    { digest "${key#01}" && test "$key" = "01${key#01}"; } || fail "the key of $origin is not one of Ed25519" "$origin の鍵が Ed25519 のものではありません"
    unhex "302a300506032b6570032100${key#01}" > journal.der
    awk -v origin="$origin" '/^$/ { signed = 1 } signed && $2 == origin { print $3 }' "$checkpoint" > signatures
    while read -r value; do
        unbase64 "$value" | tail -c +5 > checkpoint.sig
        if openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey journal.der -in text -sigfile checkpoint.sig \
            > /dev/null 2>&1; then signed=yes; fi
    done < signatures
done < journals
test $signed = yes || fail "the checkpoint is not signed by a journal that you know" "記録簿の節目の署名を確かめられません"
size=$(sed -n 2p text)
root=$(unbase64 "$(sed -n 3p text)" | hex)
{ test "$(wc -l < text | tr -d ' ')" = 3 && number "$size" && digest "$root"; } ||
    fail "the checkpoint is not written as it must be" "記録簿の節目の書き方が定めと違います"

# The leaf is SHA-256 of a zero byte and the entry, a node SHA-256 of the byte 1 and both children (RFC 9162, 2.1.3.2).
node() { { printf '\001'; unhex "$1"; unhex "$2"; } | openssl dgst -sha256 -r | cut -d ' ' -f 1; }
index=$(head -n 1 "$here/journal/inclusion.txt")
number "$index" || fail "journal/inclusion.txt does not begin with a number" "journal/inclusion.txt が番号で始まっていません"
tail -n +2 "$here/journal/inclusion.txt" > siblings
{ printf '\000'; cat "$entry"; } > leaf
hash=$(sha256 leaf)
left=$index
right=$((size - 1))
test "$index" -lt "$size" || fail "the entry lies beyond the checkpoint" "項目が記録簿の節目より後にあります"
while read -r sibling; do
    digest "$sibling" || fail "journal/inclusion.txt holds something else than digests" "journal/inclusion.txt にハッシュ値でないものがあります"
    test "$right" -gt 0 || fail "the entry is not in the journal" "項目が記録簿にありません"
    if test $((left % 2)) = 1 || test "$left" = "$right"; then
        hash=$(node "$sibling" "$hash")
        while test $((left % 2)) = 0 && test "$left" != 0; do left=$((left / 2)); right=$((right / 2)); done
    else
        hash=$(node "$hash" "$sibling")
    fi
    left=$((left / 2))
    right=$((right / 2))
done < siblings
{ test "$right" = 0 && test "$hash" = "$root"; } || fail "the entry is not in the journal" "項目が記録簿にありません"
grep -q "\"index\":$index,\"kind\":\"document-filed\"" "$entry" || fail "the entry is another" "別の項目です"
grep -q "\"record_digest\":\"sha256:$(sha256 "$manifest")\"" "$entry" || fail "the journal tells of another record" "記録簿にあるのは別の記録です"
grep -q "\"signature_digest\":\"sha256:$(sha256 "$p7s")\"" "$entry" || fail "the journal tells of another signature" "記録簿にあるのは別の署名です"
good "entry $index of the journal $origin says that this record was filed" "記録簿 $origin の $index 番に、この記録を登録したとあります"

# 7. A checkpoint kept outside, of the same number of entries: it has the same root, or this is another journal.
# Checkpoints follow one another there; each begins with its origin, its size and its root.
anchored=no
status=0
if test -e "$anchors/checkpoints.txt"; then
    awk -v origin="$origin" -v size="$size" '
        { sub(/\r$/, "") }
        first == origin && second == size { print }
        { first = second; second = $0 }
    ' "$anchors/checkpoints.txt" > kept
    while read -r line; do
        test "$(unbase64 "$line" | hex)" = "$root" ||
            fail "the checkpoint of $size entries that was kept outside has another root: the journal was written anew" "外部に保管された $size 件の節目と根が違います。記録簿が書き直されています"
        anchored=yes
    done < kept
    test $anchored = yes || status=2
fi
if test $anchored = yes; then
    good "the checkpoint of $size entries is the one that was kept outside" "$size 件の節目は、外部に保管されたものと同じです"
else
    echo "NOT ANCHORED: no checkpoint of $size entries of this journal that was kept outside was at hand, so nothing shows that the journal was not written anew since."
    echo "外部の裏付けなし：外部に保管された $size 件の節目が手元にないため、記録簿がその後に書き直されていないことまでは確かめられません。"
fi

# Certificates and stamps for evaluation bear numbers below this one: who has them was vouched for by nobody outside.
evaluation=2.25.89548296575212297958082581627253016147
{ for file in signer.pem certificate*.pem; do openssl x509 -in "$file" -noout -text; done; cat token.txt; } > told.txt
if grep -qF "$evaluation." told.txt; then
    echo "Everything holds, BY EVALUATION CERTIFICATES: nobody outside vouches for who signed or when. This record has no legal value."
    echo "すべて確かめられましたが、【評価用の証明書】によるものです。署名者も時刻も外部のだれも保証しておらず、法的な効力はありません。"
else
    echo "Everything holds."
    echo "すべて確かめられました。"
fi
exit $status
