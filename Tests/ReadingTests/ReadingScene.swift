import Chat
import Compression
import EventLoop
import Glibc
import Jail
import Primitives
import TestSupport
import Testing

@testable import Files
@testable import Reading

/// A reader with its own store of files, and jails like those of a host.
struct ReadingScene {
    static let session = "s"

    let directory: TemporaryDirectory
    let files: any FileStore
    let reader: ReceivedFileReader

    /// - Parameter means: By default what this machine offers.
    init(
        _ settings: ReadingSettings = ReadingSettings(), in directory: TemporaryDirectory? = nil,
        means: JailMeans? = nil
    ) async throws {
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        self.files = FileStores.make(directory: "\(directory.path)/files", objects: nil)
        let found = if let means { means } else { try await Self.means() }
        self.reader = ReceivedFileReader(
            files: self.files, directory: "\(directory.path)/reading", settings: settings
        ) { found }
    }

    /// Reads a file as it was received.
    func read(_ bytes: [UInt8], named name: String) async throws -> ReceivedFile {
        try await self.files.keep(bytes, as: "1-1-\(name)", in: Self.session)
        let head = Array(bytes.prefix(FileListing.textLimit + 1))
        let type = FileType.sniff(head)
        let file = ReceivedFile(
            name: name, stored: "1-1-\(name)", type: type, claimedType: nil, size: bytes.count,
            pixels: ImagePixels(type, head: head), hasNotes: ImageNotes.areIn(head, of: type))
        let read = try await self.reader.read(file, in: Self.session)
        expectEqual(try Self.names(in: "\(self.directory.path)/reading").isEmpty, true)
        return read
    }

    /// The image that a model gets.
    func bytes(of file: ReceivedFile) async throws -> [UInt8] {
        try await self.files.bytes(of: file.image?.file ?? "", in: Self.session)
    }

    static func fixture(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try FileContents.read("/\(folder)/Fixtures/\(name)")
    }

    // MARK: Jails

    private static let found = Protected<JailMeans?>(nil)

    /// Tried once for the process. The jail's programs stay until its end.
    private static func means() async throws -> JailMeans {
        if let means = self.found.withLock({ $0 }) { return means }
        var template = Array("/tmp/jetbridge-reading-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("mkdtemp") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.folder.withLock { $0 = folder }
        atexit { ReadingScene.removePrograms() }
        let means = await JailMeans.probe(in: folder, programs: "\(folder)/jail")
        self.found.withLock { $0 = means }
        return means
    }

    private static let folder = Protected("")

    private static func removePrograms() {
        let folder = self.folder.withLock { $0 }
        for path in (try? self.names(in: "\(folder)/jail")) ?? [] { unlink("\(folder)/jail/\(path)") }
        for path in ["\(folder)/jail", folder] { rmdir(path) }
    }

    private static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}

enum FileContents {
    static func read(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else { throw SystemError.last("read \(path)") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, file)])
    }
}

/// A zip file.
struct Zip {
    private var local: [UInt8] = []
    private var central: [UInt8] = []
    private var count = 0

    init(_ members: KeyValuePairs<String, String> = [:]) {
        for (name, text) in members {
            // A gzip file ends with the checksum and the size that a zip's entry needs.
            let gzip = Gzip.bytes(of: Array(text.utf8))
            self.add(
                name, deflated: Array(gzip.dropFirst(10).dropLast(8)), check: Array(gzip.suffix(8).prefix(4)),
                size: text.utf8.count)
        }
    }

    mutating func add(_ name: String, deflated: [UInt8], check: [UInt8], size: Int) {
        let common =
            Self.bytes(20, 2) + Self.bytes(0, 2) + Self.bytes(8, 2) + Self.bytes(0, 4) + check
            + Self.bytes(deflated.count, 4) + Self.bytes(size, 4) + Self.bytes(name.utf8.count, 2) + Self.bytes(0, 2)
        self.central +=
            [0x50, 0x4B, 1, 2] + Self.bytes(20, 2) + common + Self.bytes(0, 10) + Self.bytes(self.local.count, 4)
            + Array(name.utf8)
        self.local += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + deflated
        self.count += 1
    }

    var bytes: [UInt8] {
        self.local + self.central + [0x50, 0x4B, 5, 6] + Self.bytes(0, 4) + Self.bytes(self.count, 2)
            + Self.bytes(self.count, 2) + Self.bytes(self.central.count, 4) + Self.bytes(self.local.count, 4)
            + Self.bytes(0, 2)
    }

    private static func bytes(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 }
    }
}
