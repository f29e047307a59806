import Chat
import Store
import TestSupport
import Testing

@testable import Files

@Suite("The size of images")
struct ImagePixelsTests {
    private static func bytes(_ parts: [any Sequence<UInt8>]) -> [UInt8] { parts.flatMap { Array($0) } }

    private static let png = Self.bytes([
        [0x89], "PNG\r\n\u{1A}\n".utf8, [0, 0, 0, 13], "IHDR".utf8, [0, 0, 2, 128, 0, 0, 1, 224, 8, 6, 0, 0, 0],
    ])
    private static let gif = Self.bytes(["GIF89a".utf8, [0x80, 0x02, 0xE0, 0x01, 0, 0, 0]])
    /// A segment of a camera before the frame's header.
    private static let jpeg = Self.bytes([
        [0xFF, 0xD8, 0xFF, 0xE1, 0, 6, 1, 2, 3, 4, 0xFF, 0xC2, 0, 17, 8, 1, 0xE0, 2, 0x80, 3, 0, 0, 0]
    ])
    private static let lossy = Self.bytes([
        "RIFF\0\0\0\0WEBPVP8 ".utf8, [0, 0, 0, 0, 0, 0, 0, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01],
    ])
    private static let lossless = Self.bytes([
        // 640 - 1 in 14 bits, then 480 - 1.
        "RIFF\0\0\0\0WEBPVP8L".utf8, [0, 0, 0, 0, 0x2F, 0x7F, 0xC2, 0x77, 0x00, 0, 0, 0, 0, 0],
    ])
    private static let extended = Self.bytes([
        "RIFF\0\0\0\0WEBPVP8X".utf8, [10, 0, 0, 0, 0, 0, 0, 0, 0x7F, 0x02, 0, 0xDF, 0x01, 0],
    ])

    @Test(
        "is read from their beginning",
        arguments: [
            (FileType.png, Self.png), (.gif, Self.gif), (.jpeg, Self.jpeg), (.webp, Self.lossy),
            (.webp, Self.lossless), (.webp, Self.extended),
        ])
    func size(type: FileType, head: [UInt8]) {
        expectEqual(FileType.sniff(head), type)
        let pixels = ImagePixels(type, head: head)
        #expect(pixels?.width == 640 && pixels?.height == 480)
        // Whatever is missing or broken: no size, and no crash.
        for count in 0..<head.count { _ = ImagePixels(type, head: Array(head.prefix(count))) }
        for place in head.indices {
            var broken = head
            broken[place] ^= 0xFF
            _ = ImagePixels(type, head: broken)
        }
        expectEqual(ImagePixels(type, head: Array(head.prefix(8))), nil)
    }

    @Test("other files have none")
    func others() { expectEqual(ImagePixels(.text, head: Self.png), nil) }

    @Test("stored images read back as they were written, and are no attachments to fetch")
    func stored() throws {
        let images = [
            SentImage(file: "1-1-a.png", name: "a.png", mediaType: "image/png", size: 12, width: 2, height: 1),
            SentImage(file: "1-2-b.gif", name: "b.gif", mediaType: "image/gif", size: 7),
        ]
        let text = StoredForm.text(of: images)
        try expectEqual(StoredForm.images(from: text), images)
        #expect(try StoredForm.attachments(from: text).isEmpty)
        let waiting = StoredForm.text(of: [Attachment(id: "F1", name: "a.png")])
        #expect(try StoredForm.images(from: waiting).isEmpty)
        #expect(try StoredForm.images(from: nil).isEmpty)
        expectEqual(StoredForm.text(of: [SentImage]()), nil)
        let files = [
            SentFile(number: 1, file: "1-1-a.png", name: "a.png", mediaType: "image/png", size: 12),
            SentFile(number: 3, file: nil, name: "c", mediaType: nil, size: nil),
        ]
        let both = StoredForm.text(of: images, files)
        try expectEqual(StoredForm.files(from: both), files)
        try expectEqual(StoredForm.images(from: both), images)
        #expect(try StoredForm.files(from: waiting).isEmpty && StoredForm.attachments(from: both).isEmpty)
    }

    @Test("the list of files below a message is not what its author wrote")
    func listing() {
        let file = ReceivedFile(
            name: "a b.txt", stored: "12-2-a b.txt", type: .text, claimedType: nil, size: 4, text: "x\n")
        expectEqual(
            file.sent, SentFile(number: 2, file: "12-2-a b.txt", name: "a b.txt", mediaType: "text/plain", size: 4))
        for written in ["", "Look 📎", "Files:\n- `other` (x)", "Files:"] {
            let text = FileListing.text(written, with: [file])
            expectEqual(FileListing.beginning(in: text, of: file.name), written.utf16.count, written)
        }
        expectEqual(FileListing.beginning(in: "Files:", of: file.name), nil)
    }
}
