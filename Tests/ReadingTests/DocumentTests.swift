import Chat
import Jail
import TestSupport
import Testing

@testable import Files
@testable import Reading

@Suite("Documents are made readable", .timeLimit(.minutes(2)))
struct DocumentTests {
    @Test("the text of office documents and books is read", arguments: OfficeDocument.all)
    func office(document: OfficeDocument) async throws {
        let scene = try await ReadingScene()
        // By what they are, whatever their names.
        for name in [document.name, "file.bin"] {
            let read = try await scene.read(document.zip.bytes, named: name)
            expectEqual(read.failure?.reason, nil)
            expectEqual(read.text, document.text)
            #expect(read.image == nil)
        }
    }

    @Test("rich text is read with its code page, escapes and hidden parts")
    func richText() async throws {
        let scene = try await ReadingScene()
        let text =
            #"{\rtf1\ansi\ansicpg1251{\fonttbl{\f0 Arial;}}Hello \'cf\'f0\par \u1055?\u-10179?\u-8704? {\*\x hidden}"#
            + #"a\{b\}\tab c\par}"#
        let read = try await scene.read(Array(text.utf8), named: "a.doc")
        expectEqual(read.failure?.reason, nil)
        expectEqual(read.text, "Hello Пр\nП😀 a{b}\tc\n")
    }

    @Test("the text of a PDF is read, up to the limit, and kept")
    func pdf() async throws {
        let scene = try await ReadingScene(ReadingSettings(documents: 1_000))
        let one = try await scene.read(PDF.of(pages: 1), named: "one.pdf")
        expectEqual(one.failure?.reason, nil)
        expectEqual(one.text.split(separator: "\n"), ["Hello PDF"])
        let many = try await scene.read(PDF.of(pages: 300), named: "many.pdf")
        #expect(many.text.hasPrefix("Hello PDF\n") && many.text.utf8.count < 1_100)
        #expect(many.text.hasSuffix("\n[… cut: 1000 of 3300 characters]"))
        let again = try await ReadingScene(
            ReadingSettings(documents: 1_000), in: scene.directory, means: .off(.current()))
        try await expectEqual(again.read(PDF.of(pages: 300), named: "other.pdf").text, many.text)
    }

    @Test("a PDF of a hundred thousand pages, or of pages that contain each other, ends within its limits")
    func pages() async throws {
        let scene = try await ReadingScene()
        let many = try await scene.read(PDF.of(pages: 100_000), named: "many.pdf")
        #expect(many.text.contains("[… cut: 100000 of ") || many.failure?.reason == ReadingTexts.tooSlow)
        let loop = try await scene.read(
            Array(
                "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>endobj\n"
                    .utf8) + Array("trailer<</Root 1 0 R>>\n%%EOF\n".utf8), named: "loop.pdf")
        #expect(loop.failure != nil)
    }

    @Test(
        "what cannot be read has its reason",
        arguments: UnreadableFile.all)
    func unreadable(file: UnreadableFile) async throws {
        let read = try await ReadingScene().read(file.bytes, named: file.name)
        expectEqual(read.failure?.reason, file.reason)
        #expect(read.text.isEmpty && read.image == nil)
    }

    @Test("a zip of 10 MB that unpacks to 10 GB is ended: by its length, or by the jail's memory")
    func zipBomb() async throws {
        let block = try ReadingScene.fixture("megabyte.deflate")
        var deflated: [UInt8] = []
        for _ in 0..<10_000 { deflated += block }
        var zip = Zip(["word/other.xml": "x"])
        zip.add("word/document.xml", deflated: deflated + [3, 0], check: [0, 0, 0, 0], size: 4_000_000_000)
        let read = try await ReadingScene().read(zip.bytes, named: "bomb.docx")
        #expect(read.text.isEmpty)
        #expect(
            [ReadingTexts.tooMuchMemory, ReadingTexts.damaged, ReadingTexts.tooSlow].contains(read.failure?.reason))
        let text = String(repeating: "<w:p><w:t>aaaaaaaaaaaaaaaaaaaaaaaa</w:t></w:p>", count: 200_000)
        let long = try await ReadingScene().read(Zip(["word/document.xml": text]).bytes, named: "long.docx")
        #expect(long.text.hasSuffix(" characters]") && long.text.contains("[… cut: 100000 of more than "))
    }

    @Test("a stopped turn ends the conversion, and nothing of it stays")
    func stopped() async throws {
        let scene = try await ReadingScene()
        // Unstructured, to cancel it.
        let reading = Task { try await scene.read(PDF.of(pages: 100_000), named: "many.pdf") }
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        try await expectEqual(scene.files.files(prefix: "shown-", in: ReadingScene.session).map(\.name), [])
        // Its place is free, and its folder gone.
        try await expectEqual(scene.read(PDF.of(pages: 1), named: "one.pdf").failure, nil)
    }

    @Test("entities that a document declares are not expanded")
    func laughs() async throws {
        let entities = (1...9).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }.joined()
        let text = "<!DOCTYPE d [<!ENTITY l0 \"ha\">\(entities)<!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
        let read = try await ReadingScene().read(
            Zip(["word/document.xml": "\(text)<w:document><w:p><w:t>&l9;&f;!</w:t></w:p></w:document>"]).bytes,
            named: "laughs.docx")
        expectEqual(read.failure?.reason, nil)
        expectEqual(read.text, "&l9;&f;!\n")
    }

    @Test("a text that is too long to be shown whole is cut, without a jail")
    func longText() async throws {
        let scene = try await ReadingScene(ReadingSettings(documents: 1_000), means: .off(.current()))
        let read = try await scene.read(Array(String(repeating: "ab\n", count: 50_000).utf8), named: "a.log")
        #expect(read.failure == nil && read.text.hasSuffix("\n[… cut: 1000 of 150000 characters]"))
    }
}

