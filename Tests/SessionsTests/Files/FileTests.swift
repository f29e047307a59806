import Primitives
import TestSupport
import Testing

@testable import Files

@Suite("Files")
struct FileTests {
    struct Head: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let type: FileType
        var testDescription: String { self.type.rawValue }

        init(_ text: String, _ type: FileType) { self.init(Array(text.utf8), type) }
        init(_ bytes: [UInt8], _ type: FileType) {
            self.bytes = bytes
            self.type = type
        }
    }

    @Test(
        "the first bytes determine the type",
        arguments: [
            Head([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0], .png), Head([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
            Head("GIF89a", .gif), Head("RIFF....WEBPVP8 ", .webp), Head("RIFF....WAVEfmt ", .text),
            Head("%PDF-1.7", .pdf), Head([0x50, 0x4B, 3, 4, 20], .zip), Head([0x1F, 0x8B, 8], .gzip),
            Head("OggS", .ogg), Head([0, 0, 0, 0x18] + Array("ftypmp42".utf8), .mp4),
            Head([0, 0, 0, 0x18] + Array("ftypheic".utf8), .heic),
            Head([0, 0, 0, 0x18] + Array("ftypmif1".utf8), .heic),
            Head([0, 0, 0, 0x18] + Array("ftypavif".utf8), .avif), Head([0x49, 0x49, 0x2A, 0, 8], .tiff),
            Head([0x4D, 0x4D, 0, 0x2A], .tiff), Head("{\\rtf1 a", .rtf), Head("BMW drives", .text),
            Head(Array("BM".utf8) + Array(repeating: 0, count: 12) + [0x28, 0, 0, 0], .bitmap),
            Head([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], .compound),
            Head("<!DOCTYPE html><title>", .html), Head("\u{FEFF}\n <HTML lang=en>", .html), Head("<p>no page", .text),
            Head("plain\r\n\ttext ä", .text), Head("", .text), Head([0x61, 0xC3], .binary),
            Head([0x61, 0xC3, 0x61], .binary),
            Head([0x00, 0x01], .binary), Head([0xFE, 0xFF, 0x00, 0x61], .binary),
        ])
    func sniff(_ head: Head) {
        expectEqual(FileType.sniff(head.bytes), head.type)
    }

    @Test("a file whose sniffed part ends inside a character still counts as text")
    func cutText() {
        for length in (FileType.headLength - 4)...(FileType.headLength + 4) {
            let text = String(repeating: "a", count: length - 2) + "🙂🙂"
            expectEqual(FileType.sniff(Array(text.utf8)), .text, "\(length)")
        }
    }

    @Test("any bytes have a type, without a crash", arguments: 0..<20)
    func random(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<100 {
            let count = Int.random(in: 0...64, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            _ = FileType.sniff(bytes)
            Self.check(String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test("no mixture of separators, dots, marks and joiners makes a path", arguments: 0..<20)
    func hostileNames(seed: UInt64) {
        let pieces = [
            "/", "\\", ".", "..", " ", "a", "\u{301}", "\u{200D}", "\u{FE0F}", "\u{2028}", "\r", "\n", "👩", "e", ".png",
            "\u{E0001}", String(repeating: "\u{302}", count: 40),
        ]
        var generator = SeededGenerator(state: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 0...8, using: &generator)
            Self.check((0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined())
        }
    }

    private static func check(_ name: String) {
        let bytes = Array(FileName.sanitized(name).utf8)
        let isPath = bytes == Array(".".utf8) || bytes.starts(with: "..".utf8)
        let isGood = !bytes.isEmpty && bytes.count <= FileName.limit && !isPath
        #expect(isGood && bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "/") }, "\(name.debugDescription)")
    }

    @Test("a web page in place of an image or a PDF is refused")
    func contradiction() {
        #expect(FileType.html.contradicts(name: "a.png", mediaType: nil))
        #expect(FileType.html.contradicts(name: "a", mediaType: "image/png"))
        #expect(FileType.html.contradicts(name: "a.PDF", mediaType: "application/octet-stream"))
        #expect(!FileType.html.contradicts(name: "a.html", mediaType: "text/html"))
        #expect(!FileType.html.contradicts(name: "png", mediaType: nil))
        #expect(!FileType.png.contradicts(name: "a.pdf", mediaType: "application/pdf"))
    }

    @Test("the claimed type counts only where the bytes leave it open")
    func told() {
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        expectEqual(FileType.zip.told(claimed: word), word)
        expectEqual(FileType.text.told(claimed: "text/x-python"), "text/x-python")
        expectEqual(FileType.png.told(claimed: "text/plain"), "image/png")
        expectEqual(FileType.text.told(claimed: "text/html"), "text/plain")
        expectEqual(FileType.binary.told(claimed: "a`b\n/c"), "application/octet-stream")
        expectEqual(FileType.binary.told(claimed: nil), "application/octet-stream")
    }

    /// Too long for a name.
    private static let letters = String(repeating: "x", count: 300)
    /// Which are one letter with the one before them.
    private static let marks = String(repeating: "\u{301}", count: 90)

    @Test(
        "names are never paths and have no invisible characters",
        arguments: [
            ("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("C:\\boot.ini", "boot.ini"),
            ("-rf", "rf"), (".bashrc", ".bashrc"), (".env.example", ".env.example"), ("..", "file"), ("", "file"),
            ("///", "file"),
            ("a\u{0}b\nc.txt", "abc.txt"),
            ("photo\u{202E}gpj.exe", "photogpj.exe"), ("a`b\"c.md", "a_b_c.md"), ("  über uns.txt ", "über uns.txt"),
            ("x/\u{301}y", "\u{301}y"), ("..\u{200D}/\u{200D}..\u{200D}/\u{200D}passwd", "passwd"),
            (".", "file"), ("...", "file"), ("-.env", ".env"), ("..-env", ".env"), ("x/.\u{301}y", ".\u{301}y"),
            (".git", "git"), (".GIT. .", "GIT. ."), (".g\u{34F}it", "g\u{34F}it"), (".gitignore", ".gitignore"),
            (".\u{FE0F}bashrc", ".\u{FE0F}bashrc"),
            (".e\(Self.marks)", ".file"), (".gite\(Self.marks)", "git"),
            (".\(Self.letters)", ".\(Self.letters.prefix(99))"),
            ("a" + String(repeating: "\u{301}", count: 90) + ".png", "file.png"),
            (String(repeating: "x", count: 300) + ".tar", String(repeating: "x", count: 96) + ".tar"),
            (String(repeating: "ä", count: 90), String(repeating: "ä", count: 50)),
        ])
    func names(name: String, wanted: String) {
        expectEqual(FileName.sanitized(name), wanted)
    }

    @Test(
        "sizes are readable",
        arguments: [
            (0, "0 B"), (1_023, "1023 B"), (1_024, "1 KiB"), (1_536, "1.5 KiB"), (20 << 20, "20 MiB"),
            (1_234_567, "1.1 MiB"), (5 << 30, "5 GiB"),
        ])
    func sizes(bytes: Int, wanted: String) {
        expectEqual(FileSize.text(bytes), wanted)
    }

    private static func file(_ name: String, _ text: String, type: FileType = .text, size: Int? = nil) -> ReceivedFile {
        ReceivedFile(
            name: name, stored: "1-1-\(name)", type: type, claimedType: nil, size: size ?? text.utf8.count, text: text)
    }

    @Test("a question lists its files and shows small texts in fences that their content cannot close")
    func listing() {
        expectEqual(FileListing.text("What?", with: []), "What?")
        let text = FileListing.text(
            "What?", with: [Self.file("a.swift", "let a = 1\n```\n"), Self.file("b.png", "", type: .png, size: 2_048)])
        expectEqual(
            text,
            """
            What?

            Files:
            - `a.swift` (text/plain, 14 B)
            - `b.png` (image/png, 2 KiB)

            `a.swift`:
            ````swift
            let a = 1
            ```
            ````
            """)
        #expect(FileListing.text("", with: [Self.file("b.png", "", type: .png)]).hasPrefix("Files:\n"))
    }

    @Test("what somebody wrote is found again before their files", arguments: ["", "What?", "a\n\nb\n", "é 📎"])
    func written(_ question: String) {
        let file = Self.file("a.txt", "one\n")
        let missing = [("b", FileFailure(reason: "it has expired"))]
        for text in [
            FileListing.text(question, with: [file]), FileListing.text(question, with: [], missing: missing),
            FileListing.text(question, with: [file], missing: missing), question,
        ] {
            expectEqual(FileListing.written(in: text), question, text)
        }
        // What others mention is not a list of files.
        let text = "Files:\n- a\n\n[file a.txt](https://e.org)\nFiles:\n- `a` (b)"
        expectEqual(FileListing.written(in: text), text)
    }

    @Test("what could not be read has its reason below the list, and documents have no language")
    func unavailable() {
        var (locked, document) = (Self.file("a.pdf", "", type: .pdf, size: 10), Self.file("b.pdf", "Text", type: .pdf))
        locked.failure = FileFailure(reason: "it is encrypted")
        document.name = "c.pdf"
        expectEqual(
            FileListing.text(
                "?", with: [locked, document], missing: [("d.bin", FileFailure(reason: "it has expired"))]),
            """
            ?

            Files:
            - `a.pdf` (application/pdf, 10 B)
            - `c.pdf` (application/pdf, 4 B)

            [file d.bin not available: it has expired]
            [file a.pdf not available: it is encrypted]

            `c.pdf`:
            ```
            Text
            ```
            """)
    }

    @Test("documents after the first have a limit together")
    func documents() {
        let big = String(repeating: "x", count: FileListing.documentLimit - 100)
        let text = FileListing.text("?", with: (1...3).map { Self.file("\($0).pdf", big, type: .pdf) })
        #expect(text.contains("`2.pdf`:\n```") && text.contains("`3.pdf` is not shown here"))
    }

    @Test("texts that are together too long are only named")
    func bounded() {
        let big = String(repeating: "x", count: FileListing.textLimit)
        let text = FileListing.text("?", with: (1...4).map { Self.file("\($0).txt", big) })
        #expect(text.utf8.count < FileListing.totalLimit + 1_024)
        #expect(text.contains("`3.txt` is not shown here"))
    }
}
