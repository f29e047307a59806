import Chat
import Jail
import TestSupport
import Testing

@testable import Files
@testable import Reading

@Suite("Images are made readable", .timeLimit(.minutes(2)))
struct PictureTests {
    @Test(
        "each format is converted by what the file is, whatever its name, and scaled down",
        arguments: [
            ("two.heic", "IMG_1.HEIC", "image/jpeg"), ("two.heic", "photo.jpg", "image/jpeg"),
            ("two.avif", "a.avif", "image/jpeg"), ("two.webp", "a.webp", "image/jpeg"),
            ("two.tif", "scan.tif", "image/jpeg"),
        ])
    func converted(fixture: String, name: String, type: String) async throws {
        let scene = try await ReadingScene()
        let read = try await scene.read(ReadingScene.fixture(fixture), named: name)
        expectEqual(read.failure?.reason, nil)
        let image = try #require(read.image)
        expectEqual([image.width, image.height], [1_568, 784])
        #expect(image.mediaType == type && image.name == name && image.file != read.stored)
        let bytes = try await scene.bytes(of: read)
        #expect(bytes.count == image.size && FileType.sniff(bytes).mediaType == type)
    }

    @Test("a bitmap becomes PNG; the setting says how long a side may be")
    func bitmap() async throws {
        let scene = try await ReadingScene(ReadingSettings(images: 256))
        let read = try await scene.read(Self.bitmap(width: 512, height: 100), named: "a.bmp")
        let image = try #require(read.image, "\(read.failure?.reason ?? "")")
        #expect(image.width == 256 && image.height == 50 && image.mediaType == "image/png")
    }

    @Test("a photo is turned upright, and where it was taken is not sent")
    func notes() async throws {
        let scene = try await ReadingScene()
        let original = try ReadingScene.fixture("turned.jpg")
        #expect(Self.contains(original, "Berlin"))
        let read = try await scene.read(original, named: "turned.jpg")
        let image = try #require(read.image, "\(read.failure?.reason ?? "")")
        expectEqual([image.width, image.height], [50, 100])
        let bytes = try await scene.bytes(of: read)
        #expect(!Self.contains(bytes, "Berlin") && !Self.contains(bytes, "Exif"))
    }

    @Test("what was made is kept by content and settings: the next time no jail is needed, also after a restart")
    func kept() async throws {
        let first = try await ReadingScene()
        let heic = try ReadingScene.fixture("two.heic")
        let image = try #require(try await first.read(heic, named: "a.heic").image)
        let second = try await ReadingScene(in: first.directory, means: .off(.current()))
        let again = try #require(try await second.read(heic, named: "b.heic").image)
        #expect(again.file == image.file && again.name == "b.heic" && again.size == image.size)
        let other = try await ReadingScene(
            ReadingSettings(images: 300), in: first.directory, means: .off(.current()))
        try await expectEqual(other.read(heic, named: "c.heic").failure?.reason, ReadingTexts.noJail)
    }

    @Test("an image that claims too many pixels is not decoded: by its own header, or by what the jail reads of it")
    func bombs() async throws {
        let scene = try await ReadingScene()
        for (bytes, name) in [
            (Self.png(40_000, 40_000), "a.png"), (Self.png(Int(UInt32.max), Int(UInt32.max)), "b.png"),
            (Self.tiff(40_000, 40_000), "a.tif"),
        ] {
            let read = try await scene.read(bytes, named: name)
            #expect(read.image == nil)
            expectEqual(read.failure?.reason, "it has more than 100 million pixels")
        }
    }

    @Test("damaged images are refused", arguments: ["two.heic", "two.tif"])
    func damaged(fixture: String) async throws {
        let scene = try await ReadingScene()
        let read = try await scene.read(Array(ReadingScene.fixture(fixture).prefix(300)), named: fixture)
        #expect(read.image == nil)
        expectEqual(read.failure?.reason, ReadingTexts.damaged)
    }

    @Test("without a jail nothing is converted, and images that models take as they are stay")
    func noJail() async throws {
        let scene = try await ReadingScene(means: .off(.current()))
        let large = try await scene.read(Self.png(3_000, 2_000), named: "a.png")
        #expect(large.failure == nil && large.image?.file == "1-1-a.png")
        for (bytes, name) in [
            (try ReadingScene.fixture("two.heic"), "a.heic"), (try ReadingScene.fixture("turned.jpg"), "a.jpg"),
            (Self.png(9_000, 20), "long.png"), (Array("%PDF-1.4".utf8), "a.pdf"),
        ] {
            let read = try await scene.read(bytes, named: name)
            #expect(read.image == nil)
            expectEqual(read.failure?.reason, "this host has no jail to open it in")
        }
    }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let text = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: text) }
    }

    /// Only a header.
    static func png(_ width: Int, _ height: Int) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
            + Self.bytes(width, 4).reversed() + Self.bytes(height, 4).reversed() + [8, 2, 0, 0, 0, 0, 0, 0, 0]
    }

    /// A header with 8 bits of grey, and no pixels.
    private static func tiff(_ width: Int, _ height: Int) -> [UInt8] {
        let fields = [
            (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 10),
        ]
        return [0x49, 0x49, 0x2A, 0] + Self.bytes(8, 4) + Self.bytes(fields.count, 2)
            + fields.flatMap { Self.bytes($0.0, 2) + Self.bytes(4, 2) + Self.bytes(1, 4) + Self.bytes($0.1, 4) }
            + Self.bytes(0, 4)
    }

    /// Black.
    private static func bitmap(width: Int, height: Int) -> [UInt8] {
        let pixels = [UInt8](repeating: 0, count: width * height * 3)
        return Array("BM".utf8) + Self.bytes(54 + pixels.count, 4) + Self.bytes(0, 4) + Self.bytes(54, 4)
            + Self.bytes(40, 4) + Self.bytes(width, 4) + Self.bytes(height, 4) + Self.bytes(1, 2) + Self.bytes(24, 2)
            + Self.bytes(0, 4) + Self.bytes(pixels.count, 4) + Self.bytes(0, 16) + pixels
    }

    private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }
}
