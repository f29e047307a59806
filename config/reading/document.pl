# Writes the text of a document to standard output, piece by piece. It expands no entities but XML's own, reads no other
# file than the one named, and keeps nothing but a workbook's strings.
use strict;
use warnings;

my ($kind, $file) = @ARGV;
my ($damaged, $foreign, $locked) = (3, 4, 5);
my (%members, %patterns);
my %named = (
    lt => '<', gt => '>', amp => '&', quot => '"', apos => "'", nbsp => ' ', ndash => "\xE2\x80\x93",
    mdash => "\xE2\x80\x94", hellip => "\xE2\x80\xA6", lsquo => "\xE2\x80\x98", rsquo => "\xE2\x80\x99",
    ldquo => "\xE2\x80\x9C", rdquo => "\xE2\x80\x9D", copy => "\xC2\xA9", shy => '');

sub letter {
    my ($number) = @_;
    return '' if $number > 0x10FFFF || ($number >= 0xD800 && $number < 0xE000);
    return $number == 9 || $number == 10 ? chr $number : '' if $number < 32;
    my $letter = chr $number;
    utf8::encode($letter);
    return $letter;
}

sub plain {
    my ($text) = @_;
    $text =~ s/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]{2,6}));/
        defined $1 ? letter(hex $1) : defined $2 ? letter($2) : $named{$3} \/\/ "&$3;"/ge;
    return $text;
}

