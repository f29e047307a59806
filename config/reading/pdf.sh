# Writes the text of a PDF to standard output, page by page.
damaged=3 locked=5
pdftotext -enc UTF-8 -nopgbrk /workspace/file - 2>/tmp/errors && exit 0
if head -c 4096 /tmp/errors | grep -qiE 'password|permission|not allowed'; then exit $locked; fi
exit $damaged
