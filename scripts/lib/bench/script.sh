#!/bin/sh
# The obvious shell script: look at each scan, sign it, have it time-stamped, file it, see it on the disk.
#
#   script.sh HOW CERTIFICATE KEY AUTHORITY STORE FILE…        HOW: what identify is told, -verbose or -quiet
#
# It is kinder to the machine than `sync` alone: only its own files are waited for, not everybody's.
# For each file it prints how many nanoseconds it took.
set -eu
how=$1 certificate=$2 key=$3 authority=$4 store=$5
shift 5

for file; do
    begun=$(date +%s%N)
    record=$store/$(basename "$file")
    identify "$how" "$file" >"$record.txt"
    openssl cms -sign -binary -md sha256 -in "$file" -signer "$certificate" -inkey "$key" -outform DER -out "$record.p7s"
    openssl ts -query -data "$record.p7s" -sha256 -cert -out "$record.tsq" 2>/dev/null
    curl --silent --show-error --fail --header 'Content-Type: application/timestamp-query' \
        --data-binary "@$record.tsq" --output "$record.tsr" "$authority"
    openssl ts -reply -in "$record.tsr" -text 2>/dev/null | grep -q '^Status: Granted'
    cp "$file" "$record"
    sync "$record" "$record.txt" "$record.p7s" "$record.tsr" "$store"
    echo $(($(date +%s%N) - begun))
done