struct OfficeDocument: Sendable, CustomTestStringConvertible {
    let name: String
    let zip: Zip
    let text: String
    var testDescription: String { self.name }

    static let all = [
        OfficeDocument(
            name: "letter.docx",
            zip: Zip([
                "word/document.xml": """
                <?xml version="1.0"?><w:document xmlns:w="w"><!-- a > b --><w:body><w:p><w:r><w:t>Über &amp; &#x20AC;</w:t>
                </w:r><w:r><w:tab/><w:t xml:space="preserve"> zwei </w:t></w:r></w:p><w:p><w:r><w:delText>gone</w:delText>
                <w:t><![CDATA[<three>]]></w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc>
                <w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>
                """,
                "word/footnotes.xml": "<w:footnotes><w:p><w:t>Note</w:t></w:p></w:footnotes>",
            ]), text: "Über & €\t zwei \n<three>\na \tb \t\n\n## Footnotes\n\nNote\n"),
        OfficeDocument(
            name: "talk.pptx",
            zip: Zip([
                "ppt/presentation.xml":
                    #"<p:presentation><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId r:id="rId1"/></p:sldIdLst>"#
                    + "</p:presentation>",
                "ppt/_rels/presentation.xml.rels":
                    #"<Relationships><Relationship Id="rId1" Target="slides/slide1.xml"/><Relationship Id="rId2" "#
                    + #"Target="/ppt/slides/slide2.xml"/></Relationships>"#,
                "ppt/slides/slide1.xml": "<p:sld><a:p><a:r><a:t>Last</a:t></a:r></a:p></p:sld>",
                "ppt/slides/slide2.xml": "<p:sld><a:p><a:r><a:t>First</a:t></a:r></a:p></p:sld>",
                "ppt/slides/_rels/slide2.xml.rels":
                    #"<Relationships><Relationship Id="r" Type="http://x/notesSlide" Target="../notes/n1.xml"/>"#
                    + "</Relationships>",
                "ppt/notes/n1.xml": "<p:notes><a:p><a:t>Say it</a:t></a:p></p:notes>",
            ]), text: "## Slide 1\n\nFirst\n\nNotes:\nSay it\n\n## Slide 2\n\nLast\n\n"),
        OfficeDocument(
            name: "numbers.xlsx",
            zip: Zip([
                "xl/workbook.xml":
                    #"<workbook><sheets><sheet name="One &amp; only" r:id="a"/><sheet name="Two" r:id="b"/></sheets>"#
                    + "</workbook>",
                "xl/_rels/workbook.xml.rels":
                    #"<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/><Relationship Id="b" "#
                    + #"Target="worksheets/sheet2.xml"/><Relationship Id="s" Type="http://x/sharedStrings" "#
                    + #"Target="sharedStrings.xml"/></Relationships>"#,
                "xl/sharedStrings.xml":
                    "<sst><si><t>Name</t></si><si><r><t>Da</t></r><r><t>te</t></r><rPh><t>no</t></rPh></si></sst>",
                "xl/styles.xml":
                    #"<styleSheet><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>"#
                    + #"<xf numFmtId="22"/></cellXfs></styleSheet>"#,
                "xl/worksheets/sheet1.xml":
                    #"<sheetData><row><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row>"#
                    + #"<c r="B2" s="1"><v>46356.5</v></c><c r="D2"><v>1.5</v></c><c r="E2" t="b"><v>1</v></c></row>"#
                    + "</sheetData>",
                "xl/worksheets/sheet2.xml":
                    #"<sheetData><row><c r="A1" t="inlineStr"><is><t>in</t></is></c></row></sheetData>"#,
            ]),
            text: "## One & only\n\nName\tDate\t\n\t2026-11-30 12:00\t\t1.5\tTRUE\t\n\n## Two\n\nin\t\n\n"),
        OfficeDocument(
            name: "text.odt",
            zip: Zip([
                "mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": "<manifest/>",
                "content.xml":
                    "<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes><text:h>Head</text:h>"
                    + #"<text:p>One<text:s text:c="2"/>two <text:span>three</text:span><text:line-break/>x</text:p>"#
                    + "</office:text>",
            ]), text: "Head\nOne  two three\nx\n"),
        OfficeDocument(
            name: "sheet.ods",
            zip: Zip([
                "META-INF/manifest.xml": "<manifest/>",
                "content.xml":
                    #"<table:table table:name="T"><table:table-row><table:table-cell><text:p>a</text:p>"#
                    + #"</table:table-cell><table:table-cell table:number-columns-repeated="2"/><table:table-cell>"#
                    + "<text:p>b</text:p></table:table-cell><table:table-cell table:number-columns-repeated=\"16000\"/>"
                    + "</table:table-row></table:table>",
            ]), text: "## T\n\na\t\t\tb\n\n"),
        OfficeDocument(
            name: "book.epub",
            zip: Zip([
                "META-INF/container.xml": #"<container><rootfile full-path="OPS/book.opf"/></container>"#,
                "OPS/book.opf":
                    #"<package><manifest><item id="b" href="b%20c.xhtml"/><item id="a" href="../a.xhtml"/></manifest>"#
                    + #"<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"#,
                "a.xhtml":
                    "<html><head><title>T</title></head><body><h1>One</h1>\n<p>It&rsquo;s &unknown;</p></body></html>",
                "OPS/b c.xhtml": "<html><body><script>no</script><p>Two<br/>lines</p></body></html>",
            ]), text: "One\nIt’s &unknown;\n\nTwo\nlines\n\n"),
    ]
}

