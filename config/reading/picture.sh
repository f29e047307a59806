# Writes a picture as PNG or JPEG to standard output: upright, without what the camera noted, no side longer than $1.
side=$1
file=/workspace/file
damaged=3 large=6
export VIPS_CONCURRENCY=1 VIPS_WARNING=0
# Only for bitmaps, because ImageMagick reads them.
[ "$(head -c 2 "$file")" = BM ] || export VIPS_BLOCK_UNTRUSTED=1
# Reads no more than the header.
field() { vipsheader -f "$1" "$file" 2>/dev/null; }
width=$(field width) && height=$(field height) && bands=$(field bands) || exit $damaged
[ $((width * height)) -le 100000000 ] || exit $large
write() { vipsthumbnail "$file" --size "${side}x$side>" --eprofile srgb -o "$1" 2>/dev/null || exit $damaged; }
case $(field vips-loader),$bands in
pngload*,* | gifload*,* | magickload*,* | *,2 | *,4)
    write '/tmp/picture.png[strip]'
    # A larger one is a photo, which JPEG makes small.
    if [ "$(wc -c </tmp/picture.png)" -le 1500000 ]; then exec cat /tmp/picture.png; fi
    ;;
esac
write '/tmp/picture.jpg[strip,Q=88,background=255]'
exec cat /tmp/picture.jpg
