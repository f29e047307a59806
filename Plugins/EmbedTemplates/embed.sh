#!/bin/sh
# Writes Swift source that holds text files, for the build: embed.sh OUTPUT TYPE FILE...
# Each file becomes one entry of TYPE.files: (name, text). Raw strings keep the text as it is.
set -eu
output=$1 type=$2
shift 2
{
    printf '/// Made by Plugins/EmbedTemplates from config; not edited by hand.\nenum %s {\n    static let files: [(name: String, text: String)] = [\n' "$type"
    for file in "$@"; do
        printf '        (\n            "%s",\n            ####"""\n' "$(basename "$file")"
        sed 's/^/            /' "$file"
        printf '            """####\n        ),\n'
    done
    printf '    ]\n}\n'
} >"$output.new"
mv "$output.new" "$output"
