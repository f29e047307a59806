import JSON

/// Repositories in sh, awk and Perl.
extension RepairEpisode {
    static let shell = [
        RepairEpisode(
            name: "sh-sum",
            files: [
                "sum.sh": "sum() {\n    echo $(($1 - $2))\n}\n",
                "test.sh": ". ./sum.sh\n[ \"$(sum 2 3)\" = 5 ] || { echo \"sum says $(sum 2 3)\"; exit 1; }\n",
            ],
            test: "sh test.sh",
            repair: [Self.read("sum.sh"), Self.edit("sum.sh", "echo $(($1 - $2))", "echo $(($1 + $2))")],
            subject: "Add instead of subtracting",
            diff: "--- a/sum.sh\n+++ b/sum.sh\n-    echo $(($1 - $2))\n+    echo $(($1 + $2))"),
        RepairEpisode(
            name: "sh-slug",
            files: [
                "slug.sh": "#!/bin/sh\nprintf '%s\\n' \"$1\" |\n    tr A-Z a-z |\n    tr ' ' _\n",
                "test.sh": "result=$(sh slug.sh 'A Small Step')\n[ \"$result\" = a-small-step ] || exit 3\n",
            ],
            test: "sh test.sh",
            repair: [
                ("grep", ["pattern": "tr ' '", "mode": "text"]),
                // The line numbers are wrong.
                Self.patch(
                    "--- a/slug.sh\n+++ b/slug.sh\n@@ -40,2 +40,2 @@\n     tr A-Z a-z |\n-    tr ' ' _\n+    tr ' ' -\n"
                ),
            ],
            subject: "Join words by hyphens",
            diff: "--- a/slug.sh\n+++ b/slug.sh\n-    tr ' ' _\n+    tr ' ' -"),
        RepairEpisode(
            name: "sh-names",
            files: [
                "count.sh": "count=0\nfor name in $(ls data); do count=$((count + 1)); done\necho $count\n",
                "data/one": "1\n", "data/two words": "2\n",
                "test.sh": "test \"$(sh count.sh)\" -eq 2\n",
            ],
            test: "sh test.sh",
            repair: [
                ("list", ["path": ".", "depth": 2]), Self.read("count.sh"),
                Self.write("count.sh", "set -- data/*\necho $#\n"),
            ],
            subject: "Count names with spaces once",
            diff: """
                --- a/count.sh
                +++ b/count.sh
                -count=0
                -for name in $(ls data); do count=$((count + 1)); done
                -echo $count
                +set -- data/*
                +echo $#
                """),
    ]

    static let awk = [
        RepairEpisode(
            name: "awk-total",
            files: [
                "total.awk": "{ total += $1 }\nEND { print total }\n", "prices": "tea 3\nmilk 4\n",
                "test.sh": "[ \"$(awk -f total.awk prices)\" = 7 ]\n",
            ],
            test: "sh test.sh", repair: [Self.edit("total.awk", "total += $1", "total += $2")],
            subject: "Sum the second column",
            diff: "--- a/total.awk\n+++ b/total.awk\n-{ total += $1 }\n+{ total += $2 }"),
        RepairEpisode(
            name: "awk-largest",
            files: [
                "largest.awk": "$1 > largest { largest = $1 }\nEND { print largest }\n",
                "test.sh": "[ \"$(printf '%s\\n' -5 -2 -9 | awk -f largest.awk)\" = -2 ]\n",
            ],
            test: "sh test.sh",
            repair: [
                Self.patch(
                    """
                    *** Begin Patch
                    *** Update File: largest.awk
                    @@
                    -$1 > largest { largest = $1 }
                    +NR == 1 || $1 > largest { largest = $1 }
                    *** End Patch
                    """)
            ],
            subject: "Begin with the first number",
            diff: """
                --- a/largest.awk
                +++ b/largest.awk
                -$1 > largest { largest = $1 }
                +NR == 1 || $1 > largest { largest = $1 }
                """),
        RepairEpisode(
            name: "awk-table",
            files: [
                "tabel.awk": "BEGIN { FS = \":\" }\n{ print $2 }\n",
                "test.sh": "[ \"$(echo 'a:b' | awk -f table.awk)\" = b ]\n",
            ],
            test: "sh test.sh",
            repair: [
                Self.patch("*** Begin Patch\n*** Update File: tabel.awk\n*** Move to: table.awk\n*** End Patch")
            ],
            subject: "Spell the file's name as the test does",
            diff: """
                --- a/tabel.awk
                +++ /dev/null
                -BEGIN { FS = ":" }
                -{ print $2 }
                --- /dev/null
                +++ b/table.awk
                +BEGIN { FS = ":" }
                +{ print $2 }
                """),
    ]

    static let perl = [
        RepairEpisode(
            name: "pl-factorial",
            files: [
                "Factorial.pm":
                    "package Factorial;\nsub of { my $n = shift; return $n < 1 ? 0 : $n * of($n - 1); }\n1;\n",
                "test.pl": "use lib '.'; use Factorial;\nFactorial::of(5) == 120 or die 'not 120';\n",
            ],
            test: "perl test.pl", repair: [Self.edit("Factorial.pm", "? 0 :", "? 1 :")],
            subject: "The factorial of 0 is 1",
            diff: """
                --- a/Factorial.pm
                +++ b/Factorial.pm
                -sub of { my $n = shift; return $n < 1 ? 0 : $n * of($n - 1); }
                +sub of { my $n = shift; return $n < 1 ? 1 : $n * of($n - 1); }
                """),
        RepairEpisode(
            name: "pl-trim",
            files: [
                "lib/Trim.pm":
                    "package Trim;\nsub trim {\n    my $s = shift;\n    $s =~ s/^\\s+//;\n    return $s;\n}\n1;\n",
                "t/trim.pl": "use lib 'lib'; use Trim;\nTrim::trim(\"  a b \") eq 'a b' or die 'blanks are left';\n",
            ],
            test: "perl t/trim.pl",
            repair: [
                ("list", ["depth": 3]),
                Self.patch(
                    """
                    lib/Trim.pm
                    <<<<<<< SEARCH
                        return $s;
                    =======
                        $s =~ s/\\s+$//;
                        return $s;
                    >>>>>>> REPLACE

                    """),
            ],
            subject: "Trim both ends",
            diff: "--- a/lib/Trim.pm\n+++ b/lib/Trim.pm\n+    $s =~ s/\\s+$//;"),
        RepairEpisode(
            name: "pl-settings",
            files: [
                "settings.ini": "name = small\r\nlimit = ten\r\n",
                "test.pl": """
                open my $file, '<', 'settings.ini' or die;
                my %settings = map { /^(\\w+) = (\\w+)\\r\\n$/ ? ($1, $2) : die "line: $_" } <$file>;
                $settings{limit} eq '10' or die 'the limit is no number';

                """,
            ],
            test: "perl test.pl",
            repair: [Self.read("settings.ini"), Self.edit("settings.ini", "limit = ten\n", "limit = 10\n")],
            subject: "Write the limit as a number",
            diff: "--- a/settings.ini\n+++ b/settings.ini\n-limit = ten@\n+limit = 10@"),
    ]
}
