#!/bin/sh
# Bundles the page and writes it as Swift: embed.sh ESBUILD WEB-FOLDER WORK-FOLDER OUTPUT
set -eu
esbuild=$1 web=$2 work=$3 output=$4

mkdir -p "$work/bundle"
"$esbuild" --log-level=warning --bundle --minify --format=iife --target=es2020 "$web/main.ts" --outfile="$work/bundle/chat.js"
"$esbuild" --log-level=warning --bundle --minify --charset=utf8 "$web/chat.css" --outfile="$work/bundle/chat.css"
"$esbuild" --log-level=warning --bundle --minify --charset=utf8 "$web/viewer.css" --outfile="$work/bundle/viewer.css"
cp "$web/index.html" "$web/icon.svg" "$work/bundle/"

# A raw string takes any text but its own end.
delimiter='########'
literal() {
    if grep -qF "\"\"\"$delimiter" "$1" || grep -qF "\\$delimiter" "$1"; then
        echo "error: $1 holds the delimiter $delimiter" >&2
        exit 1
    fi
    printf '%s"""\n' "$delimiter"
    cat "$1"
    printf '\n"""%s' "$delimiter"
}
asset() {
    hash=$(sha256sum "$work/bundle/$2" | cut -c1-16)
    printf '    static let %s = WebAsset(name: "%s", type: "%s", hash: "%s", text: ' "$1" "$2" "$3" "$hash"
    literal "$work/bundle/$2"
    printf ')\n'
}

{
    echo '// Made by Plugins/EmbedWeb from Sources/Gateway/Web; not edited by hand.'
    echo 'extension WebAsset {'
    asset page index.html 'text/html; charset=utf-8'
    asset script chat.js 'text/javascript; charset=utf-8'
    asset style chat.css 'text/css; charset=utf-8'
    asset viewerStyle viewer.css 'text/css; charset=utf-8'
    asset icon icon.svg 'image/svg+xml'
    echo '}'
} >"$output.new"
mv "$output.new" "$output"
