import Backup
import Compression
import Database
import TestSupport
import Testing

@testable import Backup

@Suite("what a backup can have", .timeLimit(.minutes(1)))
struct BackupLimitsTests {
    private static func create(in data: DataFolder, within limits: BackupLimits) async throws -> BackupManifest {
        try await Backup().create(
            "\(data.top)/backup.tar.gz", of: data.source, passphrase: nil, at: DataFolder.at, within: limits)
    }

    /// What was left out of the workspace, by its name, with the reason.
    private static func skipped(_ manifest: BackupManifest) -> [String] {
        let folder = "data/workspaces/s_1/files/"
        return manifest.skipped.filter { $0.hasPrefix(folder) && $0 != "\(folder)holes (a file of holes)" }
            .map { String($0.dropFirst(folder.count)) }.sorted()
    }

    @Test("a workspace's file with many hard links is copied as often as there is room")
    func links() async throws {
        let data = try await DataFolder()
        try data.shell.shell(
            """
            cd data/workspaces/s_1/files && head -c 1000 /dev/urandom > l1 && for i in 2 3 4 5; do ln l1 l$i; done \
            && cd ../../../files/s_1 && head -c 5000 /dev/urandom > kept1 && ln kept1 kept2
            """)
        let manifest = try await Self.create(in: data, within: BackupLimits(repeats: 2_999))
        expectEqual(Self.skipped(manifest), ["l4 (a further hard link)", "l5 (a further hard link)"])
        try await expectEqual(data.restore(), manifest)
        try expectEqual(
            data.shell.shell(
                """
                cd restored && cmp workspaces/s_1/files/l1 workspaces/s_1/files/l3 && ls workspaces/s_1/files \
                && cmp files/s_1/kept1 files/s_1/kept2
                """), "l1\nl2\nl3\nlink\nlong")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a workspace's small files of holes have room together")
    func holes() async throws {
        let data = try await DataFolder()
        try data.shell.shell(
            "cd data/workspaces/s_1/files && truncate -s 1M h1 h2 h3 && head -c 3000000 /dev/urandom > whole")
        let manifest = try await Self.create(in: data, within: BackupLimits(holes: 2 << 20))
        expectEqual(Self.skipped(manifest), ["h3 (a file of holes)"])
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("files and folders with long paths are left out where a workspace has too many of them")
    func longPaths() async throws {
        let data = try await DataFolder()
        let (outer, inner) = (String(repeating: "x", count: 240), String(repeating: "y", count: 100))
        try data.shell.shell(
            """
            cd data/workspaces && mkdir -p s_2/files && for s in s_1 s_2; do \
            mkdir -p $s/files/\(outer)/\(inner) && for i in 1 2 3; do echo $i > $s/files/\(outer)/\(inner)/a$i; done; done
            """)
        let reason = "(its path is too long)"
        // Beyond 320 bytes the folder has 47, and each file 50.
        let manifest = try await Self.create(in: data, within: BackupLimits(paths: 150))
        expectEqual(Self.skipped(manifest), ["\(outer)/\(inner)/a3 \(reason)"])
        #expect(manifest.skipped.contains("data/workspaces/s_2/files/\(outer)/\(inner)/a3 \(reason)"))
        expectEqual(manifest.skipped.count { $0.hasSuffix(reason) }, 2)
        try await expectEqual(data.restore(), manifest)
        try expectEqual(
            data.shell.shell("ls restored/workspaces/*/files/\(outer)/\(inner) | grep ^a"), "a1\na2\na1\na2")
        try data.shell.shell("rm backup.tar.gz")
        let short = try await Self.create(in: data, within: BackupLimits(path: 366))
        expectEqual(Self.skipped(short), ["\(outer)/\(inner) \(reason)"])
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("folders below a deep repository count as nested as deep as they are")
    func deepRepository() async throws {
        let data = try await DataFolder()
        let (above, below) = (String(repeating: "a/", count: 190), String(repeating: "b/", count: 100))
        try data.shell.shell(
            """
            cd data/workspaces/s_1/files && mkdir -p \(above)refs \(above)objects/\(below) \
            && touch \(above)HEAD \(above)objects/kept
            """)
        let manifest = try await data.create()
        expectEqual(Self.skipped(manifest), ["\(above)objects/b/b/b/b/b/b/b (nested too deep)"])
        try await expectEqual(data.restore(), manifest)
        try expectEqual(data.shell.shell("ls restored/workspaces/s_1/files/\(above)objects"), "b\nkept")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("more files than can be listed are refused before they are copied")
    func files() async throws {
        let data = try await DataFolder()
        for limits in [BackupLimits(files: 3), BackupLimits(list: 500)] {
            let message = await data.failure { try await Self.create(in: data, within: limits) }
            #expect(message.contains("/backup.tar.gz was not made: the list of its files"), "\(message)")
            #expect(!message.contains("\n"))
        }
        try expectEqual(data.shell.shell("ls -A | grep backup || true"), "")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("names with long runs of combining marks come back as they were")
    func marks() async throws {
        let data = try await DataFolder()
        let folder = "files/s_1/\(String(repeating: "x", count: 80))"
        let marks = String(repeating: "\u{301}", count: 100)
        try data.shell.shell(
            """
            mkdir data/\(folder) && echo kept > 'data/\(folder)/e\(marks)' && ln -s target 'data/\(folder)/l\(marks)'
            """)
        let manifest = try await data.create()
        try await expectEqual(Backup().verify("\(data.top)/backup.tar.gz"), manifest)
        try await expectEqual(data.restore(), manifest)
        expectEqual(data.bytes("restored/\(folder)/e\(marks)"), Array("kept\n".utf8))
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("paths have at most 256 parts and 64 KiB")
    func paths() {
        func path(_ parts: Int) -> [UInt8] {
            Array((["data"] + Array(repeating: "a", count: parts - 1)).joined(separator: "/").utf8)
        }
        #expect(BackupLayout.permits(path(256)) && !BackupLayout.permits(path(257)))
        func long(_ count: Int) -> [UInt8] { Array("data/".utf8) + [UInt8](repeating: 0x61, count: count - 5) }
        #expect(BackupLayout.permits(long(64 << 10)) && !BackupLayout.permits(long((64 << 10) + 1)))
    }

    @Test("of an extended header, the records that a backup needs count")
    func records() throws {
        func record(_ key: String, _ value: String) -> [UInt8] {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while "\(length)\(rest)".utf8.count != length { length += 1 }
            return Array("\(length)\(rest)".utf8)
        }
        let records =
            record("path", "data/y") + record("uname", "x") + record("pa\u{301}th", "data/z") + record("mtime", "7")
        let extended = Tar.header(.extended, path: Array("x".utf8), mode: 0o600, size: records.count, modified: 0)
        let file = Tar.header(.file, path: Array("data/x".utf8), mode: 0o600, size: 0, modified: 0)
        var members: [TarReader.Member] = []
        var reader = TarReader()
        try reader.take(extended + records + Tar.padding(records.count) + file) { event in
            if case .begins(let member) = event { members.append(member) }
        }
        expectEqual(members.map(\.path), [Array("data/y".utf8)])
        expectEqual(members.map(\.modified), [7])
    }
}