struct UnreadableFile: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    let reason: String
    var testDescription: String { self.name }

    static let all = [
        UnreadableFile(
            name: "locked.pdf", bytes: (try? ReadingScene.fixture("locked.pdf")) ?? [],
            reason: "it is encrypted; send it without a password"),
        UnreadableFile(
            name: "blank.pdf", bytes: PDF.of(pages: 1, text: ""),
            reason: "it has no text; its pages may be pictures"),
        UnreadableFile(
            name: "broken.pdf", bytes: Array("%PDF-1.4 nothing".utf8),
            reason: "it is damaged, or not what its beginning says"),
        UnreadableFile(
            name: "half.docx", bytes: Array(OfficeDocument.all[0].zip.bytes.prefix(300)),
            reason: "it is damaged, or not what its beginning says"),
        UnreadableFile(
            name: "locked.odt",
            bytes: Zip([
                "content.xml": "x",
                "META-INF/manifest.xml":
                    "<manifest><file-entry><encryption-data a='b'></encryption-data></file-entry></manifest>",
            ]).bytes, reason: "it is encrypted; send it without a password"),
        UnreadableFile(
            name: "a.zip", bytes: Zip(["a.txt": "hello"]).bytes, reason: "archives are not unpacked"),
        UnreadableFile(
            name: "old.doc", bytes: [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
            reason: ReadingTexts.oldOffice),
        UnreadableFile(
            name: "movie.mp4", bytes: [0, 0, 0, 24] + Array("ftypisom".utf8),
            reason: "files of its type (video/mp4) cannot be shown"),
    ]
}

enum PDF {
    static func of(pages: Int, text: String = "Hello PDF") -> [UInt8] {
        let kids = (0..<pages).map { "\($0 + 10) 0 R" }.joined(separator: " ")
        let content = "BT /F 24 Tf 50 100 Td (\(text)) Tj ET"
        let objects = (0..<pages).map { "\($0 + 10) 0 obj<</Type/Page/Parent 2 0 R/Contents 4 0 R>>endobj\n" }.joined()
        return Array(
            """
            %PDF-1.4
            1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
            4 0 obj<</Length \(content.utf8.count)>>stream
            \(content)
            endstream endobj
            5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
            2 0 obj<</Type/Pages/MediaBox[0 0 300 300]/Resources<</Font<</F 5 0 R>>>>/Count \(pages)/Kids[\(kids)]>>endobj
            \(objects)trailer<</Root 1 0 R/Size \(pages + 10)>>
            %%EOF

            """.utf8)
    }
}