# Calls $take->($name, $tag, $text) for each tag of a member, with the text before it: "p" opens, "/p" closes, "p/" does
# both. Names have no prefix.
sub parse {
    my ($member, $take) = @_;
    return 0 unless $members{$member};
    (my $pattern = $member) =~ s/([\[\]*?\\])/\\$1/g;
    open(my $input, '-|', 'unzip', '-p', $file, $pattern) or exit $damaged;
    local $/ = '>';
    my $text = '';
    while (defined(my $piece = <$input>)) {
        my $start = index($piece, '<');
        if ($start < 0) { $text .= $piece; next }
        my $tag = substr($piece, $start);
        my $end = '>';
        if (substr($tag, 1, 1) eq '!') {
            $end = $tag =~ /^<!--/ ? '-->' : $tag =~ /^<!\[CDATA\[/ ? ']]>' : '>';
            while (substr($tag, -length $end) ne $end && defined(my $more = <$input>)) { $tag .= $more }
        }
        if ($start) {
            my $before = substr($piece, 0, $start);
            $text .= index($before, '&') < 0 ? $before : plain($before);
        }
        if ($end eq ']]>') { $text .= substr($tag, 9, -3); next }
        next if $tag =~ /^<[!?]/;
        if ($tag =~ m{^<(/?)(?:[\w.-]+:)?([\w.-]+)[^>]*?(/?)>$}s) {
            if ($take->("$1$2$3", $tag, $text)) { close $input; return 1 }
        }
        $text = '';
    }
    close $input;
    exit $damaged if $?;
    return 1;
}

sub attribute {
    my ($tag, $name) = @_;
    my $pattern = $patterns{$name} //= qr/[\s:]\Q$name\E\s*=\s*(?:"([^"]*)"|'([^']*)')/;
    return undef unless $tag =~ $pattern;
    my $value = $1 // $2;
    return index($value, '&') < 0 ? $value : plain($value);
}

# The path of a target that a member names.
sub path {
    my ($member, $target) = @_;
    $target =~ s/[#?].*//s;
    $target =~ s/%([0-9a-fA-F]{2})/chr hex $1/ge;
    my @parts = $target =~ m{^/} ? () : split m{/}, $member =~ m{^(.*)/[^/]*$} ? $1 : '';
    for my $part (split m{/}, $target) {
        if ($part eq '..') { pop @parts } elsif ($part ne '' && $part ne '.') { push @parts, $part }
    }
    return join '/', @parts;
}

# The targets of a member's relations, by id; and those of a type.
sub relations {
    my ($member, $type) = @_;
    my ($folder, $name) = $member =~ m{^(?:(.*)/)?([^/]+)$};
    my (%targets, @typed);
    parse((defined $folder ? "$folder/" : '') . "_rels/$name.rels", sub {
        my ($tag, $target) = ($_[1], attribute($_[1], 'Target'));
        return 0 unless $_[0] =~ m{^Relationship/?$} && defined $target;
        $targets{attribute($tag, 'Id') // ''} = path($member, $target);
        push @typed, path($member, $target) if defined $type && (attribute($tag, 'Type') // '') =~ m{/$type$};
        return 0;
    });
    return defined $type ? @typed : %targets;
}

# Text with paragraphs, of Word and PowerPoint.
sub office {
    my ($member) = @_;
    my ($is_text, $cells, $fallback) = (0, 0, 0);
    parse($member, sub {
        my ($name, $tag, $text) = @_;
        if ($name eq 'Fallback') { $fallback++ }
        if ($name eq '/Fallback') { $fallback-- }
        return 0 if $fallback;
        print $text if $is_text;
        $is_text = $name eq 't';
        if ($name eq 'tc') { $cells++ }
        elsif ($name eq '/tc') { $cells--; print "\t" }
        elsif ($name eq '/tr') { print "\n" }
        elsif ($name eq '/p' || $name eq 'br/' || $name eq 'cr/') { print $cells ? ' ' : "\n" }
        elsif ($name eq 'tab/') { print "\t" }
        return 0;
    });
}

sub docx {
    office('word/document.xml');
    for my $notes ('footnotes', 'endnotes', 'comments') {
        next unless $members{"word/$notes.xml"};
        print "\n## \u$notes\n\n";
        office("word/$notes.xml");
    }
}

sub pptx {
    my %targets = relations('ppt/presentation.xml');
    my $number = 0;
    my @slides;
    parse('ppt/presentation.xml', sub {
        push @slides, $targets{attribute($_[1], 'r:id') // ''} if $_[0] =~ m{^sldId/?$};
        return 0;
    });
    for my $slide (grep { defined } @slides) {
        $number++;
        print "## Slide $number\n\n";
        office($slide);
        for my $notes (relations($slide, 'notesSlide')) { print "\nNotes:\n"; office($notes) }
        print "\n";
    }
}

# Which of a workbook's cell formats are dates.
sub dates {
    my (%own, @dates);
    my $is_cell = 0;
    parse('xl/styles.xml', sub {
        my ($name, $tag) = @_;
        if ($name =~ m{^numFmt/?$}) {
            my $code = attribute($tag, 'formatCode') // '';
            $code =~ s/"[^"]*"|\[[^\]]*\]|\\.//g;
            $own{attribute($tag, 'numFmtId') // ''} = $code =~ /[ymdhs]/i ? 1 : 0;
        }
        if ($name eq 'cellXfs') { $is_cell = 1 }
        if ($name eq '/cellXfs') { $is_cell = 0 }
        if ($is_cell && $name =~ m{^xf/?$}) {
            my $format = attribute($tag, 'numFmtId') // 0;
            push @dates, $own{$format} // ($format =~ /^(?:1[4-9]|2[0-2]|4[5-7])$/ ? 1 : 0);
        }
        return 0;
    });
    return @dates;
}

sub date {
    my ($value) = @_;
    return $value unless $value =~ /^\d{1,7}(?:\.\d+)?$/;
    my $seconds = int($value * 86400 + 0.5);
    my $clock = sprintf '%02d:%02d', int($seconds / 3600) % 24, int($seconds / 60) % 60;
    return $clock if $value < 1;
    my @day = gmtime($seconds - 25569 * 86400);
    my $day = sprintf '%04d-%02d-%02d', $day[5] + 1900, $day[4] + 1, $day[3];
    return $seconds % 86400 ? "$day $clock" : $day;
}

sub xlsx {
    my ($number, $text, $is_text, $phonetic) = (0, '', 0, 0);
    my (@strings, @sheets);
    my %targets = relations('xl/workbook.xml');
    my ($list) = relations('xl/workbook.xml', 'sharedStrings');
    parse($list // '', sub {
        my ($name, $tag, $piece) = @_;
        $text .= $piece if $is_text && !$phonetic;
        $is_text = $name eq 't';
        if ($name eq 'rPh') { $phonetic = 1 }
        if ($name eq '/rPh') { $phonetic = 0 }
        if ($name eq '/si' || $name eq 'si/') { $text =~ s/\s+/ /g; push @strings, $text; $text = '' }
        return 0;
    });
    my @dates = dates();
    parse('xl/workbook.xml', sub {
        my ($name, $tag) = @_;
        push @sheets, [attribute($tag, 'name') // '', $targets{attribute($tag, 'r:id') // ''}] if $name =~ m{^sheet/?$};
        return 0;
    });
    for my $sheet (@sheets) {
        my ($title, $member) = @$sheet;
        next unless defined $member;
        print "## $title\n\n";
        my ($column, $type, $style, $value, $is_value) = (0, '', 0, '', 0);
        parse($member, sub {
            my ($name, $tag, $piece) = @_;
            $value .= $piece if $is_value;
            $is_value = $name eq 'v' || $name eq 't';
            if ($name eq 'row') { $column = 0 }
            elsif ($name eq '/row') { print "\n" }
            elsif ($name eq 'c') {
                ($type, $style, $value) = (attribute($tag, 't') // 'n', attribute($tag, 's') // 0, '');
                my $place = 0;
                if ((attribute($tag, 'r') // '') =~ /^([A-Z]{1,3})\d/) { $place = $place * 26 + ord($_) - 64 for split //, $1 }
                # A few empty cells keep their places; thousands would only be tabs.
                my $gap = $place ? $place - 1 - $column : 0;
                if ($gap > 0) { print "\t" x ($gap < 64 ? $gap : 64); $column += $gap }
            }
            elsif ($name eq '/c') {
                $value = $strings[$value] // '' if $type eq 's' && $value =~ /^\d{1,9}$/;
                $value = $value eq '1' ? 'TRUE' : 'FALSE' if $type eq 'b';
                $value = date($value) if $type eq 'n' && $style =~ /^\d{1,6}$/ && $dates[$style];
                $value =~ s/\s+/ /g;
                print "$value\t";
                $column++;
            }
            return 0;
        });
        print "\n";
    }
}

# LibreOffice's text, sheets and slides.
sub odf {
    my ($depth, $skipped, $number, $row, $is_sheet) = (0, 0, 0, '', 0);
    my $say = sub { if ($is_sheet) { $row .= $_[0] } else { print $_[0] } };
    parse('content.xml', sub {
        my ($name, $tag, $text) = @_;
        if ($name eq 'tracked-changes' || $name eq 'annotation') { $skipped++ }
        if ($name eq '/tracked-changes' || $name eq '/annotation') { $skipped-- }
        return 0 if $skipped;
        if ($depth) { $text =~ s/\s+/ /g; $say->($text) }
        if ($name eq 'p' || $name eq 'h') { $depth++ }
        elsif ($name eq '/p' || $name eq '/h' || $name eq 'line-break/') {
            $depth-- unless $name eq 'line-break/';
            $say->($is_sheet ? ' ' : "\n");
        }
        elsif ($name eq 'tab/') { $say->("\t") }
        elsif ($name eq 's/') {
            my $count = attribute($tag, 'c') // 1;
            $say->(' ' x ($count =~ /^\d{1,3}$/ ? $count : 1));
        }
        elsif ($name eq 'page' && $tag =~ /^<draw:/) { $number++; print "## Slide $number\n\n" }
        elsif ($name eq 'table') { $is_sheet++; print "## ", attribute($tag, 'table:name') // '', "\n\n" }
        elsif ($name eq '/table') { $is_sheet--; print "\n" }
        elsif ($name eq '/table-cell' || $name =~ m{^(?:covered-)?table-cell/$}) {
            my $repeated = attribute($tag, 'number-columns-repeated') // 1;
            $row =~ s/ $//;
            $row .= "\t" x ($repeated =~ /^\d{1,2}$/ ? $repeated : 1);
        }
        elsif ($name eq '/table-row') { $row =~ s/\s+$//; print "$row\n"; $row = '' }
        return 0;
    });
}

sub epub {
    my ($book, %items, @spine);
    parse('META-INF/container.xml', sub {
        $book //= attribute($_[1], 'full-path') if $_[0] =~ m{^rootfile/?$};
        return 0;
    });
    exit $damaged unless defined $book && $members{$book};
    parse($book, sub {
        my ($name, $tag) = @_;
        if ($name =~ m{^item/?$}) { $items{attribute($tag, 'id') // ''} = path($book, attribute($tag, 'href') // '') }
        if ($name =~ m{^itemref/?$}) { push @spine, $items{attribute($tag, 'idref') // ''} }
        return 0;
    });
    for my $chapter (grep { defined } @spine) {
        my ($hidden, $is_empty) = (0, 1);
        parse($chapter, sub {
            my ($name, $tag, $text) = @_;
            unless ($hidden) {
                $text =~ s/\s+/ /g;
                $text =~ s/^ // if $is_empty;
                print $text;
                $is_empty = 0 if $text ne '';
            }
            if ($name =~ /^(?:head|script|style)$/) { $hidden++ }
            elsif ($name =~ m{^/(?:head|script|style)$}) { $hidden-- }
            elsif (!$is_empty && $name =~ m{^(?:/(?:p|h[1-6]|li|tr|div|blockquote|pre|dt|dd)|br/?)$}) {
                print "\n";
                $is_empty = 1;
            }
            elsif ($name =~ m{^/t[dh]$}) { print "\t" }
            return 0;
        });
        print "\n";
    }
}

sub rtf {
    open(my $input, '<:raw', $file) or exit $damaged;
    my $data = do { local $/; <$input> };
    my %set = (page => 1252);
    my (@groups, @high);
    my ($skipped, $fallback, $left) = (0, 1, 0);
    my %text = (
        par => "\n", line => "\n", row => "\n", sect => "\n", page => "\n", tab => "\t", cell => "\t",
        emdash => "\xE2\x80\x94", endash => "\xE2\x80\x93", bullet => "\xE2\x80\xA2", lquote => "\xE2\x80\x98",
        rquote => "\xE2\x80\x99", ldblquote => "\xE2\x80\x9C", rdblquote => "\xE2\x80\x9D");
    my %hidden = map { $_ => 1 } qw(fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl
        footerr generator listtable listoverridetable rsidtbl themedata datastore xmlnstbl fldinst);
    my $high = sub {
        unless (@high) {
            my $code = $set{page} =~ /^\d{3,5}$/ ? $set{page} : 1252;
            my $bytes = join ' ', map { sprintf '\\%03o\\n', $_ } 128 .. 255;
            $bytes =~ s/ //g;
            @high = split /\n/, `printf '$bytes' | iconv -c -f CP$code -t UTF-8 2>/dev/null`, -1;
            @high = ('?') x 128 if @high < 128;
        }
        return $high[$_[0] - 128];
    };
    while ($data =~ /\G(?:([^\\{}]+)|([{}])|\\'([0-9a-fA-F]{2})|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\(.)|(.))/gs) {
        if (defined $1) {
            (my $plain = $1) =~ tr/\r\n\0//d;
            if ($left) { my $cut = $left < length $plain ? $left : length $plain; $left -= $cut; $plain = substr $plain, $cut }
            $plain =~ s/([\x80-\xFF])/$high->(ord $1)/ge;
            print $plain unless $skipped;
        }
        elsif (defined $2) {
            $left = 0;
            if ($2 eq '{') { push @groups, [$skipped, $fallback] if @groups < 10_000 }
            elsif (my $group = pop @groups) { ($skipped, $fallback) = @$group }
        }
        elsif (defined $3) {
            if ($left) { $left-- }
            elsif (!$skipped) { my $byte = hex $3; print $byte < 128 ? letter($byte) : $high->($byte) }
        }
        elsif (defined $4) {
            my ($word, $number) = ($4, $5);
            if ($word eq 'ansicpg') { $set{page} = $number // 1252; @high = () }
            elsif ($word eq 'uc') { $fallback = $number // 1 }
            elsif ($word eq 'bin') { pos($data) += $number if ($number // 0) > 0 && pos($data) + $number <= length $data }
            elsif ($word eq 'u' && defined $number) {
                $number += 65536 if $number < 0;
                # Half of a pair waits for the other.
                if ($number >= 0xD800 && $number < 0xDC00) { $set{half} = $number }
                elsif ($number >= 0xDC00 && $number < 0xE000) {
                    print letter(0x10000 + (($set{half} - 0xD800) << 10) + $number - 0xDC00) if !$skipped && $set{half};
                    $set{half} = undef;
                }
                elsif (!$skipped) { print letter($number) }
                $left = $fallback;
            }
            elsif ($hidden{$word}) { $skipped = 1 }
            elsif (!$skipped && defined $text{$word}) { print $text{$word} }
        }
        elsif (defined $6) {
            my $sign = $6;
            if ($sign eq '*') { $skipped = 1 }
            elsif ($skipped) { next }
            elsif ($sign eq '~') { print ' ' }
            elsif ($sign eq '_') { print '-' }
            elsif ($sign eq "\n" || $sign eq "\r") { print "\n" }
            elsif (index('\\{}', $sign) >= 0) { print $sign }
        }
    }
}

binmode STDOUT;
if ($kind eq 'rtf') { rtf(); exit 0 }
open(my $listing, '-|', 'unzip', '-Z1', $file) or exit $damaged;
while (my $name = <$listing>) {
    chomp $name;
    $members{$name} = 1;
    last if keys %members > 20_000;
}
close $listing;
exit $damaged unless %members;
if ($members{'word/document.xml'}) { docx() }
elsif ($members{'ppt/presentation.xml'}) { pptx() }
elsif ($members{'xl/workbook.xml'}) { xlsx() }
elsif ($members{'META-INF/container.xml'}) { epub() }
elsif ($members{'content.xml'} && $members{'META-INF/manifest.xml'}) {
    parse('META-INF/manifest.xml', sub { exit $locked if $_[0] =~ m{^encryption-data/?$}; return 0 });
    odf();
}
else { exit $foreign }
