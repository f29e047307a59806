import Compression
import Crypto
import EventLoop
import Glibc
import HTTP
import HTTPClient
import Objects
import Primitives
import Processes
import TestSupport
import Testing

@testable import Work

@Suite("Archive", .timeLimit(.minutes(2)))
struct ArchiveTests {
    /// The bytes of a file, in several pieces.
    static func file(
        _ path: String, mode: Int = 0o644, size: Int?, _ bytes: [UInt8], piece: Int = 1_000
    ) -> ArchiveEntry {
        ArchiveEntry(
            path: path, mode: mode, modified: 1_700_000_000,
            content: .file(size: size) {
                let position = Protected(0)
                return {
                    position.withLock { position in
                        guard position < bytes.count else { return nil }
                        let end = min(position + piece, bytes.count)
                        defer { position = end }
                        return Array(bytes[position..<end])
                    }
                }
            })
    }

    static func noise(_ count: Int) -> [UInt8] {
        var generator = SeededGenerator(state: 7)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    static let at: Int64 = 1_700_000_000_000
    static let name = "s_1-20231114T221320Z.tar.gz"

    private func text(_ program: String, _ arguments: [String], in directory: String? = nil) async throws -> String {
        let result = try await Process.run(
            .tied(
                "/usr/bin/env", [program] + arguments,
                environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"], directory: directory))
        #expect(result.status.isSuccess, "\(result.errorText)")
        return result.text
    }

    @Test("GNU tar reads every kind of entry, long and foreign names, and files of unknown size")
    func tar() async throws {
        let directory = try TemporaryDirectory()
        let archive = WorkspaceArchive(DirectoryObjectStore(directory.path + "/kept"), drafts: directory.path + "/kept")
        let long = "workspace/" + String(repeating: "long/", count: 60) + "file with ünïcode\tand tab"
        let bytes = Self.noise(70_000)
        let result = try await archive.write(
            "s_1",
            from: [
                ArchiveEntries([
                    ArchiveEntry(path: "session.json", modified: 1_700_000_000, bytes: Array("{}\n".utf8)),
                    ArchiveEntry(path: "workspace", mode: 0o755, modified: 1_700_000_000, content: .folder),
                    Self.file("workspace/run.sh", mode: 0o755, size: 512, [UInt8](repeating: 0x61, count: 512)),
                    ArchiveEntry(
                        path: "workspace/link", mode: 0o777, modified: 1_700_000_000,
                        content: .link(target: Array(("/etc/" + String(repeating: "x", count: 120)).utf8))),
                    Self.file("empty", size: 0, []),
                    Self.file("growing", size: 1_500, [UInt8](repeating: 0x62, count: 2_000)),
                    Self.file("old", size: 3, [1, 2, 3]),
                ]),
                ArchiveEntries([Self.file(long, size: nil, bytes)]),
            ], at: Self.at)
        expectEqual(result.name, Self.name)
        expectEqual(result.place, "\(directory.path)/kept/\(Self.name)")
        let listing = try await self.text("tar", ["--full-time", "-tvzf", result.place])
        #expect(listing.contains("-rwxr-xr-x 0/0"))
        #expect(listing.contains("2023-11-14 22:13:20 workspace/\n"))
        #expect(listing.contains("workspace/link -> /etc/xxx"))
        let out = directory.path + "/out"
        mkdir(out, 0o700)
        _ = try await self.text("tar", ["-xzf", result.place, "-C", out])
        let extracted = try #require(ArchiveTests.read("\(out)/\(long)"))
        expectEqual(extracted, bytes)
        expectEqual(ArchiveTests.read("\(out)/growing")?.count, 1_500)
        expectEqual(ArchiveTests.read("\(out)/empty"), [])
        let sum = try await self.text("sha256sum", ["--check", "\(Self.name).sha256"], in: directory.path + "/kept")
        #expect(sum.contains("OK"))
        var status = stat()
        expectEqual(stat(result.place, &status), 0)
        expectEqual(status.st_mode & 0o777, 0o600)
        expectEqual(Int(status.st_size), result.size)
        expectEqual(hex(sha256(ArchiveTests.read(result.place) ?? [])), result.digest)
        expectEqual(Self.names(in: directory.path + "/kept"), [Self.name, "\(Self.name).sha256"])
    }

    @Test("a file over 8 GiB and a time before 1970 have extended headers")
    func headers() throws {
        let entry = ArchiveEntry(
            path: "big", mode: 0o600, modified: -1, content: .file(size: 9 << 30, open: { { nil } }))
        let header = Tar.header(entry, size: 9 << 30)
        expectEqual(header.count, 3 * Tar.blockSize)
        let text = String(decoding: header, as: UTF8.self)
        #expect(text.contains("19 size=9663676416\n"))
        #expect(text.contains("mtime=-1\n"))
    }

    @Test("a file that becomes shorter fails the archive, and nothing is left of it")
    func shrunk() async throws {
        let directory = try TemporaryDirectory()
        let archive = WorkspaceArchive(DirectoryObjectStore(directory.path), drafts: directory.path)
        let error = await #expect(throws: WorkspaceFailure.self) {
            try await archive.write(
                "s_1", from: [ArchiveEntries([Self.file("log", size: 100, [1])])], at: Self.at)
        }
        expectEqual(error?.message.contains("log became shorter"), true)
        #expect(Self.names(in: directory.path).isEmpty)
    }

    @Test("a full disk fails the archive, and nothing is left of it")
    func fullDisk() async throws {
        let disk = try await SmallDisk(megabytes: 1)
        let archive = WorkspaceArchive(DirectoryObjectStore(disk.path), drafts: disk.path)
        let error = await #expect(throws: WorkspaceFailure.self) {
            try await archive.write(
                "s_1", from: [ArchiveEntries([Self.file("noise", size: nil, Self.noise(2 << 20), piece: 65_536)])],
                at: Self.at)
        }
        expectEqual(error?.message.contains("the disk is almost full"), true)
        #expect(Self.names(in: disk.path).isEmpty)
        await disk.remove()
    }

    @Test("drafts that a crash has left are removed when they are a day old")
    func drafts() async throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell(
            "mkdir kept; cd kept; touch .young.tar.gz.part; touch -d '2 days ago' .old.tar.gz.part old.tar.gz")
        let kept = "\(directory.path)/kept"
        _ = try await WorkspaceArchive(DirectoryObjectStore(kept), drafts: kept).write("s_1", from: [], at: Self.at)
        expectEqual(
            Self.names(in: kept).filter { !$0.hasPrefix(Self.name) }, [".young.tar.gz.part", "old.tar.gz"])
    }

    @Test("a directory that cannot be written is reported by the check")
    func check() async throws {
        let directory = try TemporaryDirectory()
        #expect(
            try await WorkspaceArchive(DirectoryObjectStore(directory.path + "/a/b"), drafts: directory.path + "/a/b")
                .check().contains("/a/b"))
        let file = directory.path + "/file"
        close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
        await #expect(throws: WorkspaceFailure.self) {
            _ = try await WorkspaceArchive(DirectoryObjectStore(file + "/x"), drafts: file + "/x").check()
        }
    }

    @Test("a name has only letters, digits, '-' and '_' of the session's id")
    func names() {
        expectEqual(WorkspaceArchive.name("../a b", at: 0), "___a_b-19700101T000000Z.tar.gz")
    }

    static func read(_ path: String) -> [UInt8]? {
        let number = open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        defer { close(number) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = Glibc.read(number, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    /// The names in a folder, sorted, including hidden ones.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Entries that are already known.
struct ArchiveEntries: ArchiveSource {
    private let list: [ArchiveEntry]

    init(_ list: [ArchiveEntry]) { self.list = list }

    func entries(_ add: (ArchiveEntry) async throws -> Void) async throws {
        for entry in self.list { try await add(entry) }
    }
}
